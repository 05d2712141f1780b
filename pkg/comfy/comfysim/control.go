package comfysim

import (
	"errors"
	"io"
	"net/http"
)

// maxFaults bounds the JSON of the control route.
const maxFaults = 1 << 20

// control adds the routes that no ComfyUI has, by which a test steers a fake in another process:
//
//	GET, POST, DELETE /comfysim/faults   Faults: read them, set those that are named, switch all off
//	GET /comfysim/runs                   Server.Runs
//	POST /comfysim/{command}             one of commands; those for sockets take ?client_id=
//
// A command answers {"count": n}: how many sockets, or nodes, it found.
func (s *Server) control(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /comfysim/faults", s.getFaults)
	mux.HandleFunc("POST /comfysim/faults", s.postFaults)
	mux.HandleFunc("DELETE /comfysim/faults", s.deleteFaults)
	mux.HandleFunc("GET /comfysim/runs", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Runs()) })
	for name, command := range s.commands() {
		mux.HandleFunc("POST /comfysim/"+name, func(w http.ResponseWriter, r *http.Request) {
			reply(w, http.StatusOK, obj("count", command(r.URL.Query().Get("client_id"))))
		})
	}
	mux.Handle("/", next)
	return mux
}

// commands are the faults that happen once.
func (s *Server) commands() map[string]func(clientID string) int {
	return map[string]func(string) int{
		"restart":       func(string) int { s.Restart(); return 1 },
		"clear_history": func(string) int { s.ClearHistory(); return 1 },
		"release":       func(string) int { return s.Release() },
		"drop_sockets":  s.DropSockets,
		"deafen":        s.Deafen,
		"half_open":     s.HalfOpen,
		"end_half_open": s.EndHalfOpen,
	}
}

func (s *Server) getFaults(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.Faults())
}

func (s *Server) postFaults(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFaults))
	if err = errors.Join(err, s.faults.change(func(f *Faults) error { return f.merge(data) })); err != nil {
		replyText(w, http.StatusBadRequest, err.Error())
		return
	}
	s.getFaults(w, r)
}

func (s *Server) deleteFaults(w http.ResponseWriter, r *http.Request) {
	_ = s.ChangeFaults(func(f *Faults) { *f = Faults{} }) // none are valid
	s.getFaults(w, r)
}
