package comfysim

import "context"

// strike is where a run meets its faults: after the first step of a node that has steps, else before an output
// node. A run is struck once.
func (r *run) strike(ctx context.Context) error {
	if r.struck {
		return nil
	}
	b := r.p.server.faults
	if b.take(func(f *Faults) *int { return &f.HangNext }) {
		r.struck = true
		r.p.server.runs.note(Event{Kind: EventHang, PromptID: r.item.id})
		return b.hang(ctx)
	}
	if b.take(func(f *Faults) *int { return &f.OOMNext }) || b.on(func(f *Faults) bool { return f.OOMUntilFree }) {
		r.struck = true
		e := outOfMemory(20)
		e.traceback = "LabFail.oom"
		return e
	}
	if b.take(func(f *Faults) *int { return &f.NodeErrorNext }) {
		r.struck = true
		return &nodeError{kind: "RuntimeError", traceback: "LabFail.error", message: "mat1 and mat2 shapes cannot be multiplied (77x2048 and 768x320)"}
	}
	return nil
}

// hang waits for a release; the interrupt that comes meanwhile takes effect after it.
func (b *faultBox) hang(ctx context.Context) error {
	b.mu.Lock()
	released := b.release
	b.hanging++
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.hanging--
	}()
	select {
	case <-released:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Release lets the node that hangs go on, and returns 1 where there is one.
func (s *Server) Release() int {
	b := s.faults
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.release)
	b.release = make(chan struct{})
	return b.hanging
}
