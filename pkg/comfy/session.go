package comfy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// mostHeld bounds the events that wait for the server's hello. A socket
// that says more than this before is connected, whatever it leaves out.
const mostHeld = 512

// session is one socket from its opening to its end, and at most one generation.
type session struct {
	conn       *Conn
	socket     *socket
	cancel     context.CancelCauseFunc
	decoder    Decoder   // of the reading goroutine
	generation uint64    // 0 until connected; written under delivery and Conn.mu
	since      time.Time // connected

	delivery sync.Mutex // held while Sink is called, and by what decides the order
	held     []Event    // until connected
	clientID string     // from the first status
	greeted  bool       // the first status has arrived
	answered bool       // the flags have
	flags    map[string]json.RawMessage

	facts facts
}

func newSession(c *Conn, s *socket) *session {
	return &session{conn: c, socket: s, facts: facts{heard: time.Now()}}
}

// run reads the socket until something ends the session, closes the socket and
// tells why.
func (s *session) run(ctx context.Context) error {
	ctx, s.cancel = context.WithCancelCause(ctx)
	defer s.cancel(nil)
	s.socket.onPong(s.facts.hear)
	var tasks sync.WaitGroup
	read := make(chan struct{})
	tasks.Go(func() {
		defer close(read)
		s.end(s.read())
	})
	tasks.Go(func() { s.watch(ctx) })
	<-ctx.Done()
	s.socket.close(s.conn.config.CloseWithin, read)
	tasks.Wait()
	return context.Cause(ctx)
}

// end gives the session its reason to end; the first counts.
func (s *session) end(reason error) { s.cancel(reason) }

// read turns frames into events until the socket ends.
func (s *session) read() error {
	n := &s.conn.counters
	for {
		kind, frame, err := s.socket.next()
		if err != nil && !errors.Is(err, ErrTooLarge) {
			return err
		}
		s.facts.frame()
		if err == nil {
			err = s.take(kind, frame)
		}
		if err != nil {
			n.bad.Add(1)
			s.conn.config.Log.Debug("a frame from comfyui was skipped", "error", err)
		}
		n.frames.Add(1)
	}
}

func (s *session) take(kind int, frame []byte) error {
	var e Event
	var err error
	if kind == websocket.TextMessage {
		e, err = s.decoder.Text(frame)
	} else {
		e, err = s.decoder.Binary(frame)
	}
	if err != nil {
		return err
	}
	s.facts.learn(e)
	switch e := e.(type) {
	case Other:
		s.conn.counters.unknown.Add(1)
		return nil
	case FeatureFlags:
		s.greet(e)
		return nil
	}
	s.deliver(e)
	return nil
}

// deliver hands an event on, or holds it until the session is connected.
func (s *session) deliver(e Event) {
	s.delivery.Lock()
	defer s.delivery.Unlock()
	if s.generation != 0 {
		s.conn.config.Sink(s.generation, e)
		return
	}
	if status, ok := e.(Status); ok && status.ClientID != "" {
		s.clientID, s.greeted = status.ClientID, true
	}
	s.held = append(s.held, e)
	if len(s.held) >= mostHeld || s.greeted && s.answered {
		s.begin()
	}
}

// greet takes the server's flags: the last of what a generation begins with.
func (s *session) greet(e FeatureFlags) {
	s.delivery.Lock()
	defer s.delivery.Unlock()
	s.flags, s.answered = e.Flags, true
	if s.generation == 0 && s.greeted {
		s.begin()
	}
}

// begin makes the session a generation. The caller holds delivery.
func (s *session) begin() {
	s.since = time.Now()
	s.conn.enter(s)
	s.conn.config.Log.Info("connected to comfyui", "url", s.conn.client.URL(),
		"client_id", s.clientID, "generation", s.generation)
	sink := s.conn.config.Sink
	sink(s.generation, Connected{ClientID: s.clientID, Flags: s.flags})
	for _, e := range s.held {
		sink(s.generation, e)
	}
	s.held = nil
}

// beginWithout begins the generation of a server that has no feature flags.
func (s *session) beginWithout() error {
	s.delivery.Lock()
	defer s.delivery.Unlock()
	if s.generation == 0 && !s.greeted {
		return fmt.Errorf("%w: no status frame", ErrDeaf)
	}
	if s.generation == 0 {
		s.begin()
	}
	return nil
}

func (s *session) connected() bool {
	s.delivery.Lock()
	defer s.delivery.Unlock()
	return s.generation != 0
}

func (s *session) statusCount() uint64 { return s.facts.look().statuses }

func (s *session) expect(seen uint64) {
	s.facts.expect(expectation{seen: seen, until: time.Now().Add(s.conn.config.StatusWithin)})
}
