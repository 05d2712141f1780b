package bridge

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/comfy"
	"discomfy/pkg/workflow"
)

// recordings is where the traffic of real servers is kept.
const recordings = "../comfy/testdata/recordings"

// row is one line of a recording; see the README beside them.
type row struct {
	T        int64           `json:"t"`
	Conn     string          `json:"conn"`
	Event    string          `json:"event"`
	ClientID *string         `json:"client_id"`
	Dir      string          `json:"dir"`
	Text     json.RawMessage `json:"text"`
	Binary   string          `json:"binary"`
	HTTP     *struct {
		Method string          `json:"method"`
		Path   string          `json:"path"`
		Body   json.RawMessage `json:"body"`
	} `json:"http"`
	Answer struct {
		Status int             `json:"status"`
		Body   json.RawMessage `json:"body"`
	} `json:"answer"`
}

func readRows(t *testing.T, file string) []row {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		rows = append(rows, r)
	}
	if lines.Err() != nil || len(rows) == 0 {
		t.Fatalf("%s: %d rows, %v", file, len(rows), lines.Err())
	}
	return rows
}

// teller replays a recording into one tracker for each client id, as bridges
// with those ids would have heard it, and writes the story that they tell.
type teller struct {
	t        *testing.T
	clock    time.Time
	trackers map[string]*tracker
	sockets  map[string]*socket
	prompts  []*told
	ended    map[comfy.PromptID]string // how the history says that it ended
}

type socket struct {
	client  string
	decoder comfy.Decoder
}

// told is what one prompt's record said on the way.
type told struct {
	id       comfy.PromptID
	client   string
	record   *record
	percents []float64
	previews int
	steps    int
}

func newTeller(t *testing.T) *teller {
	return &teller{
		t: t, clock: time.Unix(1_800_000_000, 0), trackers: map[string]*tracker{},
		sockets: map[string]*socket{}, ended: map[comfy.PromptID]string{},
	}
}

func (tell *teller) tracker(client string) *tracker {
	if tr, ok := tell.trackers[client]; ok {
		return tr
	}
	tr := newTracker(slog.New(slog.DiscardHandler), func() time.Time { return tell.clock })
	tell.trackers[client] = tr
	return tr
}

func (tell *teller) play(rows []row) {
	base := tell.clock
	for _, r := range rows {
		tell.clock = base.Add(time.Duration(r.T) * time.Millisecond)
		switch {
		case r.Event == "open" && r.ClientID != nil:
			tell.sockets[r.Conn] = &socket{client: *r.ClientID}
		case r.Dir == "recv":
			tell.hear(r)
		case r.HTTP != nil && r.Answer.Status == 200:
			tell.answered(r)
		}
	}
}

func (tell *teller) hear(r row) {
	s := tell.sockets[r.Conn]
	if s == nil {
		return // a socket without a client id
	}
	var e comfy.Event
	var err error
	if r.Binary != "" {
		frame, berr := base64.StdEncoding.DecodeString(r.Binary)
		if berr != nil {
			tell.t.Fatal(berr)
		}
		e, err = s.decoder.Binary(frame)
	} else {
		e, err = s.decoder.Text(r.Text)
	}
	if err != nil {
		tell.t.Errorf("frame %s: %v", r.Text, err)
		return
	}
	tr := tell.tracker(s.client)
	tr.handle(e)
	for _, p := range tell.prompts {
		if p.client == s.client {
			p.watch(tr)
		}
	}
}

// watch notes what a card would show now.
func (p *told) watch(tr *tracker) {
	progress, preview, ok := tr.report(p.record)
	if !ok {
		return
	}
	p.percents = append(p.percents, progress.Percent)
	p.steps = max(p.steps, progress.Step)
	if preview != nil {
		p.previews++
	}
}

