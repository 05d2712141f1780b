package comfy

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTextFrames(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1795397812646)
	tests := map[string]struct {
		frame string
		want  Event // nil: malformed
	}{
		"status":                  {`{"type":"status","data":{"status":{"exec_info":{"queue_remaining":3}},"sid":"me"}}`, Status{Remaining: 3, ClientID: "me"}},
		"status without a number": {`{"type":"status","data":{"status":{"exec_info":{}}}}`, nil},
		"status of null":          {`{"type":"status","data":{"status":null}}`, nil},
		"status is huge":          {`{"type":"status","data":{"status":{"exec_info":{"queue_remaining":1e300}}}}`, Status{Remaining: 1 << 53}},
		"start":                   {`{"type":"execution_start","data":{"prompt_id":"p","timestamp":1795397812646}}`, ExecutionStart{Prompt: "p", At: at}},
		"start, odd time":         {`{"type":"execution_start","data":{"prompt_id":"p","timestamp":"soon"}}`, ExecutionStart{Prompt: "p"}},
		"start of an empty id":    {`{"type":"execution_start","data":{"prompt_id":""}}`, ExecutionStart{}},
		"start of no id":          {`{"type":"execution_start","data":{"prompt_id":null}}`, nil},
		"start of a number":       {`{"type":"execution_start","data":{"prompt_id":7}}`, nil},
		"cached":                  {`{"type":"execution_cached","data":{"prompt_id":"p","nodes":["1",2,null,{}]}}`, Cached{Prompt: "p", Nodes: []string{"1", "2"}}},
		"executing":               {`{"type":"executing","data":{"prompt_id":"p","node":"5:1","display_node":"5"}}`, Executing{Prompt: "p", Node: "5:1", Display: "5"}},
		"executing on connecting": {`{"type":"executing","data":{"node":"2"}}`, Executing{Node: "2"}},
		"executing a number":      {`{"type":"executing","data":{"node":2}}`, Executing{Node: "2"}},
		"executing nothing":       {`{"type":"executing","data":{"prompt_id":"p","node":null}}`, Executing{Prompt: "p"}},
		"executing nonsense":      {`{"type":"executing","data":{"prompt_id":"p","node":{}}}`, nil},
		"executing unsaid":        {`{"type":"executing","data":{"prompt_id":"p"}}`, nil},
		"executing null":          {`{"type":"executing","data":null}`, nil},
		"progress":                {`{"type":"progress","data":{"value":2,"max":5,"prompt_id":"p","node":"3"}}`, StepProgress{Prompt: "p", Node: "3", Value: 2, Max: 5}},
		"old progress":            {`{"type":"progress","data":{"value":2,"max":5}}`, StepProgress{Value: 2, Max: 5}},
		"progress of NaN":         {`{"type":"progress","data":{"value":NaN,"max":-Infinity}}`, StepProgress{}},
		"states": {
			`{"type":"progress_state","data":{"prompt_id":"p","nodes":{"2":{"value":1,"max":4,"state":"running","display_node_id":"2","parent_node_id":null,"real_node_id":"2"}}}}`,
			NodeStates{Prompt: "p", Nodes: map[string]NodeState{"2": {Value: 1, Max: 4, State: "running", Display: "2", Real: "2"}}},
		},
		"states in a list": {`{"type":"progress_state","data":{"nodes":[]}}`, nil},
		"executed": {
			`{"type":"executed","data":{"prompt_id":"p","node":"9","display_node":"9","output":{"text":["a"],"gifs":[{"filename":"a.mp4","subfolder":"s","type":"output","frame_rate":8}],"animated":[true]}}}`,
			Executed{Prompt: "p", Node: "9", Display: "9", Outputs: []Output{{Node: "9", Kind: "gifs", Animated: true, File: File{Name: "a.mp4", Subfolder: "s", Type: "output"}}}},
		},
		"executed nothing": {`{"type":"executed","data":{"prompt_id":"p","node":"9","output":null}}`, Executed{Prompt: "p", Node: "9"}},
		"executed nonsense": {
			`{"type":"executed","data":{"prompt_id":"p","node":"9","output":{"images":[{"filename":""},{"subfolder":"x"},"y",null,7],"audio":{}}}}`,
			Executed{Prompt: "p", Node: "9"},
		},
		"success": {`{"type":"execution_success","data":{"prompt_id":"p","timestamp":1795397812646}}`, Succeeded{Prompt: "p", At: at}},
		"error": {
			`{"type":"execution_error","data":{"prompt_id":"p","node_id":"3","node_type":"KSampler","executed":["1"],"exception_message":"no memory\n\nTIPS: buy more","exception_type":"torch.OutOfMemoryError","traceback":7}}`,
			Failed{Prompt: "p", ExecutionError: ExecutionError{Node: "3", Class: "KSampler", Type: "torch.OutOfMemoryError", Message: "no memory", Executed: []string{"1"}}},
		},
		"interrupted":    {`{"type":"execution_interrupted","data":{"prompt_id":"p","node_id":"3","executed":null}}`, Interrupted{Prompt: "p", Node: "3"}},
		"unknown":        {`{"type":"crystools.monitor","data":[1,2]}`, Other{Type: "crystools.monitor"}},
		"unknown, bare":  {`{"type":"logs"}`, Other{Type: "logs"}},
		"unknown fields": {`{"type":"execution_start","data":{"prompt_id":"p","x":[{}]},"y":1}`, ExecutionStart{Prompt: "p"}},
		"bad UTF-8":      {"{\"type\":\"executing\",\"data\":{\"prompt_id\":\"p\",\"node\":\"a\xff\"}}", Executing{Prompt: "p", Node: "a\uFFFD"}},
		"no object":      {`[1]`, nil},
		"no type":        {`{"data":{}}`, nil},
		"null":           {`null`, nil},
		"cut short":      {`{"type":"stat`, nil},
		"empty":          {``, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := DecodeText([]byte(test.frame))
			if (err != nil) != (test.want == nil) || err != nil && !errors.Is(err, ErrMalformed) {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		})
	}
}

