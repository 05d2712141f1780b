package comfysim

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// routes is the table of what is answered. Anything else is what aiohttp says: 404, or 405 to a method that no
// static file takes.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	both := func(method, path string, h http.HandlerFunc) {
		mux.HandleFunc(method+" "+path, h)
		mux.HandleFunc(method+" /api"+path, h)
	}
	both("GET", "/ws", s.serveSocket)
	both("GET", "/prompt", s.getPrompt)
	both("POST", "/prompt", s.postPrompt)
	both("GET", "/queue", s.getQueue)
	both("POST", "/queue", s.postQueue)
	both("POST", "/interrupt", s.postInterrupt)
	both("POST", "/free", s.postFree)
	both("GET", "/history", s.getHistory)
	both("GET", "/history/{id}", s.getHistoryOf)
	both("POST", "/history", s.postHistory)
	both("GET", "/view", s.getView)
	both("POST", "/upload/image", s.postUpload)
	both("GET", "/system_stats", s.getFact("system_stats"))
	both("GET", "/features", s.getFact("features"))
	both("GET", "/extensions", s.getFact("extensions"))
	both("GET", "/models", s.getFact("models"))
	both("GET", "/models/{folder}", s.getModels)
	both("GET", "/embeddings", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, []any{}) })
	both("GET", "/object_info", s.getObjectInfo)
	both("GET", "/object_info/{class}", s.getObjectInfoOf)
	if s.traits.jobsList {
		mux.HandleFunc("GET /api/jobs", s.jobsAPI(s.getJobs))
		mux.HandleFunc("GET /api/jobs/{id}", s.jobsAPI(s.getJob))
	}
	if s.traits.jobsCancel {
		mux.HandleFunc("POST /api/jobs/{id}/cancel", s.jobsAPI(s.cancelJob))
	}
	mux.HandleFunc("/", notFound)
	return sameOrigin(mux)
}

// jobsAPI lets a route be one that the server does not know, where the switch says so.
func (s *Server) jobsAPI(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.faults.on(func(f *Faults) bool { return f.NoJobsAPI }) {
			notFound(w, r)
			return
		}
		h(w, r)
	}
}

func notFound(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "application/octet-stream") // so the folder of static files says
		w.WriteHeader(http.StatusNotFound)
		return
	}
	replyText(w, http.StatusMethodNotAllowed, "405: Method Not Allowed")
}

// sameOrigin refuses a page of another site that calls a server on loopback.
func sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin, err := url.Parse(r.Header.Get("Origin")); err == nil && origin.Host != "" {
			if onLoopback(r.Host) && origin.Host != r.Host {
				replyEmpty(w, http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func onLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
