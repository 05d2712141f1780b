package comfy_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// versions are the servers that were recorded.
var versions = []string{"0.3.64", "0.8.0", "0.33.0"}

// row is one line of a recording: see testdata/recordings/README.md.
type row struct {
	Conn     string
	Event    string  // open, closed
	ClientID *string `json:"client_id"`
	Dir      string  // send, recv
	Text     json.RawMessage
	Binary   []byte

	HTTP   *request
	Answer *reply
}

type request struct {
	Method    string
	Path      string
	Body      json.RawMessage
	Raw       *string
	Multipart map[string]json.RawMessage
}

type reply struct {
	Status  int
	Kind    string `json:"content_type"`
	Body    json.RawMessage
	Base64  []byte
	Text    string
	Headers map[string]string
}

// bytes is the answer as it went over the wire.
func (r *reply) bytes() []byte {
	switch {
	case r.Base64 != nil:
		return r.Base64
	case r.Text != "":
		return []byte(r.Text)
	default:
		return r.Body
	}
}

func loadRecording(t *testing.T, version, scenario string) []row {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "recordings", version, scenario+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var rows []row
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("line %d: %v", len(rows)+1, err)
		}
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// scenarios lists the recordings of a version by name.
func scenarios(t *testing.T, version string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "recordings", version, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings of %s: %v", version, err)
	}
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f[:len(f)-len(".jsonl")]))
	}
	return names
}

func TestThirtyScenariosWereRecordedOfEachVersion(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		if n := len(scenarios(t, v)); n != 30 {
			t.Errorf("%s: %d recordings, want 30", v, n)
		}
	}
}

func (r row) String() string {
	if r.HTTP != nil {
		return fmt.Sprintf("%s %s", r.HTTP.Method, r.HTTP.Path)
	}
	return fmt.Sprintf("%s %s%s %.80s", r.Conn, r.Event, r.Dir, r.Text)
}
