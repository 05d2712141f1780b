package proof

import (
	"time"

	"discomfy/pkg/job"
)

// keepsWithin is how long a replica has to be awake until it has kept the
// promise of another one that died: what was promised is taken for left behind
// after some twenty seconds, and whoever goes on with it may die too.
const keepsWithin = 80 * time.Second

// tokenLife is how long an answer can be given.
const tokenLife = 15 * time.Minute

// judgePromises looks for answers that were to come, and of which nothing came
// though a replica was awake long enough. It need not have heard of them.
func (c *hearing) judgePromises() {
	for n := range c.Messages {
		m := &c.Messages[n]
		o := c.ownerOf[m.ID]
		if m.Author != c.bot || !m.Deleted.IsZero() || !m.last().Thinking || o != nil && o.end != nil {
			continue
		}
		if i := c.byID[m.Interaction]; i == nil || !c.keeper(i.Acked, c.Ended) {
			c.report.Forsaken++
			continue
		}
		c.accuse(Abandoned, job.ID{}, "message %s for %s, of interaction %s", m.ID, m.Asker, m.Interaction)
	}
}

// keeper reports whether a replica was awake for long enough to keep a promise
// of that time, while it could be kept.
func (c *hearing) keeper(since, end time.Time) bool {
	if dies := since.Add(tokenLife); dies.Before(end) {
		end = dies
	}
	for _, spans := range c.Awake {
		for _, s := range spans {
			from, to := s.From, s.To
			if from.Before(since) {
				from = since
			}
			if to.IsZero() || to.After(end) {
				to = end
			}
			if to.Sub(from) >= keepsWithin {
				return true
			}
		}
	}
	return false
}
