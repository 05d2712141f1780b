package comfy_test

import (
	"bytes"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/comfy"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

// previewScenarios need a model and a server that was started with previews.
var previewScenarios = []scenario{
	{"previews with metadata", previewsWithMetadata},
	{"previews without metadata", previewsWithoutMetadata},
}

func previewsWithMetadata(t *testing.T, s *target) {
	s.need(t, "CheckpointLoaderSimple", "KSampler", "VAEDecode", "SaveImage")
	g := sampler(s.checkpoint(t), 4)
	e := s.listen(t, uuid.NewString())
	id := s.submit(t, e, g)
	r := e.follow(t, id)
	r.well(t)
	if len(r.previews) == 0 {
		t.Skip("the server sends no previews: --preview-method auto is not set")
	}
	for _, p := range r.previews {
		if p.Node != "3" || p.Display != "3" {
			t.Errorf("a preview of node %q, shown as %q", p.Node, p.Display)
		}
		checkPicture(t, p)
	}
}

// A client that does not say hello gets previews that name nothing: the decoder
// knows whose they are.
func previewsWithoutMetadata(t *testing.T, s *target) {
	s.need(t, "CheckpointLoaderSimple", "KSampler", "VAEDecode", "SaveImage")
	g := sampler(s.checkpoint(t), 4)
	id := uuid.NewString()
	at := "ws" + strings.TrimPrefix(s.client.URL(), "http") + "/ws?clientId=" + id
	ws, resp, err := websocket.DefaultDialer.DialContext(t.Context(), at, nil)
	if err != nil {
		t.Fatal(err, resp)
	}
	defer ws.Close()
	_ = ws.SetReadDeadline(time.Now().Add(2 * time.Minute))
	if _, _, err := ws.ReadMessage(); err != nil { // the first status: the server knows the socket
		t.Fatal(err)
	}
	prompt := s.submit(t, &ear{id: id}, g)
	var decoder comfy.Decoder
	previews := 0
	for {
		kind, frame, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		read := decoder.Text
		if kind == websocket.BinaryMessage {
			read = decoder.Binary
		}
		event, err := read(frame)
		if err != nil {
			t.Fatalf("%.100q: %v", frame, err)
		}
		if p, ok := event.(comfy.Preview); ok {
			previews++
			if p.Prompt != prompt || p.Node != "3" {
				t.Errorf("a preview of node %q of %q", p.Node, p.Prompt)
			}
			checkPicture(t, p)
		}
		if x, ok := event.(comfy.Executing); ok && x.Node == "" {
			break
		}
	}
	if previews == 0 {
		t.Skip("the server sends no previews: --preview-method auto is not set")
	}
}

func checkPicture(t *testing.T, p comfy.Preview) {
	t.Helper()
	_, format, err := image.DecodeConfig(bytes.NewReader(p.Data))
	if err != nil || "image/"+format != p.Type {
		t.Errorf("a preview of type %q is %q, %v", p.Type, format, err)
	}
}
