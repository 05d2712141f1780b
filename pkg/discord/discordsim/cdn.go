package discordsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Discord's addresses of attachments, where the fake has none of its own.
const (
	cdnHost   = "https://cdn.discordapp.com"
	mediaHost = "https://media.discordapp.net"
)

// address is the signed, expiring address of an attachment. Called with mu held.
func (s *Server) address(a *Attachment, host string) string {
	if s.url != "" {
		host = s.url
	}
	issued := s.Now()
	path := fmt.Sprintf("/attachments/%s/%s/%s", a.Channel, a.ID, url.PathEscape(a.Name))
	ex, is := hexTime(issued.Add(s.limits.LinkLives)), hexTime(issued)
	return fmt.Sprintf("%s%s?ex=%s&is=%s&hm=%s&", host, path, ex, is, s.linkMAC(a.ID.String(), ex, is))
}

func hexTime(t time.Time) string { return strconv.FormatInt(t.Unix(), 16) }

func (s *Server) linkMAC(id, ex, is string) string {
	h := hmac.New(sha256.New, s.key)
	_, _ = io.WriteString(h, id+" "+ex+" "+is) // a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}

func (s *Server) cdnRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /attachments/{channel}/{attachment}/{name}", s.serveAttachment)
}

// serveAttachment answers as cdn.discordapp.com. Wrong and expired signatures answer 404, as files that are gone do.
func (s *Server) serveAttachment(w http.ResponseWriter, r *http.Request) {
	if !s.meetFile(w, r) {
		return
	}
	q := r.URL.Query()
	id := r.PathValue("attachment")
	until, err := strconv.ParseInt(q.Get("ex"), 16, 64)
	good := hmac.Equal([]byte(q.Get("hm")), []byte(s.linkMAC(id, q.Get("ex"), q.Get("is"))))
	parsed, bad := ParseID(id)
	if err != nil || bad != nil || !good || s.Now().After(time.Unix(until, 0)) {
		gone(w)
		return
	}
	f, err := s.files.open(parsed)
	if err != nil {
		gone(w)
		return
	}
	defer f.Close()
	if kind := mediaType(r.PathValue("name"), ""); kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	w.Header().Set("Cache-Control", "private, max-age=31536000")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", parsed.Time(), f)
}

// meetFile lets a request for a file pass the fault that is for it; false where it has answered.
func (s *Server) meetFile(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	f := s.faults.meet(r.Method+" "+r.URL.Path, s.Now())
	s.mu.Unlock()
	if f == nil {
		return true
	}
	s.pause(r.Context(), f.Wait)
	s.linger(&call{r: r}, f.Linger)
	if f.Status == 0 {
		return true
	}
	http.Error(w, http.StatusText(f.Status), f.Status)
	return false
}

func gone(w http.ResponseWriter) {
	http.Error(w, "This content is no longer available.", http.StatusNotFound)
}
