//go:build linux

package rig

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"discomfy/pkg/job"
)

// OldVersion is what an old server says of itself: from before all that the
// switches of OldComfyUI take away.
const OldVersion = "0.3.40"

var version = regexp.MustCompile(`"comfyui_version":\s*"[^"]*"`)

// OldComfyUI is a server of mid 2025 for a queue of its own: it draws its own
// prompt ids, names no prompt in its progress, knows no jobs, and would stop
// whatever runs.
func (r *Rig) OldComfyUI(queue job.Queue) *ComfyUI {
	r.Helper()
	flags := []string{"--version-of", "0.3.64"}
	for _, fault := range []string{"own_prompt_ids", "no_progress_prompt_id", "no_progress_state", "no_jobs_api", "global_interrupt"} {
		flags = append(flags, "--fault", fault)
	}
	c := r.startComfyUI(queue, flags...)
	c.nature = `{"own_prompt_ids": true, "no_progress_prompt_id": true, "no_progress_state": true, "no_jobs_api": true, "global_interrupt": true}`
	target, err := url.Parse(c.url)
	r.must(err)
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(p *httputil.ProxyRequest) { p.SetURL(target) },
		ModifyResponse: sayOldVersion,
		ErrorHandler:   hangUp,
	}
	front := httptest.NewServer(proxy)
	r.Cleanup(func() { front.CloseClientConnections(); front.Close() })
	c.address = front.URL
	return c
}

// sayOldVersion makes the server's account of itself that of an old one.
func sayOldVersion(res *http.Response) error {
	if !strings.HasSuffix(res.Request.URL.Path, "/system_stats") {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	body = version.ReplaceAll(body, []byte(`"comfyui_version": "`+OldVersion+`"`))
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	res.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// hangUp ends a connection without an answer, as the server did.
func hangUp(w http.ResponseWriter, _ *http.Request, _ error) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_ = conn.Close()
}
