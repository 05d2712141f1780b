package bridge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"discomfy/pkg/comfy/comfysim"
)

// TestADeafSocketIsNoticedAndLeft makes the bridge's socket deaf as a half-open
// predecessor does: another socket with the same client id that is closed
// removes ours from the server's table (ComfyUI #16010).
func TestADeafSocketIsNoticedAndLeft(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 1}})
	running := s.ask("ann", "work", map[string]string{"seconds": "8", "steps": "80"})
	s.eventually("it runs", func() bool { return len(s.sim.Runs()) == 1 && s.log.has("run started") })
	client := s.sim.Runs()[0].ClientID
	other, _, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(s.url, "http", "ws", 1)+"/ws?clientId="+client, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	_ = other.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	_, _, _ = other.ReadMessage()
	_ = other.Close()

	// The status that follows an accepted prompt is the first frame whose absence
	// tells something: that a long run is silent does not.
	next := s.ask("ann", "work", map[string]string{"salt": "1"})
	s.eventually("the deaf socket is left", func() bool { return strings.Count(s.log.String(), connected) == 2 })
	if took := s.log.when(connected).Sub(s.log.when("prompt queued")); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, r := range []struct{ name string }{{"first"}, {"second"}} {
		req := running
		if r.name == "second" {
			req = next
		}
		st, _ := s.done(req)
		if started, _ := s.runsOf(req.ID); started != 1 || st.Attempt != 1 {
			t.Errorf("the %s job ran %d times, attempt %d", r.name, started, st.Attempt)
		}
	}
}
