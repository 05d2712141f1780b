package comfysim_test

import (
	"bytes"
	"image/png"
	"net/http"
	"testing"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
)

func TestTextToImageEndsWithPictures(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{PreviewMethod: "auto"})
	c := client{t, base}
	sock := c.open("me")
	id := c.submit("me", graph(t, "txt2img"))
	previews := 0
	for _, event := range sock.until(ended(id)) {
		if event == "binary" {
			previews++
		}
	}
	if previews != 4 {
		t.Errorf("previews: %d, want one a step", previews)
	}
	_, history := c.do("GET", "/api/history/"+id, nil)
	images := history[id].(map[string]any)["outputs"].(map[string]any)["9"].(map[string]any)["images"].([]any)
	if len(images) != 2 {
		t.Fatalf("images: %v, want a batch of two", images)
	}
	status, data := c.raw("GET", "/view?filename=job_00002_.png&subfolder=discomfy&type=output", "", nil)
	img, err := png.Decode(bytes.NewReader(data))
	if status != http.StatusOK || err != nil {
		t.Fatalf("view: %d, %v", status, err)
	}
	if b := img.Bounds(); b.Dx() != 256 || b.Dy() != 192 {
		t.Errorf("size: %v", b)
	}
	if runs := s.Runs(); len(runs) != 1 || runs[0].PromptID != id || runs[0].ClientID != "me" || runs[0].Outcome != comfysim.Success {
		t.Errorf("runs: %+v", runs)
	}
}
