package proof

import (
	"cmp"
	"fmt"
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

func (c *verdict) accuse(rule Rule, id job.ID, format string, args ...any) {
	c.report.Violations = append(c.report.Violations, Violation{Rule: rule, Job: id, What: fmt.Sprintf(format, args...)})
}

// judgeLog looks at the log as a whole: the epoch of a queue never falls, since
// the server refuses what a replaced bridge writes.
func (c *verdict) judgeLog() {
	queues := c.queues()
	epochs := map[job.Queue]uint64{}
	for _, s := range c.States {
		queue := queues[s.Job]
		epoch := epochs[queue]
		switch {
		case s.Epoch < epoch:
			c.accuse(Unfenced, s.Job, "%s of epoch %d was stored at %d, after epoch %d had begun", s.Phase, s.Epoch, s.Seq, epoch)
		case s.Epoch > epoch && epoch > 0:
			c.report.Takeovers++
		}
		epochs[queue] = max(epoch, s.Epoch)
	}
}

// queues tells the queue of each job, as far as a state names it: that it was
// queued, or its end. Jobs that move to another queue are not judged here.
func (c *verdict) queues() map[job.ID]job.Queue {
	queues := map[job.ID]job.Queue{}
	for _, s := range c.States {
		switch {
		case s.Queue != "":
			queues[s.Job] = s.Queue
		case s.Request != nil:
			queues[s.Job] = s.Request.Queue
		}
	}
	return queues
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

func phases(states []broker.StoredState) string {
	words := make([]string, 0, len(states))
	for _, s := range states {
		words = append(words, string(s.Phase))
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}
