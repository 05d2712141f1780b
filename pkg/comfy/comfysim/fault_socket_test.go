package comfysim_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
)

// hears says whether a socket gets the steps of a prompt without a client, which are told to everybody. A socket
// that does not is of no use after it.
func (s *socket) hears(c client) bool {
	s.t.Helper()
	witness := c.open(uuid.NewString()) // the last to be told
	witness.next()
	_, answer := c.do("POST", "/prompt", map[string]any{"prompt": work(0, 1, rand.IntN(1<<24))})
	step := func(event string, data map[string]any) bool {
		return event == "progress" && data["prompt_id"] == answer["prompt_id"]
	}
	witness.until(step)
	_ = s.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	for {
		var m struct {
			Type string
			Data map[string]any
		}
		if err := s.conn.ReadJSON(&m); err != nil {
			return false
		}
		if step(m.Type, m.Data) {
			return true
		}
	}
}

// pings says whether a ping is answered. The socket is of no use after it.
func (s *socket) pings(within time.Duration) bool {
	s.t.Helper()
	heard := false
	s.conn.SetPongHandler(func(string) error { heard = true; return errors.New("heard") })
	if err := s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience)); err != nil {
		return false
	}
	_ = s.conn.SetReadDeadline(time.Now().Add(within))
	for {
		if _, _, err := s.conn.ReadMessage(); err != nil {
			return heard
		}
	}
}

// broken waits until a socket has ended without a close frame.
func (s *socket) broken() {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		_, _, err := s.conn.ReadMessage()
		if err == nil {
			continue
		}
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			s.t.Fatal("the socket stays open")
		}
		if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
			s.t.Errorf("ended by %v", err)
		}
		return
	}
}

func TestDropEveryBreaksASocketInsteadOfItsNthFrame(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{Client: "me", DropEvery: 3}})
	c := client{t, base}
	mine, other := c.open("me"), c.open("other")
	id := c.submit("me", work(0, 3, 1))
	for range 2 {
		mine.next()
	}
	mine.broken()
	waitFor(t, s, id, comfysim.Success)
	if !other.hears(c) {
		t.Error("the fault struck another client's socket")
	}
	again := c.open("me")
	switchOn(t, s, comfysim.Faults{})
	if !again.hears(c) {
		t.Error("the next socket is deaf, as if the end of the former had not been noticed at once")
	}
}

func TestDeafNextMakesConnectionsDeafAfterTheirWelcome(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{Client: "me", DeafNext: 2}})
	c := client{t, base}
	if !c.open("other").hears(c) {
		t.Error("another client's socket is deaf")
	}
	for i := range 2 {
		deaf := c.open("me")
		if event, _ := deaf.next(); event != "status" {
			t.Errorf("welcomed by %s", event)
		}
		if i == 0 && deaf.hears(c) {
			t.Error("a deaf socket hears")
		}
		if i == 1 && !deaf.pings(patience) {
			t.Error("a deaf socket answers no ping")
		}
		deaf.conn.Close()
		eventually(t, func() bool { _, open := s.Socket(deaf.conn.LocalAddr().String()); return !open })
	}
	if n := s.Faults().DeafNext; n != 0 {
		t.Errorf("%d left", n)
	}
	third := c.open("me")
	third.next()
	if !third.hears(c) {
		t.Error("the third connection is deaf as well")
	}
}

func TestDeafenForgetsAnOpenSocket(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	sock := c.open("me")
	sock.next()
	if n := s.Deafen("me"); n != 1 {
		t.Errorf("deafened %d", n)
	}
	if sock.hears(c) {
		t.Error("the socket hears")
	}
	if n := s.Deafen("me"); n != 0 {
		t.Errorf("deafened %d again", n)
	}
}

func TestSilenceWithholdsFramesButNotPongs(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	sock := c.open("me")
	sock.next()
	switchOn(t, s, comfysim.Faults{Client: "me", Silence: true})
	id := c.submit("me", work(0, 2, 1))
	other := c.open("other")
	other.until(ended(c.submit("other", work(0, 2, 2)))) // and all before it was written
	switchOn(t, s, comfysim.Faults{})
	later := c.submit("me", work(0, 2, 3))
	sock.until(func(event string, data map[string]any) bool {
		if data["prompt_id"] == id {
			t.Errorf("%s of the silent run", event)
		}
		return ended(later)(event, data)
	})
	switchOn(t, s, comfysim.Faults{Silence: true})
	if !sock.pings(patience) {
		t.Error("a silent socket answers no ping")
	}
}

// The whole of trap 1: the client leaves a half-open socket, is heard again, and is deaf when the old one dies.
func TestHalfOpenSocketDeafensItsSuccessorWhenItDies(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	old := c.open("me")
	old.next()
	if n := s.HalfOpen("me"); n != 1 {
		t.Fatalf("%d half-open sockets", n)
	}
	if old.pings(200 * time.Millisecond) {
		t.Error("a half-open socket answers a ping")
	}
	old.conn.Close() // of which the server knows nothing
	heir := c.open("me")
	heir.next()
	id := c.submit("me", work(0, 2, 1))
	heir.until(ended(id))
	if n := s.EndHalfOpen("me"); n != 1 {
		t.Errorf("%d sockets died", n)
	}
	if heir.hears(c) {
		t.Error("the newer socket hears after the death of the older")
	}
	if n := s.EndHalfOpen(""); n != 0 {
		t.Errorf("%d more sockets died", n)
	}
}

func TestHalfOpenSocketGetsNothing(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	sock, other := c.open("me"), c.open("other")
	sock.next()
	other.next()
	s.HalfOpen("me")
	if sock.hears(c) || !other.hears(c) {
		t.Error("frames flow to the wrong socket")
	}
}

func TestHalfOpenSocketAnswersNoClose(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	sock := client{t, base}.open("me")
	sock.next()
	s.HalfOpen("")
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = sock.conn.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(patience))
	_ = sock.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	_, _, err := sock.conn.ReadMessage()
	if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
		t.Errorf("the close was answered: %v", err)
	}
}

func TestDamagedFrames(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		faults comfysim.Faults
		struck func(kind int, data []byte) bool
	}{
		"half a text": {comfysim.Faults{CorruptTextNext: 2}, func(kind int, data []byte) bool {
			return kind == websocket.TextMessage && !json.Valid(data)
		}},
		"a header cut short": {comfysim.Faults{CutBinaryNext: 2}, func(kind int, data []byte) bool {
			return kind == websocket.BinaryMessage && len(data) == 6
		}},
		"too large": {comfysim.Faults{OversizedNext: 2, OversizedBytes: 100_000}, func(kind int, data []byte) bool {
			return len(data) == 100_000 && json.Valid(data)
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, base := comfysimtest.Start(t, comfysim.Config{PreviewMethod: "auto"})
			c := client{t, base}
			sock := c.open("me")
			sock.next()
			switchOn(t, s, test.faults)
			id := c.submit("me", graph(t, "txt2img"))
			struck := 0
			for {
				_ = sock.conn.SetReadDeadline(time.Now().Add(patience))
				kind, data, err := sock.conn.ReadMessage()
				if err != nil {
					t.Fatal(err)
				}
				if test.struck(kind, data) {
					struck++
				}
				var m struct {
					Type string
					Data map[string]any
				}
				if json.Unmarshal(data, &m) == nil && ended(id)(m.Type, m.Data) {
					break
				}
			}
			if struck != 2 {
				t.Errorf("%d frames were struck, want 2", struck)
			}
		})
	}
}
