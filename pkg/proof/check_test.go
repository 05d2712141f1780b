package proof_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/proof"
)

// campaign is evidence that a test edits.
type campaign struct {
	proof.Evidence
	first, second job.ID
}

// kept is the evidence of two jobs that went well.
func kept() *campaign {
	c := &campaign{first: job.NewID(), second: job.NewID()}
	for _, id := range []job.ID{c.first, c.second} {
		c.Accepted = append(c.Accepted, id)
		result := c.file(id, 1)
		c.write(job.State{Job: id, Phase: job.Queued})
		c.write(job.State{Job: id, Phase: job.Submitted, Attempt: 1, PromptID: id.Attempt(1)})
		c.write(job.State{Job: id, Phase: job.Running, Attempt: 1, PromptID: id.Attempt(1)})
		c.ran(id, 1, proof.Succeeded)
		c.write(job.State{Job: id, Phase: job.Done, Attempt: 1, PromptID: id.Attempt(1), Results: []job.Result{result}})
	}
	return c
}

// write appends a state to the log, of the epoch of the one before.
func (c *campaign) write(s job.State) {
	seq := uint64(10)
	if n := len(c.States); n > 0 {
		seq = c.States[n-1].Seq + 1
		if s.Epoch == 0 {
			s.Epoch = c.States[n-1].Epoch
		}
	}
	if s.Epoch == 0 {
		s.Epoch = 7
	}
	c.States = append(c.States, broker.StoredState{State: s, Seq: seq})
}

// ran appends a run to ComfyUI's log; without an outcome it never ended.
func (c *campaign) ran(id job.ID, attempt int, outcome string) {
	e := proof.Event{Kind: proof.Started, Prompt: id.Attempt(attempt), Job: id, Attempt: attempt}
	c.Runs = append(c.Runs, e)
	if outcome != "" {
		e.Kind, e.Outcome = proof.Ended, outcome
		c.Runs = append(c.Runs, e)
	}
}

func (c *campaign) lose(kind proof.EventKind) { c.Runs = append(c.Runs, proof.Event{Kind: kind}) }

// file stores a result that ComfyUI made.
func (c *campaign) file(id job.ID, n int) job.Result {
	r := job.Result{
		Name: fmt.Sprintf("%s/7-%d.png", id, n), File: fmt.Sprintf("%s_%05d_.png", id, n),
		Size: 100, Digest: strings.Repeat("ab", 32),
	}
	c.Files = append(c.Files, proof.File{Name: r.Name, Size: r.Size, Digest: r.Digest})
	c.Made = append(c.Made, proof.File{Name: r.File, Size: r.Size, Digest: r.Digest})
	return r
}

// last is the newest state, which is the end of the second job.
func (c *campaign) last() *broker.StoredState { return &c.States[len(c.States)-1] }

// begun leaves the second job where it had just been submitted, without a run.
func (c *campaign) begun() { c.States, c.Runs = c.States[:6], c.Runs[:2] }

func TestAKeptPromise(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*campaign){
		"two jobs that went well": func(*campaign) {},
		"a run that ComfyUI forgot by a restart completed again": func(c *campaign) {
			end := *c.last()
			c.States = c.States[:len(c.States)-1]
			c.lose(proof.Restarted)
			c.ran(c.second, 2, proof.Succeeded)
			end.Attempt, end.PromptID = 2, c.second.Attempt(2)
			c.write(end.State)
		},
		"a run whose history was cleared completed again": func(c *campaign) {
			c.lose(proof.Cleared)
			c.ran(c.second, 2, proof.Succeeded)
		},
		"a superfluous copy was stopped":       func(c *campaign) { c.ran(c.second, 2, "interrupted") },
		"a superfluous copy was cut off":       func(c *campaign) { c.ran(c.second, 2, "") },
		"a file that no state names":           func(c *campaign) { c.Files = append(c.Files, proof.File{Name: "x/1-1.png"}) },
		"somebody else's run":                  func(c *campaign) { c.ran(job.ID{}, 1, proof.Succeeded) },
		"a job whose publish nobody confirmed": func(c *campaign) { c.Accepted = c.Accepted[:1] },
		"a job that failed after its run failed": func(c *campaign) {
			c.begun()
			c.ran(c.second, 1, "error")
			c.write(job.State{Job: c.second, Phase: job.Failed, Error: &job.Error{Code: job.CodeNodeFailed}})
		},
		"a job that was cancelled before it ran":   func(c *campaign) { c.begun(); c.write(job.State{Job: c.second, Phase: job.Cancelled}) },
		"a job that was cancelled as it completed": func(c *campaign) { c.last().Phase = job.Cancelled },
		"another bridge took over in the middle":   func(c *campaign) { c.last().Epoch = 9 },
		"another queue, whose epochs are its own": func(c *campaign) {
			for i := range c.States[4:] {
				c.States[4+i].Epoch = 3
			}
			c.States[0].Queue, c.States[4].Queue = "gpu0", "gpu1"
		},
		"a server whose output folder is not to see": func(c *campaign) { c.Made = nil },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := kept()
			change(c)
			if r := proof.Check(c.Evidence); r.Err() != nil {
				t.Errorf("%v\n%s", r.Err(), r)
			}
		})
	}
}

