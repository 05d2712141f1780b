package comfysim

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// faulty lets requests meet the faults of their routes.
func (s *Server) faulty(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := s.current() // that dies with its requests
		path, ok := strings.CutPrefix(r.URL.Path, "/api")
		if !ok || path == "" {
			path = r.URL.Path
		}
		fault, struck := s.faults.request(r.Method, path)
		if !struck {
			next.ServeHTTP(w, r)
			return
		}
		p.strike(w, r, fault, next)
	})
}

// request counts a strike of the first fault that matches; a fault that has struck often enough is gone.
func (b *faultBox) request(method, path string) (HTTPFault, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.faults.HTTP
	i := slices.IndexFunc(list, func(h HTTPFault) bool { return h.matches(method, path) })
	if i < 0 {
		return HTTPFault{}, false
	}
	fault := list[i]
	if fault.Times == 1 {
		b.faults.HTTP = slices.Delete(list, i, i+1)
	} else if fault.Times > 1 {
		list[i].Times--
	}
	return fault, true
}

// strike lets a request meet its fault.
func (p *process) strike(w http.ResponseWriter, r *http.Request, fault HTTPFault, next http.Handler) {
	if fault.Mode == Late {
		all, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			replyTrouble(w)
			return
		}
		r = r.WithContext(context.WithoutCancel(r.Context())) // it is done for a client that is gone, too
		r.Body = io.NopCloser(bytes.NewReader(all))
	}
	if fault.Mode != Drip && !p.stall(time.Duration(fault.Delay)) {
		hangUp(w)
		return
	}
	switch fault.Mode {
	case Slow, Late:
		next.ServeHTTP(w, r)
	case Fail:
		status := cmp.Or(fault.Status, http.StatusInternalServerError)
		replyText(w, status, fmt.Sprintf("%d: %s", status, http.StatusText(status)))
	case Refuse:
		hangUp(w)
	case Unanswered:
		next.ServeHTTP(&unsent{header: http.Header{}}, r)
		hangUp(w)
	case Drip:
		a := &unsent{header: http.Header{}}
		next.ServeHTTP(a, r)
		a.drip(w, func() bool { return p.stall(time.Duration(fault.Delay) / pieces) })
	case Cut:
		a := &unsent{header: http.Header{}}
		next.ServeHTTP(a, r)
		a.sendHalf(w)
	}
}

// stall lets d pass, whoever has gone meanwhile; false means that the process was killed.
func (p *process) stall(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.ended:
		return false
	}
}

// hangUp closes a connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		replyTrouble(w)
		return
	}
	conn.Close()
}

// unsent is an answer that is kept, whole.
type unsent struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *unsent) Header() http.Header { return a.header }

func (a *unsent) WriteHeader(status int) { a.status = cmp.Or(a.status, status) }

func (a *unsent) Write(data []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(data)
}

// announce sends the header, with the length of the whole body.
func (a *unsent) announce(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	w.WriteHeader(cmp.Or(a.status, http.StatusOK))
}

// pieces is how many a body drips in.
const pieces = 20

// drip sends the body in pieces, with a wait before each, until one fails. net/http closes the connection of a body
// that is not whole.
func (a *unsent) drip(w http.ResponseWriter, wait func() bool) {
	a.announce(w)
	out := http.NewResponseController(w)
	for piece := range slices.Chunk(a.body.Bytes(), max((a.body.Len()+pieces-1)/pieces, 1)) {
		if out.Flush() != nil || !wait() {
			return
		}
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// sendHalf announces the body whole and sends half of it; net/http then closes the connection.
func (a *unsent) sendHalf(w http.ResponseWriter) {
	if a.body.Len() == 0 {
		hangUp(w)
		return
	}
	a.announce(w)
	_, _ = w.Write(a.body.Bytes()[:a.body.Len()/2])
}
