package comfysim

import (
	"context"
	"time"
)

// labWork passes an image on after `steps` steps of `seconds` in all (the recorder's node).
func labWork(ctx context.Context, c *call) (*result, error) {
	steps := max(c.integer("steps"), 1)
	each := time.Duration(c.float("seconds") * float64(time.Second) / float64(steps))
	if err := c.steps(ctx, steps, each, nil); err != nil {
		return nil, err
	}
	return outputs(c.inputs.get("image"))
}

// labFail fails with an ordinary exception or out of memory (the recorder's node).
func labFail(_ context.Context, c *call) (*result, error) {
	if c.text("kind") == "oom" {
		e := outOfMemory(20)
		e.traceback = "LabFail.oom"
		return nil, e
	}
	return nil, &nodeError{kind: "RuntimeError", traceback: "LabFail.error",
		message: "Given groups=1, weight of size [320, 4, 3, 3], expected input to have 4 channels, but got 16 channels instead"}
}

func primitive(_ context.Context, c *call) (*result, error) { return outputs(c.inputs.get("value")) }
