package comfysim

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"math"
	"time"
)

// Config says which server to imitate and how fast. The zero value is a complete one.
type Config struct {
	// Version is one of the recorded ones: 0.3.64, 0.8.0 or 0.33.0 (the default).
	Version string
	// Speed divides every duration of a node; 1 is as in reality, larger is faster.
	Speed float64
	// StepTime is the time of one sampler step, 150 ms unless set.
	StepTime time.Duration
	// Stride is how many steps without a preview pass at once, with one message; 1 unless set. A node's first and
	// last steps are told in any case.
	Stride int
	// LoadTime is the time to load a checkpoint, 400 ms unless set. Encoding, decoding and a LoRA take fractions.
	LoadTime time.Duration
	// PreviewMethod is the server's --preview-method: none (the default), auto, latent2rgb or taesd.
	PreviewMethod string
	// Checkpoints and LoRAs are the model files offered: tiny.safetensors and tiny_lora.safetensors where nil.
	// An empty slice that is not nil offers none.
	Checkpoints, LoRAs []string
	// Nodes are further output node classes by name, as if a custom node pack were installed.
	Nodes map[string]OutputNode
	// Dir holds the folders input, output and temp; a temporary one, removed when Run ends, unless set.
	Dir string
	// Faults are switched on from the start.
	Faults Faults
	// RunLog gets a line of JSON, an Event, for each thing that happened, in one Write each and in order. It outlives
	// the server: what is judged by it may have been killed.
	RunLog io.Writer
	// Log gets what ComfyUI would print. Nothing is logged where nil.
	Log *slog.Logger
}

// OutputNode is a custom output node without inputs that matter: it writes files below dir, the server's output
// folder, and returns what ComfyUI would report under "output", for instance
// {"gifs": [{"filename": "a.mp4", "subfolder": "", "type": "output"}]}.
type OutputNode func(dir string) (map[string]any, error)

func (c Config) withDefaults() (Config, error) {
	c.Version = cmp.Or(c.Version, "0.33.0")
	c.StepTime = cmp.Or(c.StepTime, 150*time.Millisecond)
	c.Stride = max(c.Stride, 1)
	c.LoadTime = cmp.Or(c.LoadTime, 400*time.Millisecond)
	c.PreviewMethod = cmp.Or(c.PreviewMethod, "none")
	if c.Checkpoints == nil {
		c.Checkpoints = []string{"tiny.safetensors"}
	}
	if c.LoRAs == nil {
		c.LoRAs = []string{"tiny_lora.safetensors"}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Speed == 0 {
		c.Speed = 1
	}
	if c.Speed < 0 || math.IsNaN(c.Speed) || math.IsInf(c.Speed, 0) {
		return c, fmt.Errorf("speed %v: want a positive number", c.Speed)
	}
	switch c.PreviewMethod {
	case "none", "auto", "latent2rgb", "taesd":
	default:
		return c, fmt.Errorf("preview method %q: want none, auto, latent2rgb or taesd", c.PreviewMethod)
	}
	return c, nil
}
