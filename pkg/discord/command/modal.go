package command

import (
	"cmp"
	"strings"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/workflow"
)

// Bounds of a modal.
const (
	maxTitle       = 45 // of the modal, and of an input's label
	maxDescription = 100
	maxInput       = 4000 // characters of an input
	maxNumbers     = 200  // of one that holds numbers or a name
)

// Modal asks for up to five of the values of an order, pre-filled with what it
// has; false where its workflow has nothing to ask for: order it as it is.
// typed is what a former modal held when it could not be read, else nil. The
// verb of id gives the title; of Edit and Animate, its Arg becomes the workflow,
// so that the submission is read for the same one (Source.Workflow).
func (m Menu) Modal(id card.ID, a Ask, typed Entry) (api.Modal, bool) {
	o, ok := m.Catalog.Find(a.Workflow)
	if !ok {
		return api.Modal{}, false
	}
	if id.Verb == card.Edit || id.Verb == card.Animate {
		id.Arg = o.Name
	}
	return form(id, heading(id.Verb)+cmp.Or(o.Title, o.Name), slots(o.Manifest), a.Raw, typed)
}

func heading(v card.Verb) string {
	switch v {
	case card.Redo:
		return "Redo with changes · "
	case card.Edit:
		return "Edit · "
	case card.Animate:
		return "Animate · "
	case card.Upscale:
		return "Upscale · "
	}
	return ""
}

// form draws the slots.
func form(id card.ID, heading string, slots []slot, raw map[string]string, typed Entry) (api.Modal, bool) {
	modal := api.Modal{ID: id.String(), Title: clip(heading, maxTitle)}
	for _, s := range slots {
		l := s.draw(raw)
		if input, ok := l.Component.(discordgo.TextInput); ok {
			if was, again := typed[input.CustomID]; again && units(was) <= maxInput {
				input.Value = was
			}
			l.Component = input
		}
		modal.Components = append(modal.Components, l)
	}
	return modal, len(modal.Components) > 0
}

// draw is the input with its label.
func (s slot) draw(raw map[string]string) discordgo.Label {
	var values, ranges []string
	for _, p := range s.params {
		values = append(values, shownValue(p, raw))
		ranges = append(ranges, allowed(p))
	}
	input := discordgo.TextInput{CustomID: s.id(), Style: discordgo.TextInputShort, Required: new(false), MaxLength: maxNumbers}
	switch s.kind {
	case sizeValues:
		input.Value = strings.Trim(strings.Join(values, "x"), "x")
		return label("Size", "Width x height, or a shape such as 16:9", input)
	case someValues:
		input.Value = strings.Join(values, " / ")
		return label(titles(s.params), strings.Join(ranges, " / "), input)
	case pairs:
		return s.drawPairs(raw, input)
	}
	return drawOne(s.params[0], values[0], input)
}

// drawOne draws the input of one parameter.
func drawOne(p workflow.Parameter, value string, input discordgo.TextInput) discordgo.Label {
	if p.Type == workflow.TypeText || p.Type == workflow.TypeString {
		input.MaxLength = min(max(p.MaxLength, 1), maxInput)
		if p.Type == workflow.TypeText {
			input.Style = discordgo.TextInputParagraph
		}
		needed := p.Required && p.Default.IsZero()
		input.Required = &needed
	}
	if input.Value = value; units(value) > input.MaxLength {
		input.Value, input.Required = "", new(false)
		input.Placeholder = "Leave it empty to keep the text as it is: it is too long to be shown here"
	}
	words := allowed(p)
	if p.Type == workflow.TypeSeed {
		words = "Empty draws a new one; the same seed gives the same picture"
	}
	return label(title(p), cmp.Or(words, p.Help), input)
}

// drawPairs draws the input of all that has none of its own.
func (s slot) drawPairs(raw map[string]string, input discordgo.TextInput) discordgo.Label {
	given := map[string]string{}
	var names []string
	for _, p := range s.params {
		names = append(names, p.Name)
		if v, ok := raw[p.Name]; ok {
			given[p.Name] = v
		}
	}
	input.Style, input.MaxLength, input.Value = discordgo.TextInputParagraph, maxInput, FormatMore(given)
	if units(input.Value) > maxInput {
		input.CustomID, input.Value = addedPairs+":", ""
	}
	example := append(usual(s.params[0]), "…")[0]
	input.Placeholder = clip(pair(names[0], example), maxDescription)
	return label("More", "key=value, one a line: "+list(names, 20), input)
}

func label(title, description string, input discordgo.TextInput) discordgo.Label {
	return discordgo.Label{Label: clip(title, maxTitle), Description: clip(description, maxDescription), Component: input}
}

// allowed says in a few words what a parameter may be; "" where that is any
// text.
func allowed(p workflow.Parameter) string {
	switch p.Type {
	case workflow.TypeInteger, workflow.TypeFloat:
		switch {
		case p.Min != "" && p.Max != "":
			return p.Min.String() + " to " + p.Max.String()
		case p.Min != "":
			return "from " + p.Min.String()
		case p.Max != "":
			return "up to " + p.Max.String()
		}
		return "a number"
	case workflow.TypeBool:
		return "yes or no"
	case workflow.TypeChoice:
		var labels []string
		for _, c := range p.Choices {
			labels = append(labels, c.Label)
		}
		if len(labels) == 0 {
			return "what the server has"
		}
		return strings.Join(first(labels, 8), ", ")
	}
	return ""
}
