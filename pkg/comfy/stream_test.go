package comfy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// In virtual time: a call has its bound, a stream may last as long as it moves, and a
// submission as long as it lives.
func TestCallsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		never := s.client
		never.dial = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			return ours, nil
		}
		never.http.Transport = never.transport()
		for want, ask := range map[time.Duration]func() error{
			callWithin: func() error { _, err := never.Queue(t.Context()); return err },
			stallAfter: func() error { _, _, err := never.View(t.Context(), File{}); return err },
		} {
			began := time.Now()
			if err := ask(); !errors.Is(err, ErrUnavailable) || time.Since(began) != want {
				t.Errorf("after %v: %v, want after %v", time.Since(began), err, want)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		_, err := never.Submit(ctx, Prompt{Graph: []byte(`{}`)})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Hour {
			t.Errorf("submit: %v after %v", err, time.Since(began))
		}
	})
}

// sendHalf gives a piece of a file, at once.
func sendHalf(w http.ResponseWriter) {
	_, _ = io.WriteString(w, "half")
	_ = http.NewResponseController(w).Flush()
}

// Who stores a file may be slower than who sends it.
func TestAStreamWaitsForItsReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.files = func(w http.ResponseWriter, r *http.Request) {
			sendHalf(w)
			time.Sleep(stallAfter - time.Second)
			sendHalf(w)
			<-r.Context().Done()
		}
		body, _, err := s.client.View(t.Context(), File{Name: "a"})
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		part := make([]byte, 4)
		for range 2 {
			time.Sleep(time.Hour)
			if _, err := io.ReadFull(body, part); err != nil || string(part) != "half" {
				t.Fatalf("%q, %v", part, err)
			}
		}
	})
}

func TestAStreamThatStallsEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.files = func(w http.ResponseWriter, r *http.Request) {
			sendHalf(w)
			<-r.Context().Done()
		}
		body, _, err := s.client.View(t.Context(), File{Name: "a"})
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		began := time.Now()
		data, err := io.ReadAll(body)
		if string(data) != "half" || !errors.Is(err, ErrUnavailable) || time.Since(began) != stallAfter {
			t.Errorf("%q, %v after %v", data, err, time.Since(began))
		}
	})
}
