package job_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/job"
)

func request() job.Request {
	return job.Request{
		ID: job.FromInteraction("1"), Queue: job.DefaultQueue, User: "terminal-ann", Workflow: "txt2img",
		Params:  job.Params{"seed": json.Number("18446744073709551615"), "prompt": "a lighthouse", "hires": true, "loras": []any{"a", "b"}},
		Inputs:  map[string]string{"image": "0af1.png"},
		Created: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC),
	}
}

func TestRequestRoundTripKeepsLargeNumbers(t *testing.T) {
	t.Parallel()
	want := request()
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := job.ParseRequest(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b job.ID) bool { return a == b })); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestRequestsThatAreNotOursAreRefused(t *testing.T) {
	t.Parallel()
	good, err := json.Marshal(request())
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, with string) string { return strings.Replace(string(good), old, with, 1) }
	tests := map[string]string{
		"empty":             "",
		"null":              "null",
		"not JSON":          "hello",
		"more behind":       string(good) + "{}",
		"invalid UTF-8":     change("a lighthouse", "\xff"),
		"no id":             change(request().ID.String(), ""),
		"an id in capitals": change(request().ID.String(), strings.ToUpper(request().ID.String())),
		"a wild queue":      change(`"queue":"default"`, `"queue":"a.*"`),
		"no user":           change("terminal-ann", ""),
		"no workflow":       change("txt2img", ""),
		"no time":           change("2026-11-23", "0001-01-01T00:00:00Z"),
		"nested parameters": change(`"a lighthouse"`, `{"a":1}`),
		"lists of lists":    change(`"a lighthouse"`, `[[1]]`),
		"null parameter":    change(`"a lighthouse"`, `null`),
		"too large":         change("a lighthouse", strings.Repeat("x", job.MaxRequest)),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r, err := job.ParseRequest([]byte(data)); err == nil {
				t.Errorf("accepted as %+v", r)
			} else if len(err.Error()) > 400 {
				t.Errorf("the error repeats the input: %d bytes", len(err.Error()))
			}
		})
	}
}

func TestUnknownFieldsOfNewerReleasesAreIgnored(t *testing.T) {
	t.Parallel()
	id := job.FromInteraction("1").String()
	s, err := job.ParseState([]byte(`{"job":"` + id + `","phase":"done","at":"2026-11-23T10:00:00Z","epoch":7,"tomorrow":{"a":[1]}}`))
	if err != nil || s.Phase != job.Done || s.Epoch != 7 {
		t.Errorf("state = %+v, %v", s, err)
	}
	if _, err := job.ParseState([]byte(`{"job":"` + id + `","phase":"paused"}`)); err == nil {
		t.Error("an unknown phase was read as a state")
	}
}

func TestPositionsCountFromOneRunningFirst(t *testing.T) {
	t.Parallel()
	id := func(n int) job.ID { return job.FromInteraction(fmt.Sprint(n)) }
	s := job.Snapshot{
		Running: []job.Place{{Job: id(1)}},
		Waiting: []job.Place{{Job: id(2)}, {Job: id(3), Seconds: 12}},
	}
	for n := 1; n <= 3; n++ {
		if pos, _, ok := s.Position(id(n)); !ok || pos != n {
			t.Errorf("position of job %d = %d, %v", n, pos, ok)
		}
	}
	if _, place, _ := s.Position(id(3)); place.Seconds != 12 {
		t.Errorf("place = %+v", place)
	}
	if _, _, ok := s.Position(id(4)); ok {
		t.Error("a job that is not queued has a position")
	}
}

func TestErrorsReadAsSentences(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  *job.Error
		want string
	}{
		"with node and input": {
			&job.Error{Code: job.CodeRejected, Title: "Sampler", Input: "steps", Message: "Value 0 smaller than min of 1"},
			"rejected by ComfyUI in Sampler (steps): Value 0 smaller than min of 1",
		},
		"a node without a title": {&job.Error{Code: job.CodeNodeFailed, Node: "7"}, "the run failed in node 7"},
		"a parameter":            {&job.Error{Code: job.CodeInvalid, Input: "steps", Message: "0 is too small"}, "invalid request (steps): 0 is too small"},
		"the code alone":         {&job.Error{Code: job.CodeQueueFull}, "the queue is full, try again later"},
		"a code of tomorrow":     {&job.Error{Code: "solar_flare", Message: "x"}, "internal error: x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.err.Error(); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestCodeOfFindsTheCodedError(t *testing.T) {
	t.Parallel()
	wrapped := fmt.Errorf("submit: %w", &job.Error{Code: job.CodeQueueFull})
	for err, want := range map[error]job.Code{
		nil: "", wrapped: job.CodeQueueFull, errors.New("x"): job.CodeInternal,
	} {
		if got := job.CodeOf(err); got != want {
			t.Errorf("CodeOf(%v) = %q, want %q", err, got, want)
		}
	}
}

func TestElapsedIsNeverNegative(t *testing.T) {
	t.Parallel()
	at := time.Now()
	for name, test := range map[string]struct {
		p    job.Progress
		want time.Duration
	}{
		"running":     {job.Progress{Started: at.Add(-time.Minute), At: at}, time.Minute},
		"not started": {job.Progress{At: at}, 0},
		"odd clocks":  {job.Progress{Started: at.Add(time.Minute), At: at}, 0},
	} {
		if got := test.p.Elapsed(); got != test.want {
			t.Errorf("%s: elapsed %v, want %v", name, got, test.want)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	good, _ := json.Marshal(request())
	f.Add(good)
	f.Add([]byte(`{"params":{"a":[[1]]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := job.ParseRequest(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatalf("cannot write what was read: %v", err)
		}
		if _, err := job.ParseRequest(again); err != nil && len(again) <= job.MaxRequest {
			t.Errorf("cannot read what was written: %v", err)
		}
	})
}

func FuzzParsePublished(f *testing.F) {
	f.Add([]byte(`{"job":"019412ab-7c1e-7def-8a31-0123456789ab","phase":"done"}`))
	f.Fuzz(func(_ *testing.T, data []byte) {
		// None of them may panic, whatever arrives.
		_, _ = job.ParseState(data)
		_, _ = job.ParseProgress(data)
		_, _ = job.ParseSnapshot(data)
	})
}