func (tell *teller) answered(r row) {
	switch {
	case r.HTTP.Method == "POST" && r.HTTP.Path == "/prompt":
		tell.submitted(r)
	case r.HTTP.Method == "GET" && strings.HasPrefix(r.HTTP.Path, "/history/"):
		entries, err := comfy.DecodeHistory(r.Answer.Body)
		if err != nil {
			tell.t.Errorf("history: %v", err)
		}
		for _, e := range entries {
			tell.ended[e.ID] = string(e.Outcome)
		}
	}
}

func (tell *teller) submitted(r row) {
	var body struct {
		Prompt   json.RawMessage `json:"prompt"`
		ClientID string          `json:"client_id"`
	}
	var answer struct {
		ID comfy.PromptID `json:"prompt_id"`
	}
	if json.Unmarshal(r.HTTP.Body, &body) != nil || json.Unmarshal(r.Answer.Body, &answer) != nil {
		return
	}
	graph, err := workflow.ParseGraph(body.Prompt)
	if err != nil {
		tell.t.Errorf("graph: %v", err)
	}
	var nodes []workflow.BoundNode
	for id, n := range graph {
		nodes = append(nodes, workflow.BoundNode{ID: id, Class: n.Class, Title: n.Title})
	}
	tr := tell.tracker(body.ClientID)
	rec := tr.attach(answer.ID, newPlan("recorded", 0, nodes, newMemory()))
	tell.prompts = append(tell.prompts, &told{id: answer.ID, client: body.ClientID, record: rec})
}

// story is what became of every prompt, in the order of submission.
func (tell *teller) story() string {
	var b strings.Builder
	for i, p := range tell.prompts {
		v := tell.tracker(p.client).view(p.record)
		end := "no end heard"
		if v.end != nil {
			end = string(v.end.outcome)
			if v.end.failure.Node != "" {
				end += fmt.Sprintf(" in node %s %s, out of memory: %v", v.end.failure.Node, v.end.failure.Class, v.end.failure.OutOfMemory())
			}
		}
		fmt.Fprintf(&b, "  prompt %d: started %v, %s, settled %v, nodes %d+%d/%d, steps %d, previews %v, files %d\n",
			i+1, !v.started.IsZero(), end, v.settled, v.counts.Done, v.counts.Cached, v.counts.Total, p.steps, p.previews > 0, len(v.outputs))
	}
	if len(tell.prompts) == 0 {
		b.WriteString("  no prompt\n")
	}
	return b.String()
}

// check holds what was told against what must be true of any run.
func (tell *teller) check() {
	for i, p := range tell.prompts {
		if !slices.IsSorted(p.percents) {
			tell.t.Errorf("prompt %d: the bar fell: %v", i+1, p.percents)
		}
		if n := len(p.percents); n > 0 && (p.percents[0] < 0 || p.percents[n-1] > 99) {
			tell.t.Errorf("prompt %d: percentages out of range: %v", i+1, p.percents)
		}
		v := tell.tracker(p.client).view(p.record)
		if want, ok := tell.ended[p.id]; ok && v.end != nil && string(v.end.outcome) != want {
			tell.t.Errorf("prompt %d: told %q, the history says %q", i+1, v.end.outcome, want)
		}
	}
}

// TestRecordedTrafficTellsTheRightStory replays every recording of every
// version. The golden file was read line by line against the recordings.
func TestRecordedTrafficTellsTheRightStory(t *testing.T) {
	t.Parallel()
	versions, err := filepath.Glob(filepath.Join(recordings, "*.*.*"))
	if err != nil || len(versions) != 3 {
		t.Fatalf("versions: %v, %v", versions, err)
	}
	for _, dir := range versions {
		version := filepath.Base(dir)
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
			if err != nil || len(files) != 30 {
				t.Fatalf("%d recordings, %v", len(files), err)
			}
			var stories strings.Builder
			for _, file := range files {
				tell := newTeller(t)
				tell.play(readRows(t, file))
				tell.check()
				fmt.Fprintf(&stories, "%s\n%s", strings.TrimSuffix(filepath.Base(file), ".jsonl"), tell.story())
			}
			golden(t, filepath.Join("testdata", "stories", version+".txt"), stories.String())
		})
	}
}
