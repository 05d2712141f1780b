package discordsim

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"
)

// The page: its files, and what they ask for under /sim/. Everything that the page can do, a program can do over
// HTTP; bodies are JSON, or multipart where files belong to them (part "payload" and parts "file:<option>").
//
//	GET  /sim/world?user          people, places, the time, broken rules
//	GET  /sim/messages?user&channel&before&limit
//	GET  /sim/commands?user&channel
//	GET  /sim/events?user&channel  server-sent events, see pageEvent
//	POST /sim/say, invoke, autocomplete, click, select, modal   see pageAction
//
//go:embed page
var pageFiles embed.FS

const pageTypes = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"

func (s *Server) pageRoutes(mux *http.ServeMux) {
	files, _ := fs.Sub(pageFiles, "page") // the folder is there, or the compiler would have said so
	static := http.FileServerFS(files)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pageTypes)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		if strings.HasSuffix(r.URL.Path, ".js") {
			h.Set("Content-Type", "text/javascript; charset=utf-8")
		}
		static.ServeHTTP(w, r)
	})
	own := http.NewCrossOriginProtection()
	mux.HandleFunc("GET /sim/world", s.pageWorld)
	mux.HandleFunc("GET /sim/messages", s.pageMessages)
	mux.HandleFunc("GET /sim/commands", s.pageCommands)
	mux.HandleFunc("GET /sim/events", s.pageEvents)
	for name, do := range map[string]func(*http.Request, pageAction) (any, error){
		"say": s.pageSay, "invoke": s.pageInvoke, "autocomplete": s.pageAutocomplete,
		"click": s.pageClick, "select": s.pageSelect, "modal": s.pageModal,
	} {
		mux.Handle("POST /sim/"+name, own.Handler(pageHandler(do)))
	}
}

// pageHandler reads an action, does it, and answers with JSON; what the client would refuse answers 422.
func pageHandler(do func(*http.Request, pageAction) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := readAction(w, r)
		if err != nil {
			pageAnswer(w, http.StatusBadRequest, Object{"error": err.Error()})
			return
		}
		answer, err := do(r, a)
		if err != nil {
			pageAnswer(w, http.StatusUnprocessableEntity, Object{"error": err.Error()})
			return
		}
		pageAnswer(w, http.StatusOK, answer)
	})
}

func pageAnswer(w http.ResponseWriter, status int, answer any) {
	data, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(data)
}
