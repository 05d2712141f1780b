package comfysim

import (
	"context"
	"time"
)

// tell sends an event to the client of the run; to everybody where the prompt names none.
func (r *run) tell(ctx context.Context, event string, data *object) error {
	if err := r.p.server.pause(ctx, 0); err != nil {
		return err
	}
	r.p.hub.send(ctx, r.item.clientID(), event, data)
	return nil
}

// note tells an event that history keeps as well. Without a client only an interruption is told.
func (r *run) note(ctx context.Context, event string, data *object) error {
	data.set("timestamp", time.Now().UnixMilli())
	r.entry.messages = append(r.entry.messages, message{event, data})
	if r.item.clientID() == "" && event != "execution_interrupted" {
		return nil
	}
	return r.tell(ctx, event, data)
}

func (r *run) tellProgress(ctx context.Context) error {
	if r.p.server.faults.on(func(f *Faults) bool { return f.NoProgressState }) {
		return nil
	}
	return r.tell(ctx, "progress_state", r.progress.object())
}

// tellExecuted reports what an output node made, and keeps it for history.
func (r *run) tellExecuted(ctx context.Context, id string, res *result) error {
	if res.ui == nil {
		return nil
	}
	r.entry.outputs.set(id, res.ui)
	r.entry.meta.set(id, obj("node_id", id, "display_node", id, "parent_node", nil, "real_node_id", id))
	if r.item.clientID() == "" {
		return nil
	}
	return r.tell(ctx, "executed", obj("node", id, "display_node", id, "output", res.ui, "prompt_id", r.item.id))
}

// tellStep reports a step of a node, with a preview (a JPEG) where there is one. A client that announced it gets
// the preview with metadata and before `progress`, another one bare and after it.
func (r *run) tellStep(ctx context.Context, id string, value, limit int, preview []byte) error {
	r.progress.update(id, value, limit)
	if err := r.tellProgress(ctx); err != nil {
		return err
	}
	metadata := r.p.hub.wantsMetadata(r.item.clientID())
	if preview != nil && metadata {
		if err := r.tellBinary(ctx, previewWithMetadata(id, r.item.id, preview)); err != nil {
			return err
		}
	}
	step := obj("value", value, "max", limit, "prompt_id", r.item.id, "node", id)
	if r.p.server.faults.on(func(f *Faults) bool { return f.NoProgressPromptID }) {
		step = obj("value", value, "max", limit, "node", id)
	}
	if err := r.tell(ctx, "progress", step); err != nil {
		return err
	}
	if preview != nil && !metadata {
		return r.tellBinary(ctx, plainPreview(preview))
	}
	return nil
}

func (r *run) tellBinary(ctx context.Context, data []byte) error {
	if err := r.p.server.pause(ctx, 0); err != nil {
		return err
	}
	r.p.hub.queue(ctx, frame{to: r.item.clientID(), binary: true, data: data})
	return nil
}
