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

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
)

// late is a replica's way to Discord on which an answer can be held up. It
// arrives in the end, whatever became of who sent it.
type late struct {
	*httptest.Server
	mu   sync.Mutex
	next bool          // the next answer is held up
	held chan struct{} // closed when one is
	free chan struct{} // lets it go on
	done chan struct{} // closed when it has arrived
}

func (s *stack) openLate() *late {
	l := &late{held: make(chan struct{}), free: make(chan struct{}), done: make(chan struct{})}
	to := s.discord.Handler()
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !l.takes(r) {
			to.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		close(l.held)
		<-l.free
		again := r.Clone(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		to.ServeHTTP(w, again)
		close(l.done)
	}))
	s.Cleanup(l.Close)
	return l
}

func (l *late) takes(r *http.Request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	takes := l.next && strings.HasSuffix(r.URL.Path, "/callback")
	l.next = l.next && !takes
	return takes
}

// answers holds up the next answer to an interaction.
func (l *late) answers() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = true
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
	slow.answers()
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
		close(slow.free)
		<-slow.done
		stop() // it has done all that it would
		if m := s.discord.Message(i.Original); len(m.Attachments) != 1 || customID(m, "delete") == "" {
			t.Errorf("the result has become: %s", textOf(m))
		}
		return
	}
	t.Fatal("the slow one never won")
}
