package proof

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// Check judges the evidence.
func Check(e Evidence) Report {
	c := newVerdict(e)
	c.judgeLog()
	for _, id := range c.order {
		c.judge(c.jobs[id])
	}
	c.judgeLeftovers()
	slices.SortStableFunc(c.report.Violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), a.Job.Compare(b.Job))
	})
	return c.report
}

// docket is the evidence on one job.
type docket struct {
	id       job.ID
	accepted bool
	states   []broker.StoredState
	end      *broker.StoredState // the first terminal state
	runs     []run
}

// run is a run of ComfyUI's log; began and ended are places in it.
type run struct {
	prompt       string
	began, ended int
	outcome      string
}

// loss is a place in ComfyUI's log where it forgot a prompt, or all of them.
type loss struct {
	at     int
	prompt string // "" for all
}

// verdict is one judgement under way.
type verdict struct {
	Evidence
	jobs   map[job.ID]*docket
	order  []job.ID // of appearance
	files  map[string]File
	made   map[string]File
	losses []loss
	report Report
}

func newVerdict(e Evidence) *verdict {
	c := &verdict{
		Evidence: e, jobs: map[job.ID]*docket{}, files: byName(e.Files), made: byName(e.Made),
		report: Report{Ended: map[job.Phase]int{}, Failures: map[job.Code]int{}},
	}
	for _, id := range e.Accepted {
		c.docket(id).accepted = true
	}
	c.report.Accepted = len(c.jobs)
	for i := range e.States {
		s := &e.States[i]
		d := c.docket(s.Job)
		d.states = append(d.states, *s)
		if d.end == nil && s.Phase.Ended() {
			d.end = s
		}
	}
	c.readRuns()
	return c
}

func byName(files []File) map[string]File {
	m := make(map[string]File, len(files))
	for _, f := range files {
		m[f.Name] = f
	}
	return m
}

func (c *verdict) docket(id job.ID) *docket {
	d, ok := c.jobs[id]
	if !ok {
		d = &docket{id: id}
		c.jobs[id] = d
		c.order = append(c.order, id)
	}
	return d
}

// readRuns puts the lines of ComfyUI's log together. A run without an end is
// one that a loss of memory, or a kill, cut off.
func (c *verdict) readRuns() {
	open := map[string]*run{}
	places := map[string]job.ID{}
	keep := func(prompt string) {
		if r := open[prompt]; r != nil {
			d := c.docket(places[prompt])
			d.runs = append(d.runs, *r)
			delete(open, prompt)
		}
	}
	for i, event := range c.Runs {
		switch event.Kind {
		case Restarted, Cleared:
			c.losses = append(c.losses, loss{i, event.Prompt})
			c.report.Losses++
		case Queued:
			c.report.Prompts++
		case Started:
			if event.Job.IsZero() {
				continue // somebody else's
			}
			keep(event.Prompt)
			open[event.Prompt] = &run{prompt: event.Prompt, began: i, ended: len(c.Runs)}
			places[event.Prompt] = event.Job
			c.report.Runs++
		case Ended:
			if r := open[event.Prompt]; r != nil {
				r.ended, r.outcome = i, event.Outcome
				keep(event.Prompt)
			}
		}
	}
	for prompt := range open {
		keep(prompt)
	}
}

func (c *verdict) accuse(rule Rule, id job.ID, format string, args ...any) {
	c.report.Violations = append(c.report.Violations, Violation{Rule: rule, Job: id, What: fmt.Sprintf(format, args...)})
}

// judgeLog looks at the log as a whole: the epoch of a queue never falls, since
// the server refuses what a replaced bridge writes.
func (c *verdict) judgeLog() {
	epoch := uint64(0)
	for _, s := range c.States {
		switch {
		case s.Epoch < epoch:
			c.accuse(Unfenced, s.Job, "%s of epoch %d was stored at %d, after epoch %d had begun", s.Phase, s.Epoch, s.Seq, epoch)
		case s.Epoch > epoch && epoch > 0:
			c.report.Takeovers++
		}
		epoch = max(epoch, s.Epoch)
	}
}

// judge looks at one job.
func (c *verdict) judge(d *docket) {
	if d.end == nil {
		if d.accepted {
			c.accuse(Lost, d.id, "it has not ended; its states are %s", phases(d.states))
		}
		c.judgeRuns(d)
		return
	}
	c.judgeStates(d)
	c.judgeRuns(d)
	end := d.end.State
	c.report.Ended[end.Phase]++
	if end.Attempt > 1 {
		c.report.Retried++
	}
	switch {
	case end.Phase == job.Done:
		c.judgeResult(d)
	case end.Error != nil:
		c.report.Failures[end.Error.Code]++
	}
}

