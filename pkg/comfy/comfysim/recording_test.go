package comfysim_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

const recordings = "../testdata/recordings"

var versions = []string{"0.3.64", "0.8.0", "0.33.0"}

// scenarios in the order of their recording, which matters: the cache, the numbers and the files of one show in
// the next. deaf_recovery was recorded apart.
var scenarios = []string{
	"connect_idle", "sampler_previews_meta", "sampler_previews_plain", "sampler_lora", "preview_method_per_prompt",
	"three_concurrent", "client_id_matrix", "cached_rerun", "history_after_success", "rejected", "partly_rejected",
	"node_error", "out_of_memory", "interrupt_running", "delete_waiting", "reconnect_mid_run", "ended_while_away",
	"deaf_reconnect", "client_prompt_id", "queue_order", "upload", "view", "batch", "video_run", "no_output_files",
	"jobs_api", "others_use_it", "catalog", "history_unknown", "deaf_recovery",
}

// row is one line of a recording; see its README.
type row struct {
	T        int             `json:"t"`
	Conn     string          `json:"conn"`
	Event    string          `json:"event"`
	ClientID *string         `json:"client_id"`
	Dir      string          `json:"dir"`
	Text     json.RawMessage `json:"text"`
	Binary   string          `json:"binary"`
	HTTP     *request        `json:"http"`
	Answer   *answer         `json:"answer"`
	Note     string          `json:"note"`
	done     bool            // an action that was performed before its turn
}

type request struct {
	Method    string          `json:"method"`
	Path      string          `json:"path"`
	Body      json.RawMessage `json:"body"`
	Raw       string          `json:"raw"`
	Multipart map[string]any  `json:"multipart"`
}

type answer struct {
	Status      int               `json:"status"`
	ContentType *string           `json:"content_type"`
	Headers     map[string]string `json:"headers"`
	Body        json.RawMessage   `json:"body"`
	Base64      string            `json:"base64"`
	Bytes       int               `json:"bytes"`
	Text        *string           `json:"text"`
}

func (r *row) received() bool { return r.Dir == "recv" }

// event is the type and data of a received text frame.
func (r *row) message() (string, map[string]any) {
	var m struct {
		Type string
		Data map[string]any
	}
	_ = json.Unmarshal(r.Text, &m)
	return m.Type, m.Data
}

// remaining is what a status frame says of the queue; -1 where the row is none.
func (r *row) remaining() int {
	kind, data := r.message()
	status, _ := data["status"].(map[string]any)
	info, _ := status["exec_info"].(map[string]any)
	n, ok := info["queue_remaining"].(float64)
	if kind != "status" || !ok {
		return -1
	}
	return int(n)
}

func (r *row) frame(t testing.TB) []byte {
	if r.Binary == "" {
		return r.Text
	}
	data, err := base64.StdEncoding.DecodeString(r.Binary)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readRecording(t testing.TB, version, scenario string) []*row {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(recordings, version, scenario+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []*row
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		r := &row{}
		if err := json.Unmarshal(lines.Bytes(), r); err != nil {
			t.Fatalf("%s/%s: %v", version, scenario, err)
		}
		rows = append(rows, r)
	}
	return rows
}

var counted = regexp.MustCompile(`"filename": ?"([^"/]+)_(\d{5})_\.\w+", "subfolder": "([^"]*)", "type": "output"`)

// firstCounters are the lowest file counters of some recordings by folder/prefix.
func firstCounters(t testing.TB, version string, names []string) map[string]int {
	t.Helper()
	lowest := map[string]int{}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(recordings, version, name+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range counted.FindAllSubmatch(data, -1) {
			prefix := filepath.Join(string(m[3]), string(m[1]))
			n, _ := strconv.Atoi(string(m[2]))
			if old, ok := lowest[prefix]; !ok || n < old {
				lowest[prefix] = n
			}
		}
	}
	return lowest
}

// firstNumber is the lowest prompt number given in a recording, or -1.
func firstNumber(rows []*row) int {
	for _, r := range rows {
		var b struct{ Number *int }
		if r.Answer != nil && json.Unmarshal(r.Answer.Body, &b) == nil && b.Number != nil {
			return *b.Number
		}
	}
	return -1
}

var outputsOf = regexp.MustCompile(`\}, (\[("[^"]+"(, )?)+\])\]`)

// outputOrders are the orders in which the recorded server put output nodes, as its tuples show them.
func outputOrders(rows []*row) [][]string {
	var orders [][]string
	for _, r := range rows {
		if r.Answer == nil {
			continue
		}
		for _, m := range outputsOf.FindAllSubmatch(r.Answer.Body, -1) {
			var ids []string
			if json.Unmarshal(m[1], &ids) == nil {
				orders = append(orders, ids)
			}
		}
	}
	return orders
}
