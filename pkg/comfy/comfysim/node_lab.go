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
		return nil, &nodeError{kind: "torch.OutOfMemoryError", traceback: "LabFail.oom",
			message: "CUDA out of memory. Tried to allocate 20.00 GiB\nThis error means you ran out of memory on your GPU." +
				"\n\nTIPS: a smaller picture or batch may fit."}
	}
	return nil, &nodeError{kind: "RuntimeError", traceback: "LabFail.error",
		message: "Given groups=1, weight of size [320, 4, 3, 3], expected input to have 4 channels, but got 16 channels instead"}
}

func primitive(_ context.Context, c *call) (*result, error) { return outputs(c.inputs.get("value")) }