func TestABrokenPromise(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rule   proof.Rule
		change func(*campaign)
	}{
		"an accepted job without any state": {proof.Lost, func(c *campaign) { c.Accepted = append(c.Accepted, job.NewID()) }},
		"a job that stayed where it was":    {proof.Lost, func(c *campaign) { c.begun() }},
		"a second end":                      {proof.EndedTwice, func(c *campaign) { c.write(job.State{Job: c.first, Phase: job.Failed}) }},
		"the same end twice":                {proof.EndedTwice, func(c *campaign) { c.write(c.States[3].State) }},
		"an open state behind the end":      {proof.WrittenLate, func(c *campaign) { c.write(job.State{Job: c.first, Phase: job.Running}) }},
		"a write of a former bridge":        {proof.Unfenced, func(c *campaign) { c.last().Epoch = 6 }},
		"a second run that completed":       {proof.CompletedMore, func(c *campaign) { c.ran(c.first, 2, proof.Succeeded) }},
		"the same prompt completed twice":   {proof.CompletedMore, func(c *campaign) { c.ran(c.first, 1, proof.Succeeded) }},
		"a second run and a restart before both": {proof.CompletedMore, func(c *campaign) {
			c.Runs = slices.Insert(c.Runs, 0, proof.Event{Kind: proof.Restarted})
			c.ran(c.first, 2, proof.Succeeded)
		}},
		"a second run that began before the restart": {proof.CompletedMore, func(c *campaign) {
			c.ran(c.first, 2, "")
			c.lose(proof.Cleared)
			c.Runs = append(c.Runs, proof.Event{Kind: proof.Ended, Prompt: c.first.Attempt(2), Job: c.first, Outcome: proof.Succeeded})
		}},
		"a second run after the history of another prompt was cleared": {proof.CompletedMore, func(c *campaign) {
			c.Runs = append(c.Runs, proof.Event{Kind: proof.Cleared, Prompt: c.second.Attempt(1)})
			c.ran(c.first, 2, proof.Succeeded)
		}},
		"a cancelled job that completed twice": {proof.CompletedMore, func(c *campaign) {
			c.last().Phase = job.Cancelled
			c.ran(c.second, 2, proof.Succeeded)
		}},
		"done without a run":            {proof.NeverRun, func(c *campaign) { c.Runs = c.Runs[:2] }},
		"done after a run that failed":  {proof.NeverRun, func(c *campaign) { c.Runs[3].Outcome = "error" }},
		"done by another attempt":       {proof.NeverRun, func(c *campaign) { c.last().PromptID = c.second.Attempt(2) }},
		"done without a file":           {proof.NoFile, func(c *campaign) { c.last().Results = nil }},
		"a file that is not stored":     {proof.NoFile, func(c *campaign) { c.Files = c.Files[:1] }},
		"a file that can not be read":   {proof.Damaged, func(c *campaign) { c.Files[1].Damage = "a chunk is missing" }},
		"a file shorter than its state": {proof.Damaged, func(c *campaign) { c.Files[1].Size = 99 }},
		"a file with other bytes":       {proof.Damaged, func(c *campaign) { c.Files[1].Digest = strings.Repeat("cd", 32) }},
		"a run on one server after another server forgot": {proof.CompletedMore, func(c *campaign) {
			c.lose(proof.Restarted)
			c.ran(c.second, 2, proof.Succeeded)
			for i := range 4 {
				c.Runs[i].Server = "gpu0"
			}
		}},
		"a run on one server that another forgot": {proof.CompletedMore, func(c *campaign) {
			c.lose(proof.Restarted)
			c.ran(c.second, 2, proof.Succeeded)
			for i := range c.Runs[:5] {
				c.Runs[i].Server = "gpu0"
			}
		}},
		"a write of a former bridge of one of two queues": {proof.Unfenced, func(c *campaign) {
			c.States[0].Queue, c.States[4].Queue = "gpu0", "gpu1"
			c.last().Epoch = 3
		}},
		"a file that ComfyUI never made": {proof.Damaged, func(c *campaign) { c.Made = c.Made[:1] }},
		"a download that broke off unnoticed": {proof.Damaged, func(c *campaign) {
			c.Files[1].Size, c.Files[1].Digest = 50, strings.Repeat("cd", 32)
			c.last().Results[0].Size, c.last().Results[0].Digest = 50, strings.Repeat("cd", 32)
		}},
		"the stored file of another job": {proof.Foreign, func(c *campaign) { c.last().Results = c.States[3].Results }},
		"ComfyUI's file of another job":  {proof.Foreign, func(c *campaign) { c.last().Results[0].File = c.States[3].Results[0].File }},
		"a job left in the queue":        {proof.LeftQueued, func(c *campaign) { c.Pending = []job.ID{c.first} }},
		"a prompt left in ComfyUI":       {proof.LeftInside, func(c *campaign) { c.Inside = []string{c.first.Attempt(2)} }},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := kept()
			tt.change(c)
			r := proof.Check(c.Evidence)
			var rules []proof.Rule
			for _, v := range r.Violations {
				rules = append(rules, v.Rule)
			}
			if diff := cmp.Diff([]proof.Rule{tt.rule}, rules); diff != "" || r.Err() == nil {
				t.Errorf("broken rules (-want +got):\n%s\n%s", diff, r)
			}
		})
	}
}

func TestReportSaysWhatAnOperatorAsks(t *testing.T) {
	t.Parallel()
	c := kept()
	c.lose(proof.Restarted)
	c.ran(c.first, 2, proof.Succeeded)
	c.Pending = []job.ID{c.second}
	got := proof.Check(c.Evidence).String()
	for _, want := range []string{
		"2 accepted: 2 done",
		"3 started, 3 completed",
		"lost its memory 1 times; 1 jobs completed again because of it",
		"again: " + c.first.String(),
		"left in the queue: job " + c.second.String(),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q:\n%s", want, got)
		}
	}
}