// words makes a binary frame of big-endian numbers and texts.
func words(parts ...any) []byte {
	var frame []byte
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			frame = binary.BigEndian.AppendUint32(frame, uint32(p))
		case string:
			frame = append(frame, p...)
		}
	}
	return frame
}

func TestBinaryFrames(t *testing.T) {
	t.Parallel()
	const meta = `{"node_id":"3","prompt_id":"p","display_node_id":"3","image_type":"image/jpeg"}`
	tests := map[string]struct {
		frame []byte
		want  Event // nil: malformed
	}{
		"JPEG":                {words(1, 1, "pic"), Preview{Type: "image/jpeg", Data: []byte("pic")}},
		"PNG":                 {words(1, 2, "pic"), Preview{Type: "image/png", Data: []byte("pic")}},
		"another format":      {words(1, 3, "pic"), nil},
		"no format":           {words(1), nil},
		"metadata":            {words(4, len(meta), meta, "pic"), Preview{Prompt: "p", Node: "3", Display: "3", Type: "image/jpeg", Data: []byte("pic")}},
		"metadata too long":   {words(4, 500, meta), nil},
		"metadata of 4 GiB":   {words(4, 0xFFFFFFFF, meta), nil},
		"metadata is no JSON": {words(4, 3, "xyzpic"), nil},
		"a strange type":      {words(4, 26, `{"image_type":"text/html"}`, "pic"), nil},
		"no length":           {words(4), nil},
		"text":                {words(3, 1, "5", "hello"), Other{Type: "text"}},
		"internal":            {words(2, "x"), Other{Type: "binary 2"}},
		"three bytes":         {[]byte{0, 0, 0}, nil},
		"empty":               {nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := DecodeBinary(test.frame)
			if (err != nil) != (test.want == nil) || err != nil && !errors.Is(err, ErrMalformed) {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		})
	}
}

