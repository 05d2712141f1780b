package terminal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
)

// archive holds what NATS would about one job.
type archive struct {
	states   []job.State
	request  *job.Request
	progress *job.Progress
	snapshot *job.Snapshot
	broken   error
}

func (a archive) States(context.Context, job.ID) ([]job.State, error) {
	if len(a.states) == 0 {
		return nil, errors.Join(a.broken, broker.ErrNotFound)
	}
	return a.states, nil
}

func (a archive) Pending(context.Context, job.ID) (job.Request, error) {
	return found(a.request, a.broken)
}

func (a archive) Progress(context.Context, job.ID) (job.Progress, error) {
	return found(a.progress, a.broken)
}

func (a archive) Snapshot(context.Context, job.Queue) (job.Snapshot, error) {
	return found(a.snapshot, a.broken)
}

func found[T any](stored *T, broken error) (T, error) {
	var none T
	switch {
	case broken != nil:
		return none, broken
	case stored == nil:
		return none, broker.ErrNotFound
	}
	return *stored, nil
}

func TestRecordTellsWhereTheJobStands(t *testing.T) {
	t.Parallel()
	r := request(t, "ann")
	r.Inputs = map[string]string{"image": "sha256-x"}
	ended := end(r, job.Done, job.Result{Name: "j/1-1.png", File: "../fox.png", Type: "image/png", Size: 1234, Digest: "d1"})
	ended.Nodes = &job.Nodes{Total: 7, Done: 5, Cached: 2}
	failed := end(r, job.Failed)
	failed.Error = &job.Error{Code: job.CodeOutOfMemory, Title: "KSampler", Message: "\x1b[2Jboom"}
	for name, tt := range map[string]struct {
		archive archive
		want    []string
	}{
		"handed in": {
			archive{request: &r},
			[]string{"state       handed in; no bridge has taken it yet", "user        ann", "prompt    “a red fox”", "image     picture sha256-x"},
		},
		"waiting": {
			archive{
				request: &r, states: []job.State{{Job: r.ID, Phase: job.Queued}},
				snapshot: &job.Snapshot{Waiting: []job.Place{{}, place(r)}},
			},
			[]string{"state       queued", "position    2"},
		},
		"running": {
			archive{
				request: &r, states: []job.State{{Job: r.ID, Phase: job.Running, Attempt: 2, Note: "trying once more"}},
				progress: &job.Progress{Job: r.ID, Percent: 42.9, Title: "Sample", Step: 3, Steps: 9},
			},
			[]string{"state       running", "progress    42 % Sample 3/9", "running, attempt 2: trying once more"},
		},
		"done": {
			archive{states: []job.State{ended}},
			[]string{"state       done, seed 7", "nodes       7, of which 5 ran and 2 came from the cache", "file        fox.png  image/png  1 kB", "object    j/1-1.png"},
		},
		"failed": {
			archive{states: []job.State{failed}},
			[]string{"state       failed: out of memory in KSampler: boom", "next        ask for a smaller picture"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			record, err := terminal.ReadRecord(t.Context(), tt.archive, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := record.Write(&out); err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("lacks %q:\n%s", want, out.String())
				}
			}
			if strings.Contains(out.String(), "\x1b") {
				t.Error("an escape sequence was written")
			}
		})
	}
}

func TestRecordOfNoJobIsACodedError(t *testing.T) {
	t.Parallel()
	if _, err := terminal.ReadRecord(t.Context(), archive{}, job.NewID()); job.CodeOf(err) != job.CodeNotFound {
		t.Errorf("error %v", err)
	}
	broken := errors.New("timeout")
	r := request(t, "ann")
	for _, a := range []archive{{broken: broken, states: []job.State{{Job: r.ID, Phase: job.Queued}}}} {
		if _, err := terminal.ReadRecord(t.Context(), a, r.ID); !errors.Is(err, broken) {
			t.Errorf("error %v, want the cause", err)
		}
	}
}

func TestRecordKeepsEveryDigitOfASeed(t *testing.T) {
	t.Parallel()
	r := request(t, "ann")
	r.Params["seed"] = json.Number("18446744073709551615")
	record, err := terminal.ReadRecord(t.Context(), archive{states: []job.State{end(r, job.Done)}}, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	data, err := json.Marshal(record)
	if err := errors.Join(err, record.Write(&out)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{out.String(), string(data)} {
		if !strings.Contains(text, "18446744073709551615") {
			t.Errorf("the seed is damaged: %s", text)
		}
	}
}

func TestOutcomesAreToldInWords(t *testing.T) {
	t.Parallel()
	r := request(t, "ann")
	for want, s := range map[string]job.State{
		"cancelled by bob":                     {Phase: job.Cancelled, Stop: &job.Stop{By: "terminal-bob"}},
		"cancelled by b b":                     {Phase: job.Cancelled, Stop: &job.Stop{By: "terminal-b_20b"}},
		"cancelled by discord-1":               {Phase: job.Cancelled, Stop: &job.Stop{By: "discord-1"}},
		"cancelled":                            {Phase: job.Cancelled},
		"failed":                               {Phase: job.Failed},
		"failed: waited too long in the queue": {Phase: job.Failed, Error: &job.Error{Code: job.CodeExpired}},
		"rejected by ComfyUI in KSampler (seed): out of range": {Phase: job.Rejected, Error: &job.Error{Code: job.CodeRejected, Title: "KSampler", Input: "seed", Message: "out of range"}},
		"done in 3.5 s, after 1 min 05 s in the queue, seed 7": {Phase: job.Done, Request: &r, Timings: &job.Timings{
			Created: time.Unix(0, 0), Started: time.Unix(65, 0), Ended: time.Unix(68, 5e8),
		}},
	} {
		if got := terminal.Outcome(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
