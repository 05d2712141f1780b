package bridge

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"discomfy/pkg/comfy"
	"discomfy/pkg/workflow"
)

// sampling is a graph whose sampler does nearly all of the work.
var sampling = []workflow.BoundNode{
	{ID: "1", Class: "CheckpointLoaderSimple", Title: "Model"},
	{ID: "2", Class: "KSampler", Title: "Sampler"},
	{ID: "3", Class: "VAEDecode", Title: "Decode"},
	{ID: "4", Class: "SaveImage", Title: "Save"},
}

type ticking struct{ at time.Time }

func (c *ticking) now() time.Time { return c.at }

func newTestTracker() (*tracker, *ticking) {
	c := &ticking{at: time.Unix(1_800_000_000, 0)}
	return newTracker(slog.New(slog.DiscardHandler), c.now), c
}

func TestTheBarFollowsTheGraph(t *testing.T) {
	t.Parallel()
	tr, clock := newTestTracker()
	m := newMemory()
	m.learn("w", lesson{total: 20 * time.Second, whole: true, nodes: stints{
		"1": {spent: 4 * time.Second}, "2": {spent: 10 * time.Second}, "3": {spent: 4 * time.Second}, "4": {spent: 2 * time.Second},
	}})
	rec := tr.attach("p", newPlan("w", 0, sampling, m))
	tr.handle(comfy.ExecutionStart{Prompt: "p"})
	tr.handle(comfy.Cached{Prompt: "p", Nodes: []string{"1"}})
	clock.at = clock.at.Add(time.Second)
	tr.handle(comfy.Executing{Prompt: "p", Node: "2"})
	tr.handle(comfy.StepProgress{Prompt: "p", Node: "2", Value: 1, Max: 20}) // its beginning is heard, and so its pace
	clock.at = clock.at.Add(5 * time.Second)
	tr.handle(comfy.StepProgress{Prompt: "p", Node: "2", Value: 8, Max: 20})

	p, _, ok := tr.report(rec)
	if !ok {
		t.Fatal("nothing to report")
	}
	// 8 of 20 steps of a node that is 10 of the 16 seconds which are not cached.
	if got, want := p.Percent, 25.0; got != want {
		t.Errorf("percent = %v, want %v", got, want)
	}
	if p.Title != "Sampler" || p.Step != 8 || p.Steps != 20 {
		t.Errorf("shows %q %d/%d", p.Title, p.Step, p.Steps)
	}
	if p.Nodes.Total != 4 || p.Nodes.Cached != 1 || p.Nodes.Done != 0 {
		t.Errorf("nodes = %+v", p.Nodes)
	}
	// 12 more steps at the pace of 8 in 5 s, then 6 s of other nodes.
	if got, want := p.ETA.Sub(clock.at), 13500*time.Millisecond; got != want {
		t.Errorf("time left = %v, want %v", got, want)
	}
}

func TestNothingIsPromisedAboutAWorkflowThatNeverRan(t *testing.T) {
	t.Parallel()
	tr, _ := newTestTracker()
	rec := tr.attach("p", newPlan("w", 0, sampling, newMemory()))
	tr.handle(comfy.ExecutionStart{Prompt: "p"})
	tr.handle(comfy.Executing{Prompt: "p", Node: "1"})
	if p, _, _ := tr.report(rec); !p.ETA.IsZero() {
		t.Errorf("ETA = %v before anything was measured", p.ETA)
	}
}

func TestEventsReachTheirOwnPromptOnly(t *testing.T) {
	t.Parallel()
	tr, _ := newTestTracker()
	a, b := tr.attach("a", newPlan("w", 0, sampling, newMemory())), tr.attach("b", newPlan("w", 0, sampling, newMemory()))
	tr.handle(comfy.ExecutionStart{Prompt: "a"})
	tr.handle(comfy.StepProgress{Prompt: "a", Node: "2", Value: 1, Max: 2})
	tr.handle(comfy.Executed{Prompt: "a", Node: "4", Outputs: []comfy.Output{{Node: "4"}}})
	tr.handle(comfy.Failed{Prompt: "a", ExecutionError: comfy.ExecutionError{Node: "2"}})
	if v := tr.view(a); v.end == nil || v.end.outcome != comfy.OutcomeError || len(v.outputs) != 1 {
		t.Errorf("a = %+v", v)
	}
	if v := tr.view(b); v.end != nil || !v.started.IsZero() || len(v.outputs) != 0 {
		t.Errorf("b heard of a: %+v", v)
	}
}

func TestAStepThatIsToldTwiceIsNewsOnce(t *testing.T) {
	t.Parallel()
	tr, _ := newTestTracker()
	rec := tr.attach("a", newPlan("w", 0, sampling, newMemory()))
	tr.handle(comfy.NodeStates{Prompt: "a", Nodes: map[string]comfy.NodeState{"2": {State: "running", Value: 1, Max: 4}}})
	if p, _, ok := tr.report(rec); !ok || p.Step != 1 {
		t.Errorf("step %d, %v", p.Step, ok)
	}
	tr.handle(comfy.StepProgress{Prompt: "a", Node: "2", Value: 1, Max: 4})
	if tr.news(rec) {
		t.Error("the same step is news again")
	}
	tr.handle(comfy.StepProgress{Prompt: "a", Node: "2", Value: 2, Max: 4})
	if !tr.news(rec) {
		t.Error("the next step is no news")
	}
}

