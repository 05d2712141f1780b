package discord_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
)

// late is a replica's way to Discord on which a request can be held up. It
// arrives in the end, whatever became of who sent it.
type late struct {
	*httptest.Server
	mu   sync.Mutex
	next string        // how the path of the one that is held up ends; "" for none
	held chan struct{} // closed when one is
	free func()        // lets it go on
	done chan struct{} // closed when it has arrived
}

func (s *stack) openLate() *late {
	free := make(chan struct{})
	l := &late{held: make(chan struct{}), free: sync.OnceFunc(func() { close(free) }), done: make(chan struct{})}
	to := s.discord.Handler()
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !l.takes(r) {
			to.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		close(l.held)
		<-free
		again := r.Clone(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		to.ServeHTTP(w, again)
		close(l.done)
	}))
	s.Cleanup(func() { l.free(); l.Close() })
	return l
}

func (l *late) takes(r *http.Request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	takes := l.next != "" && r.Method != http.MethodGet && strings.HasSuffix(r.URL.Path, l.next)
	if takes {
		l.next = ""
	}
	return takes
}

// Ways whose next request can be held up.
const (
	anAnswer = "/callback"  // to an interaction
	anEdit   = "/@original" // of such an answer
)

// hold holds up the next request of a way.
func (l *late) hold(way string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = way
}

// A replica whose answer is on its way for so long that another one takes over
// does not put its card over the result.
func TestALateAnswerDoesNotReplaceTheEnd(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{replicas: -1})
	s.stopIn()
	slow, w := s.openLate(), newWire(s.nats)
	in := s.newIngress(discord.Config{}, slow.URL, w)
	stop := s.run("ingress", in.Run)
	s.ready(in)
	s.startIngress(discord.Config{})
	slow.hold(anAnswer)
	for range 20 { // until it is the slow one's turn
		id, err := s.discord.Invoke(t.Context(), discordsim.Invocation{
			User: s.ann.ID, Channel: s.channel.ID, Command: "generate", Options: map[string]any{"prompt": "a fish", "workflow": "txt2img"},
		})
		if err != nil {
			t.Fatal(err)
		}
		i := s.answer(id)
		select {
		case <-slow.held:
		default:
			continue
		}
		s.arrived(jobOf(i))
		s.queued(jobOf(i))
		s.running(jobOf(i))
		s.done(jobOf(i), pictures(1)...)
		s.finished(i.Original, 1)
		slow.free()
		<-slow.done
		stop() // it has done all that it would
		if m := s.discord.Message(i.Original); len(m.Attachments) != 1 || customID(m, "delete") == "" {
			t.Errorf("the result has become: %s", textOf(m))
		}
		return
	}
	t.Fatal("the slow one never won")
}

// The same for the first card of an order with pictures, which comes by an edit.
func TestALateFirstCardDoesNotReplaceTheEnd(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{discord: discordsim.Config{ByHost: true}})
	s.stopIn()
	slow := s.openLate()
	in := s.newIngress(discord.Config{}, slow.URL, s.nats)
	s.run("ingress", in.Run)
	s.ready(in)
	s.startIngress(discord.Config{})
	slow.hold(anEdit)
	for range 20 { // until it is the slow one's turn
		i := s.answer(s.upscale())
		id := s.arrived(jobOf(i)).ID
		if !s.heldUp(slow, i.Original) {
			continue
		}
		s.queued(id)
		s.running(id)
		s.done(id, pictures(1)...)
		s.finished(i.Original, 1)
		slow.free()
		<-slow.done
		s.finished(i.Original, 1) // it is shown once more
		return
	}
	t.Fatal("the slow one never won")
}

// heldUp waits until a card is there, or was held up.
func (s *stack) heldUp(by *late, card discordsim.ID) (held bool) {
	s.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for customID(s.discord.Message(card), "cancel") == "" {
		select {
		case <-by.held:
			return true
		case <-tick.C:
		case <-s.Context().Done():
			s.Fatal("neither came")
		}
	}
	return false
}
