package comfysim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(encode(body))
}

// replyEmpty answers without a body and without a content type.
func replyEmpty(w http.ResponseWriter, status int) {
	w.Header()["Content-Type"] = nil
	w.WriteHeader(status)
}

func replyText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// replyTrouble is what aiohttp answers when a handler raises.
func replyTrouble(w http.ResponseWriter) {
	replyText(w, http.StatusInternalServerError, "500 Internal Server Error\n\nServer got itself in trouble")
}

// maxBody bounds a request, ComfyUI's --max-upload-size.
const maxBody = 100 << 20

func readJSON(w http.ResponseWriter, r *http.Request) (any, error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	return decode(data)
}

// body reads a JSON object; false means that the answer was given.
func body(w http.ResponseWriter, r *http.Request) (*object, bool) {
	v, err := readJSON(w, r)
	o, ok := v.(*object)
	if err != nil || !ok {
		replyTrouble(w)
		return nil, false
	}
	return o, true
}

func limitOf(q url.Values, key string, fallback int) int {
	n, err := json.Number(q.Get(key)).Int64()
	if err != nil {
		return fallback
	}
	return int(n)
}
