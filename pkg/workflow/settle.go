package workflow

import (
	"cmp"
	"encoding/json"
)

// sources are the short names that choices_from understands.
func sources() map[string]string {
	return map[string]string{
		"checkpoints":    "CheckpointLoaderSimple.ckpt_name",
		"loras":          "LoraLoader.lora_name",
		"vaes":           "VAELoader.vae_name",
		"diffusion":      "UNETLoader.unet_name",
		"text_encoders":  "CLIPLoader.clip_name",
		"controlnets":    "ControlNetLoader.control_net_name",
		"upscale_models": "UpscaleModelLoader.model_name",
		"samplers":       "KSampler.sampler_name",
		"schedulers":     "KSampler.scheduler",
	}
}

// settled fills what follows from the other fields, so that the rest of the
// package sees one form only.
func (m Manifest) settled() Manifest {
	m.Title = cmp.Or(m.Title, m.Name)
	for i, p := range m.Parameters {
		m.Parameters[i] = p.settled()
	}
	return m
}

func (p Parameter) settled() Parameter {
	p.Title = cmp.Or(p.Title, p.Name)
	if source, ok := sources()[p.From]; ok {
		p.From = source
	}
	switch p.Type {
	case TypeString:
		p.MaxLength = cmp.Or(p.MaxLength, defaultLine)
	case TypeText:
		p.MaxLength = cmp.Or(p.MaxLength, defaultText)
	}
	p.Open = p.Type == TypeChoice && len(p.Choices) == 0 // until a server says
	p.Min, p.Max, p.Step = settledNumber(p.Min), settledNumber(p.Max), settledNumber(p.Step)
	return p
}

// settledNumber is the canonical form, or the text as it is for lint to find.
func settledNumber(n json.Number) json.Number {
	if c, ok := canonicalFloat(n.String()); ok {
		return c
	}
	return n
}