// judgeStates looks for what was stored behind the end.
func (c *verdict) judgeStates(d *docket) {
	for _, s := range d.states {
		switch {
		case s.Seq <= d.end.Seq:
		case s.Phase.Ended():
			c.accuse(EndedTwice, d.id, "%s at %d, then %s at %d", d.end.Phase, d.end.Seq, s.Phase, s.Seq)
		default:
			c.accuse(WrittenLate, d.id, "%s at %d, then %s at %d", d.end.Phase, d.end.Seq, s.Phase, s.Seq)
		}
	}
}

// judgeRuns counts the runs that completed. One more is allowed for each that
// ComfyUI had forgotten before the next began.
func (c *verdict) judgeRuns(d *docket) {
	slices.SortFunc(d.runs, func(a, b run) int { return cmp.Compare(a.began, b.began) })
	completed := slices.DeleteFunc(slices.Clone(d.runs), func(r run) bool { return r.outcome != Succeeded })
	c.report.Completed += len(completed)
	again := false
	for i := 1; i < len(completed); i++ {
		before, after := completed[i-1], completed[i]
		if !c.forgot(before, after) {
			c.accuse(CompletedMore, d.id, "prompt %s completed, then %s, and ComfyUI had not forgotten the first", before.prompt, after.prompt)
			continue
		}
		again = true
	}
	if again {
		c.report.Forgotten = append(c.report.Forgotten, d.id)
	}
	if len(completed) > 0 && d.end != nil && d.end.Phase == job.Cancelled {
		c.report.Overtaken++
	}
}

// forgot reports that ComfyUI lost its memory of a run before another began.
func (c *verdict) forgot(before, after run) bool {
	return slices.ContainsFunc(c.losses, func(l loss) bool {
		return before.ended < l.at && l.at < after.began && (l.prompt == "" || l.prompt == before.prompt)
	})
}

// judgeResult looks at the files of a job that is done.
func (c *verdict) judgeResult(d *docket) {
	end := d.end.State
	completed := func(r run) bool { return r.prompt == end.PromptID && r.outcome == Succeeded }
	if !slices.ContainsFunc(d.runs, completed) {
		c.accuse(NeverRun, d.id, "no run of prompt %s completed", end.PromptID)
	}
	if len(end.Results) == 0 {
		c.accuse(NoFile, d.id, "it names no file")
	}
	for _, r := range end.Results {
		c.judgeFile(d.id, r)
	}
}

func (c *verdict) judgeFile(id job.ID, r job.Result) {
	f, stored := c.files[r.Name]
	switch {
	case path.Dir(r.Name) != id.String():
		c.accuse(Foreign, id, "it names %s", r.Name)
		return
	case !stored:
		c.accuse(NoFile, id, "%s is not stored", r.Name)
		return
	case f.Damage != "":
		c.accuse(Damaged, id, "%s: %s", r.Name, f.Damage)
		return
	case f.Size != r.Size || f.Digest != r.Digest:
		c.accuse(Damaged, id, "%s has %d bytes, %s, and its state says %d bytes, %s", r.Name, f.Size, f.Digest, r.Size, r.Digest)
		return
	}
	c.report.Files++
	c.judgeOrigin(id, r, f)
}

// judgeOrigin compares a result with the file that ComfyUI made, whose name
// begins with the job's id because every attempt saves under a prefix of its
// own.
func (c *verdict) judgeOrigin(id job.ID, r job.Result, f File) {
	if c.Made == nil {
		return
	}
	made, ok := c.made[r.File]
	switch {
	case !strings.HasPrefix(r.File, id.String()):
		c.accuse(Foreign, id, "ComfyUI's file %s was made for another job", r.File)
	case !ok:
		c.accuse(Damaged, id, "ComfyUI has made no file %s", r.File)
	case made.Size != f.Size || made.Digest != f.Digest:
		c.accuse(Damaged, id, "%s has %d bytes, %s, and ComfyUI made %d bytes, %s", r.Name, f.Size, f.Digest, made.Size, made.Digest)
	}
}

// judgeLeftovers looks for what should be gone when nothing moves any more.
func (c *verdict) judgeLeftovers() {
	for _, id := range c.Pending {
		c.accuse(LeftQueued, id, "NATS still holds it")
	}
	for _, prompt := range c.Inside {
		c.accuse(LeftInside, job.ID{}, "ComfyUI still holds prompt %s", prompt)
	}
	used := map[string]bool{}
	for _, d := range c.jobs {
		if d.end != nil {
			for _, r := range d.end.Results {
				used[r.Name] = true
			}
		}
	}
	for name := range c.files {
		if !used[name] {
			c.report.Orphans++
		}
	}
}

func phases(states []broker.StoredState) string {
	words := make([]string, 0, len(states))
	for _, s := range states {
		words = append(words, string(s.Phase))
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}