func TestFramesWithoutAPromptBelongToTheOneThatRuns(t *testing.T) {
	t.Parallel()
	tr, _ := newTestTracker()
	rec := tr.attach("a", newPlan("w", 0, sampling, newMemory()))
	tr.handle(comfy.Executing{Prompt: "a", Node: "2"})
	tr.handle(comfy.StepProgress{Node: "2", Value: 3, Max: 4})
	tr.handle(comfy.Preview{Type: "image/jpeg", Data: []byte{1}})
	p, preview, ok := tr.report(rec)
	if !ok || p.Step != 3 || preview == nil {
		t.Errorf("step %d, preview %v", p.Step, preview)
	}
	tr.handle(comfy.Executing{Prompt: "a"})
	tr.handle(comfy.Preview{Type: "image/jpeg", Data: []byte{2}})
	if tr.dropped != 1 {
		t.Errorf("%d frames dropped after the run, want 1", tr.dropped)
	}
}

func TestAnotherClientsPromptIsIgnoredAndForgotten(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	tr := newTracker(slog.New(slog.NewTextHandler(&log, nil)), time.Now)
	for i := range 10 * strangers {
		tr.handle(comfy.ExecutionStart{Prompt: comfy.PromptID(rune('a' + i))})
	}
	if n := len(tr.records); n > strangers {
		t.Errorf("%d records of strangers are kept", n)
	}
	if !strings.Contains(log.String(), "another's prompt ignored") {
		t.Errorf("the log does not say so: %.200s", log.String())
	}
}

func TestARunThatBeganBeforeItsIDWasKnownIsAdopted(t *testing.T) {
	t.Parallel()
	tr, _ := newTestTracker()
	tr.handle(comfy.ExecutionStart{Prompt: "chosen-by-the-server"})
	tr.handle(comfy.Succeeded{Prompt: "chosen-by-the-server"})
	rec := tr.attach("chosen-by-the-server", newPlan("w", 0, sampling, newMemory()))
	if v := tr.view(rec); v.end == nil || v.started.IsZero() {
		t.Errorf("view = %+v", v)
	}
	select {
	case <-rec.wake:
	default:
		t.Error("the owner is not woken")
	}
}

func TestTheBarNeverFallsWhateverArrives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tr, clock := newTestTracker()
		rec := tr.attach("p", newPlan("w", 0, sampling, newMemory()))
		tr.handle(comfy.ExecutionStart{Prompt: "p"})
		nodes := rapid.SampledFrom([]string{"1", "2", "3", "4", "2.0.1", ""})
		last := 0.0
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			clock.at = clock.at.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			tr.handle(anyEvent(t, nodes.Draw(t, "node")))
			p, _, ok := tr.report(rec)
			if !ok {
				continue
			}
			if p.Percent < last || p.Percent > 99 || p.Percent < 0 {
				t.Fatalf("percent %v after %v", p.Percent, last)
			}
			if !p.ETA.IsZero() && p.ETA.Before(clock.at) {
				t.Fatalf("ETA %v in the past", p.ETA)
			}
			if p.Nodes.Done+p.Nodes.Cached > p.Nodes.Total {
				t.Fatalf("nodes %+v", p.Nodes)
			}
			last = p.Percent
		}
	})
}

func anyEvent(t *rapid.T, node string) comfy.Event {
	value, most := float64(rapid.IntRange(-1, 30).Draw(t, "value")), float64(rapid.IntRange(-1, 20).Draw(t, "max"))
	state := rapid.SampledFrom([]string{"running", "finished", "error", "?"}).Draw(t, "state")
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return comfy.Cached{Prompt: "p", Nodes: []string{node}}
	case 1:
		return comfy.StepProgress{Prompt: "p", Node: node, Value: value, Max: most}
	case 2:
		return comfy.NodeStates{Prompt: "p", Nodes: map[string]comfy.NodeState{node: {Value: value, Max: most, State: state}}}
	case 3:
		return comfy.Executed{Prompt: "p", Node: node}
	}
	if node == "" {
		return comfy.Status{}
	}
	return comfy.Executing{Prompt: "p", Node: node}
}

func TestPaceIsAtOnceThenSpaced(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := pace{every: 200 * time.Millisecond}
		now := time.Unix(0, 0)
		var sent []time.Time
		for range rapid.IntRange(1, 100).Draw(t, "wishes") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
			due, at := p.due(now)
			if due {
				sent = append(sent, now)
			} else if late := at.Sub(now); late <= 0 || late > p.every {
				t.Fatalf("told to come back in %v", late)
			}
		}
		for i := 1; i < len(sent); i++ {
			if gap := sent[i].Sub(sent[i-1]); gap < p.every {
				t.Fatalf("two within %v", gap)
			}
		}
		if len(sent) == 0 {
			t.Fatal("the first had to wait")
		}
	})
}
