package command

import (
	"slices"
	"strings"

	"discomfy/pkg/workflow"
)

// role is what an option means, whatever the workflow calls it. Its text is
// the option's name.
type role string

const (
	rolePrompt       role = "prompt"
	roleNegative     role = "negative"
	roleModel        role = "model"
	roleLora         role = "lora"
	roleLoraStrength role = "lora_strength"
	roleWidth        role = "width"
	roleHeight       role = "height"
	roleSteps        role = "steps"
	roleCfg          role = "cfg"
	roleSeed         role = "seed"
	roleBatch        role = "batch"
	roleStrength     role = "strength"
	roleFrames       role = "frames"
	roleFPS          role = "fps"
	roleFactor       role = "factor"
)

// synonyms are the names by which manifests call a role, the first that a
// manifest has is meant. This is the one table of the convention.
func (r role) synonyms() []string {
	switch r {
	case rolePrompt:
		return []string{"prompt", "positive", "positive_prompt", "text", "instruction"}
	case roleNegative:
		return []string{"negative", "negative_prompt", "neg"}
	case roleModel:
		return []string{"model", "checkpoint", "ckpt", "unet", "diffusion_model", "diffusion", "base_model", "model_name", "upscale_model"}
	case roleLora:
		return []string{"lora", "lora_name"}
	case roleLoraStrength:
		return []string{"lora_strength", "lora_weight", "lora_scale"}
	case roleWidth:
		return []string{"width"}
	case roleHeight:
		return []string{"height"}
	case roleSteps:
		return []string{"steps", "sampling_steps"}
	case roleCfg:
		return []string{"cfg", "cfg_scale", "guidance", "guidance_scale"}
	case roleSeed:
		return []string{"seed", "noise_seed"}
	case roleBatch:
		return []string{"batch", "batch_size", "count", "images"}
	case roleStrength:
		return []string{"strength", "denoise", "denoising_strength"}
	case roleFrames:
		return []string{"frames", "length", "num_frames", "frame_count"}
	case roleFPS:
		return []string{"fps", "frame_rate"}
	case roleFactor:
		return []string{"factor", "scale", "scale_by", "upscale_by", "upscale_factor"}
	}
	return nil
}

// fits reports whether a parameter of this type can be the role's.
func (r role) fits(t workflow.Type) bool {
	switch r {
	case rolePrompt, roleNegative:
		return t == workflow.TypeText || t == workflow.TypeString
	case roleModel, roleLora:
		return t == workflow.TypeChoice
	case roleSeed:
		return t == workflow.TypeSeed || t == workflow.TypeInteger
	}
	return t == workflow.TypeInteger || t == workflow.TypeFloat || t == workflow.TypeChoice
}

// input is the node input by whose list of choices a parameter is known as the
// role's where no name says so.
func (r role) input(from string) bool {
	_, in, _ := strings.Cut(from, ".")
	switch r {
	case roleModel:
		return in == "ckpt_name" || in == "unet_name"
	case roleLora:
		return in == "lora_name"
	}
	return false
}

// param is the parameter of m that the role means.
func (r role) param(m workflow.Manifest) (workflow.Parameter, bool) {
	for _, name := range r.synonyms() {
		if p, ok := m.Parameter(name); ok && r.fits(p.Type) {
			return p, true
		}
	}
	i := slices.IndexFunc(m.Parameters, func(p workflow.Parameter) bool { return r.fits(p.Type) && r.input(p.From) })
	if i < 0 {
		return workflow.Parameter{}, false
	}
	return m.Parameters[i], true
}

// roles are all of them, in the order in which people are told of them.
func roles() []role {
	return []role{rolePrompt, roleNegative, roleModel, roleLora, roleLoraStrength, roleWidth, roleHeight, roleSteps,
		roleCfg, roleSeed, roleBatch, roleStrength, roleFrames, roleFPS, roleFactor}
}

// isMask reports whether a picture parameter takes a mask.
func isMask(p workflow.Parameter) bool { return p.Type == workflow.TypePicture && namesMask(p.Name) }

func namesMask(param string) bool { return param == "mask" || strings.HasSuffix(param, "_mask") }

// IsMask reports whether the picture is a mask for a parameter of its own.
func (p Picture) IsMask() bool { return namesMask(p.Param) }

// pictures are the picture parameters that are no masks, in their order.
func pictures(m workflow.Manifest) []workflow.Parameter {
	return slices.DeleteFunc(m.Pictures(), isMask)
}

// mask is the parameter that takes the mask.
func mask(m workflow.Manifest) (workflow.Parameter, bool) {
	ps := slices.DeleteFunc(m.Pictures(), func(p workflow.Parameter) bool { return !isMask(p) })
	if len(ps) == 0 {
		return workflow.Parameter{}, false
	}
	return ps[0], true
}
