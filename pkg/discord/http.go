package discord

import (
	"net/http"
	"strings"
)

// Paths under which an Ingress serves. Those of files begin with Files.
const (
	Interactions = "/interactions"
	Files        = "/files/"
)

// Handler serves what comes by HTTP: Discord's interactions, where they come
// so, and the files of links: at the root, and below the path of the public
// address, which a proxy may keep or take off. The server in front of it has to bound what a
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
	return below(in.publicPath(), mux)
}

// publicPath is the path of the public address without a slash at its end.
func (in *Ingress) publicPath() string {
	if in.cfg.PublicURL == nil {
		return ""
	}
	return strings.TrimRight(in.cfg.PublicURL.Path, "/")
}

// below serves the same under a path as at the root.
func below(path string, h http.Handler) http.Handler {
	if path == "" {
		return h
	}
	stripped := http.StripPrefix(path, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, path+"/") {
			stripped.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}
