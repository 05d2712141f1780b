package comfy

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/url"
	"testing"
)

func FuzzDecodeText(f *testing.F) {
	for _, seed := range []string{
		`{"type":"status","data":{"status":{"exec_info":{"queue_remaining":1}},"sid":"x"}}`,
		`{"type":"executing","data":{"node":null,"prompt_id":"p"}}`,
		`{"type":"progress_state","data":{"prompt_id":"p","nodes":{"1":{"value":NaN,"max":1e999,"state":"running"}}}}`,
		`{"type":"executed","data":{"node":"3","output":{"images":[{"filename":"a.png"}],"animated":[true]},"prompt_id":"p"}}`,
		`{"type":"execution_error","data":{"prompt_id":"p","exception_message":null,"executed":"x"}}`,
		`{"type":"x"}`, `null`, `{"type":null}`, `-Infinity`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		var d Decoder
		e, err := d.Text(frame)
		if (e == nil) == (err == nil) {
			t.Fatalf("event %v, error %v", e, err)
		}
		if s, ok := e.(StepProgress); ok && (math.IsNaN(s.Value) || math.IsInf(s.Max, 0)) {
			t.Fatalf("progress %v", s)
		}
	})
}

func FuzzDecodeBinary(f *testing.F) {
	f.Add(words(1, 1, "pic"))
	f.Add(words(3, 1, "5", "text"))
	f.Add(words(4, 2, "{}", "pic"))
	f.Add(words(4, 26, `{"image_type":"image/png"}`, "pic"))
	f.Add(words(4, 0xFFFFFFFF))
	f.Fuzz(func(t *testing.T, frame []byte) {
		e, err := DecodeBinary(frame)
		if (e == nil) == (err == nil) {
			t.Fatalf("event %v, error %v", e, err)
		}
		if p, ok := e.(Preview); ok && !bytes.HasSuffix(frame, p.Data) {
			t.Fatal("the picture is not the end of the frame")
		}
	})
}

func FuzzParseVersion(f *testing.F) {
	for _, seed := range []string{"", "0.3.64", "v0.33.0-1-gabc", "1.2", "999999.999999.999999", "0.3.64\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		v := ParseVersion(raw)
		if !v.Known && (v != Version{}) || v.Known && ParseVersion(v.String()) != v {
			t.Fatalf("%q is %+v", raw, v)
		}
	})
}

func FuzzDecodeQueue(f *testing.F) {
	f.Add([]byte(emptyQueue))
	f.Add([]byte(`{"queue_running":[[1,"a",{},{"client_id":"c"},["3"]]],"queue_pending":[[-1,"b"],[NaN,"c"]]}`))
	f.Add([]byte(`{"queue_running":[[]],"queue_pending":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		q, err := DecodeQueue(data)
		if err != nil && q.Len() > 0 {
			t.Fatalf("%+v, %v", q, err)
		}
		for i := 1; i < len(q.Pending); i++ {
			if q.Pending[i-1].Number > q.Pending[i].Number {
				t.Fatalf("out of order: %+v", q.Pending)
			}
		}
	})
}

func FuzzDecodeHistory(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"p":{"prompt":[1,"p",{},{},[]],"outputs":{"3":{"images":[{"filename":"a"}]}},"status":{"status_str":"success","completed":true,"messages":[["execution_start",{"timestamp":1}]]}}}`))
	f.Add([]byte(`{"p":{"status":{"messages":[["execution_error",{"exception_type":NaN}]]}},"p":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := DecodeHistory(data)
		if err != nil && entries != nil {
			t.Fatalf("%+v, %v", entries, err)
		}
		for _, e := range entries {
			if e.Outcome != OutcomeSuccess && e.Outcome != OutcomeError && e.Outcome != OutcomeInterrupted {
				t.Fatalf("outcome %q", e.Outcome)
			}
		}
	})
}

func FuzzSubmitAnswers(f *testing.F) {
	f.Add([]byte(`{"prompt_id":"p","number":1,"node_errors":{}}`))
	f.Add([]byte(`{"error":{"type":"x","message":"y"},"node_errors":{"1":{"class_type":"C","errors":[{"type":"t","extra_info":{"input_name":"i"}}],"dependent_outputs":["2"]}}}`))
	f.Add([]byte(`{"error":"old","node_errors":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := decodeAccepted(data); err != nil && err.Error() == "" {
			t.Fatal("an error without words")
		}
		if decodeRejected(data).Error() == "" {
			t.Fatal("a refusal without words")
		}
	})
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"http://comfyui:8188", "https://u:p@[::1]:1/a%2Fb/", "http://[fe80::1%25eth0]", "ws://x", "http://a/../b", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		a, err := parseAddress(raw)
		if err != nil {
			return
		}
		for _, at := range []string{a.at(nil, "history", "../x"), a.socket("a&b")} {
			u, err := url.Parse(at)
			if err != nil || u.User != nil || u.Hostname() == "" {
				t.Fatalf("%q became %q: %v", raw, at, err)
			}
		}
	})
}

func FuzzFinite(f *testing.F) {
	for _, seed := range []string{`{"a":NaN}`, `"NaN\"`, `[-Infinity,1]`, `-`, `I`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := io.ReadAll(newFinite(bytes.NewReader(data)))
		if err != nil {
			t.Fatal(err)
		}
		if json.Valid(data) && !bytes.Equal(got, data) {
			t.Fatalf("JSON %q became %q", data, got)
		}
	})
}
