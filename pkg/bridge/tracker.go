package bridge

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
)

// strangers bounds the records of prompts that are nobody's: those of other
// clients, and ours whose id is not known yet because the server chose it.
const strangers = 32

// tracker turns the socket's events into records, one a prompt, routed by
// prompt id and by nothing else. Its handle method is the socket's sink and
// never waits. It is safe for concurrent use.
type tracker struct {
	log   *slog.Logger
	now   func() time.Time
	dirty chan struct{} // receives when a record of ours has something to report

	mu      sync.Mutex
	records map[comfy.PromptID]*record
	unowned []comfy.PromptID // oldest first
	running comfy.PromptID   // the prompt that executes, as far as told
	dropped int              // frames that belonged to no prompt
	ignored int              // prompts that turned out not to be ours
}

func newTracker(log *slog.Logger, now func() time.Time) *tracker {
	return &tracker{log: log, now: now, dirty: make(chan struct{}, 1), records: map[comfy.PromptID]*record{}}
}

// attach makes the prompt one of ours and returns its record, with all that
// was told about it before.
func (t *tracker) attach(prompt comfy.PromptID, p *plan) *record {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.records[prompt]
	if !ok {
		r = newRecord(prompt)
		t.records[prompt] = r
	}
	t.own(prompt)
	r.plan = p
	r.poke()
	return r
}

// detach lets a prompt go. Its record stays for a while among the unowned, so
// that the last frames of its run are not taken for a stranger's.
func (t *tracker) detach(prompt comfy.PromptID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r, ok := t.records[prompt]; ok {
		r.preview = nil // nobody will ask for it, and it is large
		t.own(prompt)
		t.disown(prompt)
	}
}

// disown counts a record among the unowned, of which the oldest is forgotten.
func (t *tracker) disown(prompt comfy.PromptID) {
	if len(t.unowned) == strangers {
		delete(t.records, t.unowned[0])
		t.unowned = t.unowned[1:]
	}
	t.unowned = append(t.unowned, prompt)
}

func (t *tracker) own(prompt comfy.PromptID) {
	for i, id := range t.unowned {
		if id == prompt {
			t.unowned = append(t.unowned[:i], t.unowned[i+1:]...)
			return
		}
	}
}

// handle takes one event of the socket.
func (t *tracker) handle(e comfy.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	switch e := e.(type) {
	case comfy.ExecutionStart:
		t.running = e.Prompt
		t.with(e.Prompt, func(r *record) { r.start(now); r.whole = true })
	case comfy.Cached:
		t.with(e.Prompt, func(r *record) { r.start(now); r.cache(e.Nodes) })
	case comfy.Executing:
		t.executing(e, now)
	case comfy.StepProgress:
		t.with(t.or(e.Prompt), func(r *record) { r.start(now); r.step(e.Node, e.Value, e.Max, now) })
	case comfy.NodeStates:
		t.with(e.Prompt, func(r *record) {
			r.start(now)
			for id, s := range e.Nodes {
				r.state(id, s, now)
			}
		})
	case comfy.Executed:
		t.with(e.Prompt, func(r *record) { r.outputs = append(r.outputs, e.Outputs...) })
	case comfy.Preview:
		t.with(t.or(e.Prompt), func(r *record) { r.preview, r.dirty = &e, true })
	default:
		t.ending(e, now)
	}
	t.signal()
}

func (t *tracker) executing(e comfy.Executing, now time.Time) {
	t.with(e.Prompt, func(r *record) {
		if e.Node == "" {
			r.settled = now
			r.poke()
			return
		}
		r.start(now)
		r.enter(e.Node, now)
	})
	switch {
	case e.Node != "" && e.Prompt != "":
		t.running = e.Prompt
	case e.Node == "" && t.running == e.Prompt:
		t.running = ""
	}
}

