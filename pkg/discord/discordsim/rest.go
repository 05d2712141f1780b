package discordsim

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Call is a REST request that was answered, as Config.Observe is told.
type Call struct {
	At     time.Time     // by Now, when it came
	Took   time.Duration // on the real clock
	Route  string        // "METHOD /path" with its variables
	Path   string        // as it was asked
	Host   string        // that was asked
	Status int
	Code   int // Discord's error code; 0: none
}

func (s *Server) endpoints() []endpoint {
	var all []endpoint
	all = append(all, interactionEndpoints()...)
	all = append(all, messageEndpoints()...)
	all = append(all, commandEndpoints()...)
	all = append(all, placeEndpoints()...)
	return append(all, applicationEndpoints()...)
}

func (s *Server) restRoutes(mux *http.ServeMux) {
	for _, e := range s.endpoints() {
		method, path, _ := strings.Cut(e.pattern, " ")
		for _, version := range []string{"/api", "/api/v9", "/api/v10"} {
			mux.HandleFunc(method+" "+version+path, func(w http.ResponseWriter, r *http.Request) { s.serveREST(w, r, &e) })
		}
	}
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		mux.HandleFunc(method+" /api/", s.serveUnknown)
	}
}

func (s *Server) serveUnknown(w http.ResponseWriter, r *http.Request) {
	s.note(r.Method+" "+r.URL.Path, "a route that this Discord does not have", nil)
	s.finish(w, &call{route: &endpoint{pattern: "unknown"}, r: r, now: s.Now()}, standing{}, 0, nil, errNotFound())
}

func (s *Server) serveREST(w http.ResponseWriter, r *http.Request, e *endpoint) {
	begun, came := time.Now(), s.Now()
	c := &call{route: e, r: r, now: came}
	status, code := s.answerREST(w, c)
	if s.cfg.Observe != nil {
		s.cfg.Observe(Call{
			At: came, Took: time.Since(begun), Route: e.pattern, Path: r.URL.Path, Host: r.Host, Status: status, Code: code,
		})
	}
}

// answerREST lets a request pass everything that stands before its route: faults, the ban, the token, buckets, the
// shape of its body.
func (s *Server) answerREST(w http.ResponseWriter, c *call) (status, code int) {
	f := s.meetFault(c)
	s.pause(c.r.Context(), f.Wait)
	c.now = s.Now()
	if e := f.error(); e != nil && !f.Done {
		return s.finish(w, c, standing{}, 0, nil, e)
	}
	st, refused := s.enter(c)
	if refused == nil {
		refused = s.arrive(c)
	}
	var answer any
	if refused == nil {
		s.mu.Lock()
		status, answer, refused = c.route.handle(s, c)
		s.mu.Unlock()
	}
	if refused != nil {
		s.files.forget(c.staged)
	}
	s.linger(c, f.Linger)
	if e := f.error(); e != nil {
		refused = e
	}
	return s.finish(w, c, st, status, answer, refused)
}

func (s *Server) meetFault(c *call) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.request(c.route.pattern)
	_, path, _ := strings.Cut(c.r.URL.Path, "/api")
	for _, version := range []string{"/v9", "/v10"} {
		path = strings.TrimPrefix(path, version)
	}
	if f := s.faults.meet(c.r.Method+" "+path, c.now); f != nil {
		return *f
	}
	return Fault{}
}

// enter checks the ban, the token and the buckets.
func (s *Server) enter(c *call) (standing, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.banned(c.now) {
		return standing{}, &apiError{Status: http.StatusTooManyRequests, Message: "error code: 1015", Plain: true}
	}
	if c.route.bot && !s.authorized(c.r) {
		return standing{}, errUnauthorized()
	}
	return s.admit(c)
}

func (s *Server) authorized(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bot ")
	return ok && given != "" && !s.faults.revoked && subtle.ConstantTimeCompare([]byte(given), []byte(s.cfg.Token)) == 1
}

// finish writes the answer and counts it.
func (s *Server) finish(w http.ResponseWriter, c *call, st standing, status int, answer any, refused *apiError) (int, int) {
	code := 0
	if refused != nil {
		status, code, answer = refused.Status, refused.Code, refused.body()
	}
	s.mu.Lock()
	s.count(c, status, refused)
	s.mu.Unlock()
	h := w.Header()
	st.tell(h, c.now)
	if refused != nil && refused.Plain {
		h.Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<html><body>" + refused.Message + "</body></html>")) // a client that left reads nothing
		return status, code
	}
	if status == http.StatusTooManyRequests {
		refused.tellLimited(h)
	}
	if answer == nil {
		w.WriteHeader(status)
		return status, code
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // as above
	return status, code
}
