package comfysim

import (
	"context"
	"errors"
	"slices"
	"time"
)

// errInterrupted is returned by a node that noticed an interrupt.
var errInterrupted = errors.New("processing interrupted")

// run executes one prompt.
type run struct {
	p        *process
	item     *item
	record   *Run
	entry    *entry
	progress *progress
	sigs     map[string]string
	plan     *plan
	executed []string // finished in this run, not from the cache
	struck   bool     // by a fault
}

func newRun(p *process, it *item) *run {
	r := &run{
		p: p, item: it, record: p.server.runs.start(it), progress: &progress{promptID: it.id},
		entry: &entry{item: it, outputs: obj(), meta: obj(), status: "error"},
	}
	r.sigs = p.signatures(it.prompt)
	p.cache.keep(it.prompt, r.sigs)
	r.plan = newPlan(it.prompt, it.outputs, r.isOutput, func(id string) bool { return r.cached(id) != nil })
	return r
}

func (r *run) isOutput(id string) bool { return r.class(id).outputNode }

func (r *run) class(id string) *class {
	return r.p.server.catalog.classes[r.item.prompt.child(id).text("class_type")]
}

func (r *run) cached(id string) *result { return r.p.cache.results[r.sigs[id]] }

// execute runs the prompt to its end and tells about it. An error means that ctx ended before.
func (r *run) execute(ctx context.Context) error {
	defer r.p.setExecuting("", "")
	r.p.interrupt.Store(false)
	outcome, err := r.executeNodes(ctx)
	if err != nil {
		outcome = Lost
	}
	r.p.server.runs.end(r.record, outcome)
	if err != nil {
		return err
	}
	return r.conclude(ctx)
}

// lateHistory is how long history lags behind the end that was told. A real server's lag is as long as its
// threads need; readers that trust execution_success met it in 3, 92 and 24 of 200 runs of the recorded versions.
const lateHistory = time.Millisecond

// conclude writes history, after the end was told, then the queue's new length, then `executing` null.
func (r *run) conclude(ctx context.Context) error {
	if err := r.p.server.pause(ctx, lateHistory); err != nil {
		return err
	}
	if err := sleep(ctx, time.Duration(r.p.server.faults.get().HistoryDelay)); err != nil {
		return err
	}
	if r.p.server.faults.take(func(f *Faults) *int { return &f.NoHistoryNext }) {
		r.p.forget(r.item.id)
	} else {
		r.p.history.store(r.entry)
	}
	r.p.queue.done()
	if err := r.p.server.pause(ctx, 0); err != nil {
		return err
	}
	r.p.broadcastStatus(ctx)
	if r.item.clientID() == "" {
		return nil
	}
	return r.tell(ctx, "executing", obj("node", nil, "prompt_id", r.item.id))
}

func (r *run) executeNodes(ctx context.Context) (Outcome, error) {
	if err := r.begin(ctx); err != nil {
		return "", err
	}
	for id := r.plan.next(); id != ""; id = r.plan.next() {
		err := r.node(ctx, id)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			return r.fail(ctx, id, err)
		}
		r.plan.finish(id)
	}
	r.entry.status, r.entry.complete = "success", true
	return Success, r.note(ctx, "execution_success", obj("prompt_id", r.item.id))
}

func (r *run) begin(ctx context.Context) error {
	if err := r.note(ctx, "execution_start", obj("prompt_id", r.item.id)); err != nil {
		return err
	}
	cached := []any{}
	for _, id := range r.item.prompt.keys {
		if r.cached(id) != nil {
			cached = append(cached, id)
			r.p.server.runs.addCached(r.record, id)
		}
	}
	return r.note(ctx, "execution_cached", obj("nodes", cached, "prompt_id", r.item.id))
}

// node executes one node, or answers it from the cache.
func (r *run) node(ctx context.Context, id string) error {
	if res := r.cached(id); res != nil {
		if err := r.tellExecuted(ctx, id, res); err != nil {
			return err
		}
		r.progress.finish(id)
		return r.tellProgress(ctx)
	}
	r.progress.start(id)
	r.p.setExecuting(id, r.item.clientID())
	if err := r.tellProgress(ctx); err != nil {
		return err
	}
	if r.item.clientID() != "" {
		if err := r.tell(ctx, "executing", obj("node", id, "display_node", id, "prompt_id", r.item.id)); err != nil {
			return err
		}
	}
	res, err := r.compute(ctx, id)
	if err != nil {
		return err
	}
	r.p.cache.results[r.sigs[id]] = res
	r.executed = append(r.executed, id)
	if err := r.tellExecuted(ctx, id, res); err != nil {
		return err
	}
	r.progress.finish(id)
	return r.tellProgress(ctx)
}

func (r *run) compute(ctx context.Context, id string) (*result, error) {
	if r.p.interrupt.CompareAndSwap(true, false) {
		return nil, errInterrupted
	}
	c := &call{run: r, id: id, inputs: obj()}
	if inputs := r.item.prompt.child(id).child("inputs"); inputs != nil {
		for _, name := range inputs.keys {
			c.inputs.set(name, r.resolve(inputs.get(name)))
		}
	}
	class := r.class(id)
	if class.outputNode {
		if err := r.strike(ctx); err != nil {
			return nil, failedInputs(err, c)
		}
	}
	if fn := r.p.server.cfg.Nodes[class.name]; fn != nil {
		return c.custom(fn)
	}
	fn := nodeFunc(class.name)
	if fn == nil {
		return nil, &nodeError{kind: "NotImplementedError", message: "this fake does not execute " + class.name}
	}
	res, err := fn(ctx, c)
	return res, failedInputs(err, c)
}

// resolve replaces a link by what the linked node produced.
func (r *run) resolve(value any) any {
	link, ok := value.([]any)
	if !ok {
		return value
	}
	from, slot, _ := parseLink(link)
	res := r.cached(from)
	if res == nil || slot >= len(res.outputs) {
		return nil
	}
	return res.outputs[slot]
}

// fail tells how the run ended early and keeps it for history.
func (r *run) fail(ctx context.Context, id string, cause error) (Outcome, error) {
	about := obj("prompt_id", r.item.id, "node_id", id, "node_type", r.class(id).name, "executed", anys(r.executed))
	if errors.Is(cause, errInterrupted) {
		return Interrupted, r.note(ctx, "execution_interrupted", about)
	}
	e := asNodeError(cause)
	outputs := slices.Clone(r.item.prompt.keys)
	slices.Reverse(outputs)
	key := e.traceback
	if key == "" {
		key = r.class(id).name
	}
	return Failed, r.note(ctx, "execution_error", about.with("exception_message", e.message+"\n", "exception_type", e.kind,
		"traceback", r.p.server.catalog.traceback(key), "current_inputs", e.inputs, "current_outputs", anys(outputs)))
}
