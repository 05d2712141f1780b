package comfysim_test

import (
	"net/http"
	"strings"
	"testing"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
)

func TestBadRequestsAreRefused(t *testing.T) {
	t.Parallel()
	_, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	save := func(prefix string) string {
		return `{"prompt":{"1":{"class_type":"EmptyImage","inputs":{"width":8,"height":8,"batch_size":1,"color":0}},` +
			`"2":{"class_type":"SaveImage","inputs":{"images":["1",0],"filename_prefix":` + prefix + `}}}}`
	}
	tests := map[string]struct {
		method, path, body string
		status             int
	}{
		"a view above the folder":         {"GET", "/view?filename=..%2Fgo.mod", "", http.StatusBadRequest},
		"a subfolder above the folder":    {"GET", "/view?filename=x.png&subfolder=..%2F..", "", http.StatusForbidden},
		"an absolute view":                {"GET", "/view?filename=%2Fetc%2Fpasswd", "", http.StatusBadRequest},
		"a type that is none":             {"GET", "/view?filename=x&type=models", "", http.StatusBadRequest},
		"a folder as file":                {"GET", "/view?filename=.&type=output", "", http.StatusNotFound},
		"NaN":                             {"POST", "/prompt", `{"prompt":{},"number":NaN}`, http.StatusInternalServerError},
		"nested beyond reason":            {"POST", "/prompt", strings.Repeat(`{"prompt":`, 5000), http.StatusInternalServerError},
		"a number that is none":           {"POST", "/prompt", `{"prompt":{},"number":"x"}`, http.StatusInternalServerError},
		"a node that is no object":        {"POST", "/prompt", `{"prompt":{"1":7}}`, http.StatusBadRequest},
		"a node without inputs":           {"POST", "/prompt", `{"prompt":{"1":{"class_type":"SaveImage"}}}`, http.StatusBadRequest},
		"a link to a slot that is none":   {"POST", "/prompt", strings.Replace(save(`"a"`), `["1",0]`, `["1",5]`, 1), http.StatusBadRequest},
		"a link that is none":             {"POST", "/prompt", strings.Replace(save(`"a"`), `["1",0]`, `["1"]`, 1), http.StatusBadRequest},
		"an unknown route":                {"GET", "/nothing", "", http.StatusNotFound},
		"a post to an unknown route":      {"POST", "/nothing", "{}", http.StatusMethodNotAllowed},
		"a queue order that is no object": {"POST", "/queue", "[]", http.StatusInternalServerError},
		"an upload that is no form":       {"POST", "/upload/image", "{}", http.StatusInternalServerError},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status, body := c.raw(test.method, test.path, "application/json", []byte(test.body)); status != test.status {
				t.Errorf("%d, want %d: %.200s", status, test.status, body)
			}
		})
	}
}

func TestRunsThatFail(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	tests := map[string]struct{ graph, kind string }{
		"a prefix above the folder": {`{"1":{"class_type":"EmptyImage","inputs":{"width":8,"height":8,"batch_size":1,"color":0}},
			"2":{"class_type":"SaveImage","inputs":{"images":["1",0],"filename_prefix":"../../escape"}}}`, "Exception"},
		"a picture larger than the GPU": {`{"1":{"class_type":"EmptyImage","inputs":{"width":16384,"height":16384,"batch_size":1,"color":0}},
			"2":{"class_type":"SaveImage","inputs":{"images":["1",0],"filename_prefix":"big"}}}`, "torch.OutOfMemoryError"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sock := c.open("me")
			_, answer := c.do("POST", "/prompt", map[string]any{"prompt": raw(test.graph), "client_id": "me"})
			id, _ := answer["prompt_id"].(string)
			kind := ""
			sock.until(func(event string, data map[string]any) bool {
				if event == "execution_error" {
					kind, _ = data["exception_type"].(string)
				}
				return ended(id)(event, data)
			})
			if kind != test.kind {
				t.Errorf("failed with %q, want %q", kind, test.kind)
			}
			waitFor(t, s, id, comfysim.Failed)
		})
	}
}

func TestForeignPagesAreRefusedOnLoopback(t *testing.T) {
	t.Parallel()
	_, base := comfysimtest.Start(t, comfysim.Config{})
	for origin, want := range map[string]int{"http://evil.example": http.StatusForbidden, base: http.StatusOK, "": http.StatusOK} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", base+"/queue", nil)
		if err != nil {
			t.Fatal(err)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		a, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != want {
			t.Errorf("from %q: %d, want %d", origin, a.StatusCode, want)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]comfysim.Config{
		"version": {Version: "1.0"}, "speed": {Speed: -1}, "previews": {PreviewMethod: "full"},
	} {
		if _, err := comfysim.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
