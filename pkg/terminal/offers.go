package terminal

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"discomfy/pkg/workflow"
)

// maxChoices bounds how many choices of a parameter a list names.
const maxChoices = 8

// WriteOffers lists workflows, a line each, and below it why one cannot be
// used.
func WriteOffers(w io.Writer, offers []workflow.Offer) error {
	var b strings.Builder
	wide := 4
	for _, o := range offers {
		wide = max(wide, ansi.StringWidth(Clean(o.Name)))
	}
	for _, o := range offers {
		line := fmt.Sprintf("%s  %-7s  %s", pad(Clean(o.Name), wide), o.Kind, summary(o.Manifest))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		for _, p := range o.Problems {
			fmt.Fprintf(&b, "%*s  cannot be used: %s\n", wide, "", Clean(p.Text))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// summary is what the workflow takes, with required parameters first.
func summary(m workflow.Manifest) string {
	words := Clean(m.Title)
	var required, optional []string
	for _, p := range m.Parameters {
		name := Clean(p.Name)
		if p.Type == workflow.TypePicture {
			name = "--image " + name + "=PATH"
		} else if p.Required {
			name += "=…"
		}
		if p.Required {
			required = append(required, name)
		} else {
			optional = append(optional, name)
		}
	}
	if takes := strings.Join(required, " "); takes != "" {
		words += "  " + takes
	}
	if len(optional) > 0 {
		words += "  [" + strings.Join(optional, " ") + "]"
	}
	return strings.TrimSpace(words)
}

// WriteOffer tells all that a person needs to order one workflow.
func WriteOffer(w io.Writer, o workflow.Offer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", Clean(o.Name), Clean(o.Title))
	if o.Description != "" {
		fmt.Fprintf(&b, "%s\n", ansi.Wrap(Clean(o.Description), 96, ""))
	}
	for _, p := range o.Problems {
		fmt.Fprintf(&b, "cannot be used: %s\n", Clean(p.String()))
	}
	wide := 0
	for _, p := range o.Parameters {
		wide = max(wide, ansi.StringWidth(Clean(p.Name)))
	}
	if wide > 0 {
		b.WriteString("\n")
	}
	for _, p := range o.Parameters {
		fmt.Fprintf(&b, "  %s  %s\n", pad(Clean(p.Name), wide), parameterWords(p))
		if p.Help != "" {
			fmt.Fprintf(&b, "  %*s  %s\n", wide, "", Clean(p.Help))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// parameterWords says what a parameter may be.
func parameterWords(p workflow.Parameter) string {
	words := []string{string(p.Type)}
	if p.Required {
		words = append(words, "required")
	}
	switch {
	case p.Min != "" && p.Max != "":
		words = append(words, fmt.Sprintf("%s to %s", p.Min, p.Max))
	case p.Min != "":
		words = append(words, "from "+p.Min.String())
	case p.Max != "":
		words = append(words, "up to "+p.Max.String())
	}
	if p.Step != "" {
		words = append(words, "in steps of "+p.Step.String())
	}
	if p.MaxLength > 0 {
		words = append(words, fmt.Sprintf("up to %d characters", p.MaxLength))
	}
	if p.Default.String() != "" {
		words = append(words, "default "+Clean(p.Default.String()))
	}
	return strings.Join(append(words, choiceWords(p)...), ", ")
}

func choiceWords(p workflow.Parameter) []string {
	if p.Type != workflow.TypeChoice {
		return nil
	}
	if len(p.Choices) == 0 {
		return []string{"what the server has"}
	}
	var labels []string
	for _, c := range p.Choices[:min(len(p.Choices), maxChoices)] {
		labels = append(labels, Clean(c.Label))
	}
	words := "one of " + strings.Join(labels, " | ")
	if more := len(p.Choices) - len(labels); more > 0 {
		words += fmt.Sprintf(" | … %d more", more)
	}
	return []string{words}
}
