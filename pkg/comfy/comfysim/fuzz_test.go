package comfysim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Values decode to what they encode to.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"b": 1, "a": [1.50, -2e5, "x", null, true, {}]}`, `[[[`, `{"a":1,"a":2}`, `"\ud800"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := decode(data)
		if err != nil {
			return
		}
		again, err := decode(encode(v))
		if err != nil || !bytes.Equal(encode(v), encode(again)) {
			t.Errorf("%s: %v", encode(v), err)
		}
	})
}

// Any body gets an answer that ComfyUI could give, and what is accepted can be planned to its end.
func FuzzPrompt(f *testing.F) {
	seed, err := os.ReadFile(filepath.Join("testdata", "txt2img.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"prompt":`+string(seed)+`}`), true)
	f.Add([]byte(`{"prompt":{"1":{"class_type":"SaveVideo","inputs":{"video":["1",0],"filename_prefix":"a","format":"mp4"}}}}`), true)
	f.Add([]byte(`{"prompt":{"1":{"class_type":"SaveImage","inputs":{"images":[{},0],"filename_prefix":7}}}}`), false)
	f.Add([]byte(`{"prompt":{"1":{"class_type":"LabWork","inputs":{"image":["1",0],"seconds":"1e999","steps":1e400,"salt":1.5}}}}`), false)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, body []byte, newest bool) {
		version := "0.3.64"
		if newest {
			version = "0.33.0"
		}
		s, err := New(Config{Version: version, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/prompt", bytes.NewReader(body)))
		switch w.Code {
		case http.StatusOK, http.StatusBadRequest:
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("not JSON: %s", w.Body)
			}
		case http.StatusInternalServerError:
		default:
			t.Errorf("status %d", w.Code)
		}
		planAll(t, s.current())
	})
}

// planAll plans what waits to its end.
func planAll(t *testing.T, p *process) {
	_, waiting := p.queue.snapshot()
	for _, it := range waiting {
		r := newRun(p, it)
		for id := r.plan.next(); id != ""; id = r.plan.next() {
			r.plan.finish(id)
		}
		if len(r.plan.pending) > 0 {
			t.Errorf("never run: %v", r.plan.pending)
		}
	}
}

// No upload ends outside its folder.
func FuzzUpload(f *testing.F) {
	f.Add("a.png", "", "input")
	f.Add("../a.png", "..", "temp")
	f.Add("a\x00.png", "x/../..", "")
	f.Fuzz(func(t *testing.T, name, subfolder, kind string) {
		root := t.TempDir()
		s, err := New(Config{Dir: filepath.Join(root, "server")})
		if err != nil {
			t.Fatal(err)
		}
		body := "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"" + name + "\"\r\n\r\nx\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"subfolder\"\r\n\r\n" + subfolder + "\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n" + kind + "\r\n--b--\r\n"
		r := httptest.NewRequest(http.MethodPost, "/upload/image", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		s.ServeHTTP(httptest.NewRecorder(), r)
		entries, err := os.ReadDir(root)
		if err != nil || len(entries) != 1 {
			t.Errorf("outside: %v %v", entries, err)
		}
		if entries, _ := os.ReadDir(filepath.Join(root, "server")); len(entries) != 3 {
			t.Errorf("beside the folders: %v", entries)
		}
	})
}

// No view reads outside the folders.
func FuzzView(f *testing.F) {
	f.Add("filename=..%2Fsecret&type=output")
	f.Add("filename=secret&subfolder=..%2F..&type=output&preview=webp;90")
	f.Add("filename=secret [input]&subfolder=../../secret")
	root := f.TempDir()
	if err := os.WriteFile(filepath.Join(root, "secret"), []byte("the secret"), 0o600); err != nil {
		f.Fatal(err)
	}
	s, err := New(Config{Dir: filepath.Join(root, "server")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/view", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if strings.Contains(w.Body.String(), "the secret") {
			t.Errorf("%s reads outside", query)
		}
	})
}

// Any first message of a client is taken or left.
func FuzzFirstMessage(f *testing.F) {
	f.Add([]byte(`{"type":"feature_flags","data":{"supports_preview_metadata":true}}`))
	f.Add([]byte(`{"type":"feature_flags","data":[1]}`))
	s, err := New(Config{Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		s.exchangeFeatures(s.current(), &socket{id: "nobody"}, data)
	})
}
