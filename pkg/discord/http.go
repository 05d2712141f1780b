package discord

import "net/http"

// Paths under which an Ingress serves. Those of files begin with Files.
const (
	Interactions = "/interactions"
	Files        = "/files/"
)

// Handler serves what comes by HTTP: Discord's interactions, where they come
// so, and the files of links. The server in front of it has to bound what a
// slow client can hold (source.Endpoint).
func (in *Ingress) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Interactions, func(w http.ResponseWriter, r *http.Request) {
		if e := in.endpoint.Load(); e != nil {
			e.ServeHTTP(w, r)
			return
		}
		http.Error(w, "not ready", http.StatusServiceUnavailable)
	})
	if in.links != nil {
		mux.Handle(Files, in.links)
	}
	return mux
}
