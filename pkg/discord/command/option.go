package command

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/workflow"
)

// Names of the options that are no roles.
const (
	optionWorkflow = "workflow"
	optionAspect   = "aspect"
	optionImage    = "image"
	optionImage2   = "image2"
	optionImage3   = "image3"
	optionMask     = "mask"
	optionPrivate  = "private"
	optionSpoiler  = "spoiler"
	optionMore     = "more"
	optionJob      = "job"
	optionSearch   = "search"
)

// Bounds that Discord sets.
const (
	maxText  = 6000      // characters of a text option
	maxWhole = 1<<53 - 1 // of an integer or number option, either side of 0
)

// definer makes the options of a command from the workflows that it can mean.
type definer struct{ offers []workflow.Offer }

func (d definer) text(r role, description string) *discordgo.ApplicationCommandOption {
	longest := 0
	for _, o := range d.offers {
		if p, ok := r.param(o.Manifest); ok {
			longest = max(longest, p.MaxLength)
		}
	}
	return &discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionString, Name: string(r),
		Description: description, MaxLength: min(longest, maxText)}
}

// whole is an option for whole numbers.
func (d definer) whole(r role, description string) *discordgo.ApplicationCommandOption {
	o := d.number(r, description)
	o.Type = discordgo.ApplicationCommandOptionInteger
	if o.MinValue != nil {
		o.MinValue = new(math.Floor(*o.MinValue))
	}
	o.MaxValue = math.Ceil(o.MaxValue)
	return o
}

func (d definer) number(r role, description string) *discordgo.ApplicationCommandOption {
	o := &discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionNumber, Name: string(r),
		Description: description}
	low, high, some := math.Inf(1), math.Inf(-1), false
	for _, offer := range d.offers {
		if p, ok := r.param(offer.Manifest); ok {
			from, to := extent(p)
			low, high, some = min(low, from), max(high, to), true
		}
	}
	if !some {
		return o
	}
	if low >= -maxWhole {
		o.MinValue = &low
	}
	if high <= maxWhole {
		o.MaxValue = high
	}
	return o
}

// factor is a number for which the workflow's own choices are offered.
func (d definer) factor(description string) *discordgo.ApplicationCommandOption {
	o := d.number(roleFactor, description)
	o.Autocomplete = true
	return o
}

// extent is the range of a parameter; infinite where it has no bound.
func extent(p workflow.Parameter) (from, to float64) {
	from, to = math.Inf(-1), math.Inf(1)
	if p.Type == workflow.TypeChoice {
		return extentOf(p.Choices)
	}
	if f, err := p.Min.Float64(); err == nil {
		from = f
	}
	if f, err := p.Max.Float64(); err == nil {
		to = f
	}
	return from, to
}

// extentOf is from the least to the greatest number among choices.
func extentOf(choices []workflow.Choice) (from, to float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, c := range choices {
		if f, err := json.Number(c.Label).Float64(); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			from, to = min(from, f), max(to, f)
		}
	}
	if from > to {
		return math.Inf(-1), math.Inf(1)
	}
	return from, to
}

// find is an option with autocomplete.
func find(name, description string) *discordgo.ApplicationCommandOption {
	return &discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionString, Name: name,
		Description: description, Autocomplete: true}
}

// seed ends where Discord's numbers do; ComfyUI's go further.
func seed() *discordgo.ApplicationCommandOption {
	return &discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionInteger, Name: string(roleSeed),
		Description: "The same seed gives the same picture; drawn when left out. Above 2^53: more: seed=…",
		MinValue:    new(0.0), MaxValue: maxWhole}
}

func aspect() *discordgo.ApplicationCommandOption {
	o := &discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionString, Name: optionAspect,
		Description: "The shape, with as many pixels as the workflow has by itself"}
	for _, s := range shapes() {
		o.Choices = append(o.Choices, &discordgo.ApplicationCommandOptionChoice{Name: s.label(), Value: s.String()})
	}
	return o
}

func file(name, description string, required bool) *discordgo.ApplicationCommandOption {
	return &discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionAttachment, Name: name,
		Description: description, Required: required}
}

func private() *discordgo.ApplicationCommandOption {
	return &discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionBoolean, Name: optionPrivate,
		Description: "Only you see it"}
}

func spoiler() *discordgo.ApplicationCommandOption {
	return &discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionBoolean, Name: optionSpoiler,
		Description: "Hide the result until it is clicked"}
}

func more() *discordgo.ApplicationCommandOption {
	o := find(optionMore, "Whatever else the workflow takes, as key=value, key=\"a longer value\"")
	o.MaxLength = maxText
	return o
}

func jobOption(description string) *discordgo.ApplicationCommandOption {
	o := find(optionJob, description)
	o.Required, o.MaxLength = true, 100
	return o
}

// decimal writes a number as a person would.
func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
