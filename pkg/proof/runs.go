package proof

import (
	"cmp"
	"slices"

	"discomfy/pkg/job"
)

// run is a run of ComfyUI's log; began and ended are places in it.
type run struct {
	prompt       string
	server       string
	began, ended int
	outcome      string
}

// loss is a place in ComfyUI's log where it forgot a prompt, or all of them.
type loss struct {
	at     int
	server string
	prompt string // "" for all
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
			c.losses = append(c.losses, loss{i, event.Server, event.Prompt})
			c.report.Losses++
		case Queued:
			c.report.Prompts++
		case Started:
			if event.Job.IsZero() {
				continue // somebody else's
			}
			keep(event.Prompt)
			open[event.Prompt] = &run{prompt: event.Prompt, server: event.Server, began: i, ended: len(c.Runs)}
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

// forgot reports that a server lost its memory of a run before another began
// there. What another server did is known to nobody there.
func (c *verdict) forgot(before, after run) bool {
	return slices.ContainsFunc(c.losses, func(l loss) bool {
		return before.server == after.server && l.server == before.server && before.ended < l.at && l.at < after.began && (l.prompt == "" || l.prompt == before.prompt)
	})
}
