package comfysim

import (
	"context"
	"slices"
	"strings"
)

// model stands for MODEL, CLIP and VAE alike: the names of what was loaded.
type model struct {
	checkpoint string
	loras      []string
}

// conditioning is a prompt's text.
type conditioning string

// latent is what will be painted: sampled or still empty.
type latent struct {
	width, height, batch int
	base                 pictures  // encoded pictures; none where the latent was empty
	painted              *painting // nil before sampling
}

func loadCheckpoint(ctx context.Context, c *call) (*result, error) {
	if err := c.wait(ctx, c.run.p.server.cfg.LoadTime); err != nil {
		return nil, err
	}
	m := model{checkpoint: c.text("ckpt_name")}
	return outputs(m, m, m)
}

func loadLoRA(ctx context.Context, c *call) (*result, error) {
	if err := c.wait(ctx, c.run.p.server.cfg.LoadTime/4); err != nil {
		return nil, err
	}
	m, _ := c.inputs.get("model").(model)
	m.loras = append(slices.Clone(m.loras), c.text("lora_name"))
	return outputs(m, c.inputs.get("clip"))
}

func clipSetLastLayer(_ context.Context, c *call) (*result, error) {
	return outputs(c.inputs.get("clip"))
}

func encodeText(ctx context.Context, c *call) (*result, error) {
	if err := c.wait(ctx, c.run.p.server.cfg.LoadTime/8); err != nil {
		return nil, err
	}
	return outputs(conditioning(c.text("text")))
}

func emptyLatent(_ context.Context, c *call) (*result, error) {
	return outputs(latent{width: c.integer("width"), height: c.integer("height"), batch: max(c.integer("batch_size"), 1)})
}

func encodeLatent(ctx context.Context, c *call) (*result, error) {
	p, err := c.pictures("pixels")
	if err != nil {
		return nil, err
	}
	if err := c.wait(ctx, c.run.p.server.cfg.LoadTime/4); err != nil {
		return nil, err
	}
	w, h := p.size()
	return outputs(latent{width: w, height: h, batch: len(p), base: p})
}

// sample goes through the steps and tells each, with a preview that sharpens where previews are on.
func sample(ctx context.Context, c *call) (*result, error) {
	in, ok := c.inputs.get("latent_image").(latent)
	if !ok {
		return nil, &nodeError{kind: "TypeError", message: "'NoneType' object is not subscriptable"}
	}
	m, _ := c.inputs.get("model").(model)
	prompt, _ := c.inputs.get("positive").(conditioning)
	art := &painting{
		prompt: string(prompt), seed: c.seed("seed"), model: m, steps: max(c.integer("steps"), 1),
		width: in.width, height: in.height, base: in.base, denoise: c.float("denoise"),
	}
	if len(in.base) == 0 {
		art.denoise = 1
	}
	if err := fits(in.width, in.height, in.batch); err != nil {
		return nil, err
	}
	var preview func(int) []byte
	if c.run.previews() {
		preview = func(step int) []byte { return art.preview(float64(step) / float64(art.steps)) }
	}
	if err := c.steps(ctx, art.steps, c.run.p.server.cfg.StepTime, preview); err != nil {
		return nil, err
	}
	in.painted = art
	return outputs(in)
}

// previews: the server's method, unless the prompt brings one that this version obeys.
func (r *run) previews() bool {
	method := r.p.server.cfg.PreviewMethod
	if own := r.item.extra.text("preview_method"); own != "" && own != "default" && r.p.server.traits.promptPreview {
		method = own
	}
	return strings.TrimSpace(method) != "none"
}

func decodeLatent(ctx context.Context, c *call) (*result, error) {
	in, ok := c.inputs.get("samples").(latent)
	if !ok {
		return nil, &nodeError{kind: "TypeError", message: "'NoneType' object is not subscriptable"}
	}
	if err := c.wait(ctx, c.run.p.server.cfg.LoadTime/4); err != nil {
		return nil, err
	}
	if in.painted == nil {
		if len(in.base) > 0 {
			return outputs(in.base)
		}
		if err := fits(in.width, in.height, 1); err != nil {
			return nil, err
		}
		return outputs(repeat(pictures{grey(in.width, in.height)}, in.batch))
	}
	list := make(pictures, in.batch)
	for i := range list {
		list[i] = in.painted.finished(i)
	}
	return outputs(list)
}