func (t *tracker) ending(e comfy.Event, now time.Time) {
	switch e := e.(type) {
	case comfy.Succeeded:
		t.with(e.Prompt, func(r *record) { r.leave(r.current, now); r.finish(ending{at: now, outcome: comfy.OutcomeSuccess}) })
	case comfy.Failed:
		t.with(e.Prompt, func(r *record) { r.finish(ending{at: now, outcome: comfy.OutcomeError, failure: e.ExecutionError}) })
	case comfy.Interrupted:
		t.with(e.Prompt, func(r *record) { r.finish(ending{at: now, outcome: comfy.OutcomeInterrupted}) })
	}
}

// or is the prompt an event names, or else the one that executes: very old
// servers and plain previews name none.
func (t *tracker) or(prompt comfy.PromptID) comfy.PromptID {
	if prompt == "" {
		return t.running
	}
	return prompt
}

// with applies f to the prompt's record.
func (t *tracker) with(prompt comfy.PromptID, f func(*record)) {
	if prompt == "" {
		t.dropped++
		return
	}
	r, ok := t.records[prompt]
	if !ok {
		r = t.stranger(prompt)
	}
	f(r)
}

// stranger makes a record for a prompt that is not known to be ours.
func (t *tracker) stranger(prompt comfy.PromptID) *record {
	t.disown(prompt)
	r := newRecord(prompt)
	t.records[prompt] = r
	t.ignored++
	t.log.LogAttrs(context.Background(), slog.LevelInfo, "another's prompt ignored", slog.String(keyPrompt, string(prompt)))
	return r
}

func (t *tracker) signal() {
	select {
	case t.dirty <- struct{}{}:
	default:
	}
}

// missed notes that frames may have been sent that nobody heard: nothing is
// replayed after a reconnect.
func (t *tracker) missed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.records {
		r.whole = r.whole && r.end != nil
	}
}

// began tells when a run that is taken up again began.
func (t *tracker) began(r *record, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.started, r.midway = at, true
}

// seen marks a prompt as running that was found so in ComfyUI's queue, since
// nothing is replayed after a reconnect.
func (t *tracker) seen(r *record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.start(t.now())
	t.signal()
}

// leaving reports whether a prompt that was still in ComfyUI's queue, when that
// was asked for, is one whose end was told just before: the queue lets go of it
// only then. A queue that holds it for longer has been given it once more.
func (t *tracker) leaving(prompt comfy.PromptID, asked time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.records[prompt]
	return ok && r.end != nil && asked.Sub(r.end.at) < historyWithin && (r.settled.IsZero() || r.settled.After(asked))
}

// unused counts what could not be routed.
func (t *tracker) unused() frames {
	t.mu.Lock()
	defer t.mu.Unlock()
	return frames{Unrouted: t.dropped, Strangers: t.ignored}
}

// view is what a run's owner needs to know of its record.
type view struct {
	started time.Time
	end     *ending
	settled bool
	whole   bool
	outputs []comfy.Output
	counts  job.Nodes
}

func (t *tracker) view(r *record) view {
	t.mu.Lock()
	defer t.mu.Unlock()
	return view{
		started: r.started, end: r.end, settled: !r.settled.IsZero(), whole: r.whole,
		outputs: slices.Clone(r.outputs), counts: r.counts(),
	}
}

// stints are what each node of the run took.
func (t *tracker) stints(r *record) stints {
	t.mu.Lock()
	defer t.mu.Unlock()
	return r.stints()
}

// left is the seconds until the run should end; false when nothing is known.
func (t *tracker) left(r *record) (float64, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, left, known := r.shares(t.now())
	return left, known
}

// report takes what is new of a run: its progress, and its preview when there
// is a new one. False when nothing is.
func (t *tracker) report(r *record) (job.Progress, *comfy.Preview, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !r.dirty || r.started.IsZero() || r.end != nil {
		return job.Progress{}, nil, false
	}
	preview := r.preview
	r.dirty, r.preview = false, nil
	return r.snapshot(t.now()), preview, true
}
