package discordsim_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/discordsim"
)

// pixel is a picture of one pixel.
func pixel() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1)))
	return b.Bytes()
}

const form = `{"type":9,"data":{"custom_id":"redo","title":"Redo","components":[
	{"type":18,"label":"Prompt","component":{"type":4,"custom_id":"prompt","style":2,"value":"a boat","max_length":20}},
	{"type":1,"components":[{"type":4,"custom_id":"seed","style":1,"label":"Seed","required":false}]},
	{"type":18,"label":"Model","component":{"type":3,"custom_id":"model","options":[{"label":"A","value":"a"},{"label":"B","value":"b","default":true}]}},
	{"type":18,"label":"Picture","component":{"type":19,"custom_id":"picture","required":false,"max_values":2}}]}}`

// opened is a modal that ann opened with a command.
func opened(t *testing.T, body string) (*fake, *discordsim.Interaction) {
	t.Helper()
	f := stopped(t, discordsim.Config{})
	i := f.asked(t)
	f.callback(t, i, body).want(t, 200, 0)
	return f, f.Interaction(i.ID)
}

func TestAModalKeepsWhatWasFilledIn(t *testing.T) {
	t.Parallel()
	f, i := opened(t, form)
	if i.Answer != discordsim.AnswerModal || i.Modal["title"] != "Redo" {
		t.Fatalf("answer %d %v", i.Answer, i.Modal)
	}
	id, err := f.SubmitModal(t.Context(), f.ann.ID, i.ID, map[string]any{"seed": "7"})
	if err != nil {
		t.Fatal(err)
	}
	p := f.sent(t, id)
	data, _ := p["data"].(object)
	want := object{"custom_id": "redo", "components": []any{
		object{"type": 18.0, "id": 1.0, "component": object{"type": 4.0, "id": 2.0, "custom_id": "prompt", "value": "a boat"}},
		object{"type": 1.0, "id": 3.0, "components": []any{object{"type": 4.0, "id": 4.0, "custom_id": "seed", "value": "7"}}},
		object{"type": 18.0, "id": 5.0, "component": object{"type": 3.0, "id": 6.0, "custom_id": "model", "values": []any{"b"}}},
		object{"type": 18.0, "id": 7.0, "component": object{"type": 19.0, "id": 8.0, "custom_id": "picture", "values": []any{}}},
	}}
	if diff := cmp.Diff(want, data); diff != "" || p["type"] != 5.0 {
		t.Errorf("type %v, data %s", p["type"], diff)
	}
	f.callback(t, f.Interaction(id), `{"type":4,"data":{"content":"again"}}`).want(t, 200, 0)
	f.noViolations(t)
}

func TestAModalWithChangesAndFiles(t *testing.T) {
	t.Parallel()
	f, i := opened(t, form)
	id, err := f.SubmitModal(t.Context(), f.ann.ID, i.ID, map[string]any{
		"prompt": "a ship", "model": []string{"a"}, "picture": []discordsim.Upload{{Name: "a.png", Data: pixel()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	data, _ := f.sent(t, id)["data"].(object)
	text := asJSON(data["components"])
	attachments, _ := data["resolved"].(object)["attachments"].(object)
	if !strings.Contains(text, `"value":"a ship"`) || !strings.Contains(text, `"values":["a"]`) || len(attachments) != 1 {
		t.Errorf("components %s, attachments %v", text, attachments)
	}
	for id := range attachments {
		if !strings.Contains(text, `"values":["`+id+`"]`) {
			t.Errorf("the file is not among the values: %s", text)
		}
	}
}

func TestWhatAModalRefuses(t *testing.T) {
	t.Parallel()
	upload := discordsim.Upload{Name: "a.png", Data: pixel()}
	for name, c := range map[string]struct {
		values map[string]any
		want   string
	}{
		"nothing where something is required": {map[string]any{"prompt": ""}, "required"},
		"too much text":                       {map[string]any{"prompt": strings.Repeat("x", 21)}, "at most 20"},
		"an unknown field":                    {map[string]any{"colour": "red"}, `no field "colour"`},
		"an unknown choice":                   {map[string]any{"model": []string{"z"}}, "none of its options"},
		"no choice":                           {map[string]any{"model": []string{}}, "1 to 1"},
		"text for a file":                     {map[string]any{"picture": "a.png"}, "no text input"},
		"a file for a text":                   {map[string]any{"prompt": []discordsim.Upload{upload}}, "takes no files"},
		"too many files":                      {map[string]any{"picture": []discordsim.Upload{upload, upload, upload}}, "1 to 2 files"},
		"a tick for a text":                   {map[string]any{"prompt": true}, "no checkbox"},
		"a number":                            {map[string]any{"seed": 7}, "no value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, i := opened(t, form)
			if _, err := f.SubmitModal(t.Context(), f.ann.ID, i.ID, c.values); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// A modal is sent once by whom it was shown to; again only where sending it failed.
func TestAModalIsSentOnce(t *testing.T) {
	t.Parallel()
	f, i := opened(t, form)
	if _, err := f.SubmitModal(t.Context(), f.bob.ID, i.ID, nil); err == nil {
		t.Error("bob sent the modal of ann")
	}
	if _, err := f.SubmitModal(t.Context(), f.ann.ID, i.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.SubmitModal(t.Context(), f.ann.ID, i.ID, nil); err == nil {
		t.Error("the modal was sent twice")
	}
	f.Advance(4 * time.Second) // nobody answers: "Something went wrong. Try again."
	if _, err := f.SubmitModal(t.Context(), f.ann.ID, i.ID, nil); err != nil {
		t.Error(err)
	}
}

func TestTheNewerInputs(t *testing.T) {
	t.Parallel()
	f, i := opened(t, `{"type":9,"data":{"custom_id":"set","title":"Set","components":[
		{"type":18,"label":"Size","component":{"type":21,"custom_id":"size","options":[{"label":"S","value":"s","default":true},{"label":"L","value":"l"}]}},
		{"type":18,"label":"Extras","component":{"type":22,"custom_id":"extras","options":[{"label":"X","value":"x"},{"label":"Y","value":"y"}]}},
		{"type":18,"label":"Private","component":{"type":23,"custom_id":"private"}}]}}`)
	id, err := f.SubmitModal(t.Context(), f.ann.ID, i.ID, map[string]any{"extras": []string{"y", "x"}, "private": true})
	if err != nil {
		t.Fatal(err)
	}
	text := asJSON(f.sent(t, id)["data"])
	for _, want := range []string{`"custom_id":"size","id":2,"type":21,"value":"s"`, `"values":["y","x"]`, `"type":23,"value":true`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
	f.noViolations(t)
}
