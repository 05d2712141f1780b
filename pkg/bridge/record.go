package bridge

import (
	"math"
	"time"

	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
)

// record is what the socket told about one prompt. It is guarded by the
// tracker's mutex.
type record struct {
	prompt comfy.PromptID
	plan   *plan         // nil until a run of ours takes the record
	wake   chan struct{} // receives when the run's owner has to look; never blocks the reader

	started time.Time
	nodes   map[string]*nodeRecord
	current string // node that runs
	outputs []comfy.Output
	end     *ending
	settled time.Time // since when the history entry exists; zero before
	percent float64
	preview *comfy.Preview
	dirty   bool // something visible changed since the last report
	whole   bool // everything since its beginning was heard
	midway  bool // it was taken up while it ran: the node that runs began before
}

// nodeRecord is one node of a run.
type nodeRecord struct {
	cached, done bool
	since        time.Time // when it began
	spent        time.Duration
	value, max   float64 // steps
	base         float64 // the step from which its pace is measured, at baseAt
	baseAt       time.Time
	midway       bool    // its beginning was not heard
	fraction     float64 // the largest share seen
}

// ending is how a run ended.
type ending struct {
	at      time.Time
	outcome comfy.Outcome
	failure comfy.ExecutionError
}

func newRecord(prompt comfy.PromptID) *record {
	return &record{prompt: prompt, wake: make(chan struct{}, 1), nodes: map[string]*nodeRecord{}}
}

// poke wakes the owner; a wake-up that is already pending serves.
func (r *record) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *record) start(now time.Time) {
	if r.started.IsZero() {
		r.started, r.dirty = now, true
		r.poke()
	}
}

func (r *record) node(id string) *nodeRecord {
	n, ok := r.nodes[id]
	if !ok {
		n = &nodeRecord{}
		r.nodes[id] = n
	}
	return n
}

func (r *record) cache(ids []string) {
	for _, id := range ids {
		r.node(id).cached = true
	}
	r.dirty = true
}

// enter notes that a node runs now. Servers without node states tell the end
// of a node only by the beginning of the next.
func (r *record) enter(id string, now time.Time) {
	if r.current == id {
		return
	}
	r.leave(r.current, now)
	r.current, r.dirty = id, true
	r.begin(r.node(id), now)
}

// begin notes when a node began, as far as it was heard.
func (r *record) begin(n *nodeRecord, now time.Time) {
	if n.since.IsZero() {
		n.since, n.midway = now, r.midway
		r.midway = false
	}
}

func (r *record) leave(id string, now time.Time) {
	if id == "" {
		return
	}
	n := r.node(id)
	if !n.done && !n.since.IsZero() {
		n.spent = now.Sub(n.since)
	}
	n.done, r.dirty = true, true
}

// step notes how far a node is. Servers tell it twice, alone and among the
// states of all nodes: the second time is no news.
func (r *record) step(id string, value, most float64, now time.Time) {
	n := r.node(id)
	if n.value == value && n.max == most {
		return
	}
	if n.baseAt.IsZero() || most != n.max {
		n.base, n.baseAt = value, now
		if !n.midway && !n.since.IsZero() {
			n.base, n.baseAt = 0, n.since
		}
	}
	n.value, n.max = value, most
	if most > 0 {
		n.fraction = max(n.fraction, min(1, value/most))
	}
	r.dirty = true
}

// state takes one entry of a progress_state frame.
func (r *record) state(id string, s comfy.NodeState, now time.Time) {
	n := r.node(id)
	switch s.State {
	case "running":
		r.begin(n, now)
		if r.current == "" {
			r.current = id // a socket that was opened in the middle of the run
		}
		if s.Max > 1 {
			r.step(id, s.Value, s.Max, now)
		}
	case "finished":
		if !n.done {
			r.leave(id, now)
		}
	}
}

func (r *record) finish(e ending) {
	if r.end == nil {
		r.end = &e
		r.poke()
	}
}

// snapshot is the progress to show now. The percentage covers the nodes that
// ComfyUI did not answer from its cache, each by its expected duration, and
// never falls.
func (r *record) snapshot(now time.Time) job.Progress {
	p := job.Progress{Started: r.started, At: now, Nodes: r.counts()}
	if n, ok := r.nodes[r.current]; ok && r.current != "" {
		p.Node, p.Title = r.current, r.plan.title(r.current)
		if n.max > 1 && !n.done {
			p.Step, p.Steps = int(n.value), int(n.max)
		}
	}
	share, left, known := r.shares(now)
	// 100 is said by the end alone.
	r.percent = max(r.percent, min(99, 100*share))
	p.Percent = math.Round(10*r.percent) / 10
	if known && !r.started.IsZero() {
		p.ETA = now.Add(seconds(left))
	}
	return p
}

// shares is the part of the work that is done, 0 to 1, the seconds left, and
// whether these mean anything.
func (r *record) shares(now time.Time) (share, left float64, known bool) {
	all, done := 0.0, 0.0
	known = r.plan.learned
	for id, weight := range r.plan.weights {
		n, seen := r.nodes[id]
		switch {
		case seen && n.cached:
			continue
		case seen && n.done:
			done += weight
		case seen && !n.since.IsZero():
			done += weight * n.fraction
			rest, measured := n.rest(weight, now)
			left += rest
			known = known || measured
		default:
			left += weight
		}
		all += weight
	}
	if all == 0 {
		return 0, 0, known
	}
	return done / all, left, known
}

// rest is the seconds that a running node still needs: from its own pace where
// at least two steps of it were heard, else from what was learned.
func (n *nodeRecord) rest(weight float64, now time.Time) (left float64, measured bool) {
	if steps := n.value - n.base; n.max > 1 && steps >= 2 {
		return now.Sub(n.baseAt).Seconds() / steps * max(0, n.max-n.value), true
	}
	return max(0, weight-now.Sub(n.since).Seconds()), false
}

func (r *record) counts() job.Nodes {
	c := job.Nodes{}
	if r.plan != nil {
		c.Total = r.plan.total
	}
	for id, n := range r.nodes {
		if r.plan != nil && r.plan.weights[id] == 0 {
			continue // a node that the server made while expanding another
		}
		switch {
		case n.cached:
			c.Cached++
		case n.done:
			c.Done++
		}
	}
	return c
}

// stints are what each node took, of those that ran.
func (r *record) stints() stints {
	spent := stints{}
	for id, n := range r.nodes {
		if _, ours := r.plan.weights[id]; ours && n.done && !n.cached && n.spent > 0 {
			spent[id] = stint{spent: n.spent, steps: int(n.max)}
		}
	}
	return spent
}
