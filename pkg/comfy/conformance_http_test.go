package comfy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"testing"

	"discomfy/pkg/comfy"

	"github.com/google/uuid"
)

// httpScenarios are about what is asked once.
var httpScenarios = []scenario{
	{"system stats", systemStats},
	{"object info", objectInfo},
	{"models", models},
	{"upload", upload},
	{"view", view},
}

func systemStats(t *testing.T, s *target) {
	stats, err := s.client.SystemStats(t.Context())
	if err != nil || !stats.Version.Known || stats.RAMTotal <= 0 || len(stats.Devices) == 0 || stats.Devices[0].Type == "" {
		t.Errorf("%+v, %v", stats, err)
	}
}

func objectInfo(t *testing.T, s *target) {
	for class, want := range map[string]int{"SaveImage": 1, "NoSuchNode": 0} {
		info, err := s.client.ObjectInfoClass(t.Context(), class)
		if err != nil {
			t.Fatal(err)
		}
		var classes map[string]json.RawMessage
		err = json.NewDecoder(info).Decode(&classes)
		info.Close()
		if err != nil || len(classes) != want {
			t.Errorf("%s: %d classes, %v", class, len(classes), err)
		}
	}
}

func models(t *testing.T, s *target) {
	if _, err := s.client.Models(t.Context(), "loras"); err != nil {
		t.Error(err)
	}
	if files, err := s.client.Models(t.Context(), "nonsense"); !errors.Is(err, comfy.ErrNotFound) {
		t.Errorf("a folder that is not there: %v, %v", files, err)
	}
}

// picture is a small PNG of one colour.
func picture(t *testing.T, shade uint8) []byte {
	t.Helper()
	canvas := image.NewGray(image.Rect(0, 0, 4, 4))
	for i := range canvas.Pix {
		canvas.Pix[i] = shade
	}
	canvas.SetGray(0, 0, color.Gray{Y: 255 - shade})
	var file bytes.Buffer
	if err := png.Encode(&file, canvas); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func upload(t *testing.T, s *target) {
	name := uuid.NewString()[:8]
	one, two := picture(t, 10), picture(t, 20)
	steps := []struct {
		data            []byte
		name, subfolder string
		overwrite       bool
		want            comfy.File
	}{
		{one, name + ".png", "", false, comfy.File{Name: name + ".png", Type: "input"}},
		{one, name + ".png", "", false, comfy.File{Name: name + ".png", Type: "input"}},
		{two, name + ".png", "", false, comfy.File{Name: name + " (1).png", Type: "input"}},
		{two, name + ".png", "", true, comfy.File{Name: name + ".png", Type: "input"}},
		{one, name + ".png", "conformance", false, comfy.File{Name: name + ".png", Subfolder: "conformance", Type: "input"}},
	}
	for i, step := range steps {
		got, err := s.client.Upload(t.Context(), step.name, step.subfolder, bytes.NewReader(step.data), step.overwrite)
		if err != nil || got != step.want {
			t.Errorf("upload %d: %+v, %v, want %+v", i+1, got, err, step.want)
			continue
		}
		if data := s.download(t, got); !bytes.Equal(data, step.data) {
			t.Errorf("upload %d came back as %d bytes", i+1, len(data))
		}
	}
	_, err := s.client.Upload(t.Context(), name+".png", "../../x", bytes.NewReader(one), false)
	if refused, ok := errors.AsType[*comfy.StatusError](err); !ok || !refused.Refused() {
		t.Errorf("a subfolder outside: %v", err)
	}
}

// download reads a whole file, which is as long as the server said.
func (s *target) download(t *testing.T, file comfy.File) []byte {
	t.Helper()
	body, size, err := s.client.View(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil || int64(len(data)) != size {
		t.Errorf("%s: %d bytes of %d, %v", file.Name, len(data), size, err)
	}
	return data
}

func view(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "SaveImage")
	e := s.listen(t, uuid.NewString())
	r := e.follow(t, s.submit(t, e, pattern(1)))
	if len(r.outputs) != 1 {
		t.Fatalf("outputs %+v", r.outputs)
	}
	if _, err := png.Decode(bytes.NewReader(s.download(t, r.outputs[0].File))); err != nil {
		t.Error(err)
	}
	if _, _, err := s.client.View(t.Context(), comfy.File{Name: "gone.png", Type: "output"}); !errors.Is(err, comfy.ErrNotFound) {
		t.Errorf("a file that is not there: %v", err)
	}
	_, _, err := s.client.View(t.Context(), comfy.File{Name: "../../main.py", Type: "output"})
	if refused, ok := errors.AsType[*comfy.StatusError](err); !ok || !refused.Refused() || !strings.Contains(err.Error(), "view file") {
		t.Errorf("a file outside: %v", err)
	}
}