// The frames of a server from 2023, and previews without metadata.
func TestDecoderFillsInWhoExecutes(t *testing.T) {
	t.Parallel()
	var d Decoder
	text := func(frame string) Event {
		t.Helper()
		e, err := d.Text([]byte(frame))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	preview := func() Event {
		t.Helper()
		e, err := d.Binary(words(1, 1, "pic"))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	const progress = `{"type":"progress","data":{"value":1,"max":2}}`
	got := []Event{
		text(`{"type":"executing","data":{"node":"2"}}`), text(progress), preview(),
		text(`{"type":"execution_start","data":{"prompt_id":"p"}}`),
		text(`{"type":"executing","data":{"node":"3","prompt_id":"p"}}`), text(progress), preview(),
		text(`{"type":"executed","data":{"node":"3"}}`),
		text(`{"type":"executing","data":{"node":null}}`), text(progress),
	}
	pic := []byte("pic")
	want := []Event{
		Executing{Node: "2"}, StepProgress{Node: "2", Value: 1, Max: 2}, Preview{Node: "2", Type: "image/jpeg", Data: pic},
		ExecutionStart{Prompt: "p"},
		Executing{Prompt: "p", Node: "3"}, StepProgress{Prompt: "p", Node: "3", Value: 1, Max: 2},
		Preview{Prompt: "p", Node: "3", Type: "image/jpeg", Data: pic}, Executed{Prompt: "p", Node: "3"},
		Executing{Prompt: "p"}, StepProgress{Value: 1, Max: 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestQueues(t *testing.T) {
	t.Parallel()
	q, err := DecodeQueue([]byte(`{"queue_running":[[5,"a",{"is_changed":[NaN]},{"client_id":"me","discomfy_job":"j"},["9"]]],
		"queue_pending":[[8,"d"],[-3,"b",{},null],[7,"c",{},{"client_id":7},[1,null],"more"]],"extra":1}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Queue{
		Running: []Queued{{ID: "a", Number: 5, ClientID: "me", Outputs: []string{"9"}, Extra: map[string]json.RawMessage{"client_id": []byte(`"me"`), "discomfy_job": []byte(`"j"`)}}},
		Pending: []Queued{
			{ID: "b", Number: -3},
			{ID: "c", Number: 7, ClientID: "7", Outputs: []string{"1"}, Extra: map[string]json.RawMessage{"client_id": []byte("7")}},
			{ID: "d", Number: 8},
		},
	}
	if diff := cmp.Diff(want, q); diff != "" {
		t.Errorf("queue (-want +got):\n%s", diff)
	}
	if p, place, ok := q.Find("c"); !ok || place != PlacePending || p.ID != "c" || q.Len() != 4 {
		t.Errorf("found %v at %q in %d", p, place, q.Len())
	}
	if _, _, ok := q.Find("x"); ok {
		t.Error("found what is not there")
	}
}

// A queue that is read wrongly would make a running prompt look lost.
func TestQueuesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		``, `null`, `[]`, `{}`, `{"queue_running":[]}`, `{"queue_running":[],"queue_pending":null}`, `{"error":"x"}`,
		`{"queue_running":[[1]],"queue_pending":[]}`, `{"queue_running":[{}],"queue_pending":[]}`,
		`{"queue_running":[null],"queue_pending":[]}`, `{"queue_running":[[1,null]],"queue_pending":[]}`,
		`{"queue_running":[[1,{}]],"queue_pending":[]}`,
	} {
		if q, err := DecodeQueue([]byte(data)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", data, q, err)
		}
	}
}

func TestHistories(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		entry string
		want  Entry
	}{
		"of 2023":   {`{"prompt":[1,"p",{},{},[]],"outputs":{}}`, Entry{Outcome: OutcomeSuccess, Extra: map[string]json.RawMessage{}}},
		"no status": {`{"status":null,"outputs":null,"prompt":null}`, Entry{Outcome: OutcomeSuccess}},
		"no messages": {
			`{"status":{"status_str":"error","completed":false,"messages":null}}`, Entry{Outcome: OutcomeError},
		},
		"odd messages": {
			`{"status":{"status_str":"success","completed":true,"messages":[7,[],["x"],["execution_start",7],[1,{}]]}}`, Entry{Outcome: OutcomeSuccess},
		},
		"interrupted": {
			`{"status":{"status_str":"error","messages":[["execution_start",{"timestamp":1000}],["execution_cached",{"nodes":["1"]}],["execution_interrupted",{"timestamp":3000}]]}}`,
			Entry{Outcome: OutcomeInterrupted, Cached: []string{"1"}, Started: time.UnixMilli(1000), Ended: time.UnixMilli(3000)},
		},
		"outputs in order": {
			`{"outputs":{"10":{"images":[{"filename":"b"}]},"9":{"audio":[{"filename":"a","type":"output"}],"x":NaN}}}`,
			Entry{Outcome: OutcomeSuccess, Outputs: []Output{{Node: "10", Kind: "images", File: File{Name: "b"}}, {Node: "9", Kind: "audio", File: File{Name: "a", Type: "output"}}}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, err := DecodeHistory([]byte(`{"p":` + test.entry + `}`))
			if err != nil {
				t.Fatal(err)
			}
			test.want.ID = "p"
			if diff := cmp.Diff([]Entry{test.want}, entries); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
	for _, none := range []string{``, `null`, `[]`, `"x"`, `{"p":null}`, `{"p":7}`, `{"p":{"status":7}}`} {
		if entries, err := DecodeHistory([]byte(none)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", none, entries, err)
		}
	}
}

func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind, message string
		want          bool
	}{
		{"torch.OutOfMemoryError", "CUDA out of memory. Tried to allocate 20.00 GiB", true},
		{"torch.cuda.OutOfMemoryError", "", true},
		{"RuntimeError", "CUDA error: out of memory", true},
		{"RuntimeError", "MPS backend Out Of Memory (MPS allocated: 5 GB)", true},
		{"torch.AcceleratorError", "CUDA error: out of memory", true},
		{"RuntimeError", "shape mismatch", false},
		{"ValueError", "the tale of the man out of memory", false},
		{"", "", false},
	}
	for _, test := range tests {
		if got := (ExecutionError{Type: test.kind, Message: test.message}).OutOfMemory(); got != test.want {
			t.Errorf("%s: %s: %v", test.kind, test.message, got)
		}
	}
}

// Python writes three words into JSON that are none.
func TestFiniteNumbers(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`{"a":NaN,"b":[Infinity,-Infinity,-1],"c":"NaN \"Infinity\\"}`: `{"a":null,"b":[null,null,-1],"c":"NaN \"Infinity\\"}`,
		`NaN`:           `null`,
		`-`:             `-`,
		`Na`:            `Na`,
		`"\\",NaN,"-I"`: `"\\",null,"-I"`,
		`"`:             `"`,
	}
	for in, want := range tests {
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in)),
		} {
			got, err := io.ReadAll(iotest.OneByteReader(newFinite(r)))
			if err != nil || string(got) != want {
				t.Errorf("%s, %s: %s, %v, want %s", in, name, got, err, want)
			}
		}
	}
}
