package comfysim

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// call is the execution of one node: its inputs with the links resolved.
type call struct {
	run    *run
	id     string
	inputs *object
}

// node executes one class.
type node func(ctx context.Context, c *call) (*result, error)

// nodeError is an exception in a node, as execution_error reports it.
type nodeError struct {
	kind      string // Python's name of the exception
	message   string
	traceback string // key of the recorded call path; the class name where empty
	inputs    *object
}

// Error is Python's way to print it.
func (e *nodeError) Error() string { return e.kind + ": " + e.message }

func asNodeError(err error) *nodeError {
	if e, ok := errors.AsType[*nodeError](err); ok {
		return e
	}
	return &nodeError{kind: "RuntimeError", message: err.Error(), inputs: obj()}
}

// failedInputs adds the inputs, formatted as ComfyUI reports them, to a node's error.
func failedInputs(err error, c *call) error {
	if err == nil || errors.Is(err, errInterrupted) {
		return err
	}
	e := asNodeError(err)
	e.inputs = obj()
	for _, name := range c.inputs.keys {
		e.inputs.set(name, []any{formatInput(c.inputs.get(name))})
	}
	return e
}

func formatInput(v any) any {
	switch v := v.(type) {
	case nil, string, bool, json.Number, pyFloat:
		return v
	case pictures:
		return v.tensor()
	case []any, *object:
		return pyRepr(v)
	}
	return "<object>"
}

func outputs(values ...any) (*result, error) { return &result{outputs: values}, nil }

func (c *call) text(name string) string { return c.inputs.text(name) }

func (c *call) integer(name string) int {
	n, _ := c.inputs.get(name).(json.Number)
	i, err := strconv.Atoi(n.String())
	if err != nil {
		return 0
	}
	return i
}

// seed is a seed of up to 64 bits, without a sign.
func (c *call) seed(name string) uint64 {
	n, _ := c.inputs.get(name).(json.Number)
	i, _ := strconv.ParseUint(n.String(), 10, 64)
	return i
}

func (c *call) float(name string) float64 {
	f, _ := c.inputs.get(name).(pyFloat)
	return float64(f)
}

func (c *call) pictures(name string) (pictures, error) {
	p, ok := c.inputs.get(name).(pictures)
	if !ok || len(p) == 0 {
		return nil, &nodeError{kind: "AttributeError", message: "'NoneType' object has no attribute 'shape'"}
	}
	return p, nil
}

// wait lets d pass; the node does nothing meanwhile and hears nothing.
func (c *call) wait(ctx context.Context, d time.Duration) error {
	return c.run.p.server.pause(ctx, d)
}

// interrupted ends the node where someone asked to stop the run.
func (c *call) interrupted() error {
	if c.run.p.interrupt.CompareAndSwap(true, false) {
		return errInterrupted
	}
	return nil
}

// steps lets n steps of d pass, and tells of them; an interruption takes effect between them. preview may be nil.
func (c *call) steps(ctx context.Context, n int, d time.Duration, preview func(step int) []byte) error {
	stride := c.run.p.server.cfg.Stride
	if preview != nil {
		stride = 1
	}
	for step := 0; step < n; {
		next := min(step+stride-step%stride, n)
		if step == 0 {
			next = 1
		}
		if err := c.wait(ctx, time.Duration(next-step)*d); err != nil {
			return err
		}
		if err := c.interrupted(); err != nil {
			return err
		}
		var jpeg []byte
		if preview != nil {
			jpeg = preview(next)
		}
		if err := c.run.tellStep(ctx, c.id, next, n, jpeg); err != nil {
			return err
		}
		if err := c.run.strike(ctx); err != nil {
			return err
		}
		step = next
	}
	return nil
}

func (c *call) custom(fn OutputNode) (*result, error) {
	out, err := fn(c.run.p.server.disk.folder("output"))
	if err != nil {
		return nil, failedInputs(err, c)
	}
	v, err := decode(encode(out))
	if err != nil {
		return nil, failedInputs(err, c)
	}
	ui, _ := v.(*object)
	return &result{ui: ui}, nil
}
