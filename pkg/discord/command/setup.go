package command

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/workflow"
)

const (
	colourSetup = 0x5865F2
	colourFault = 0xED4245
)

// SetupCard is the draft's message: what would be ordered, and the controls to
// change it. It is for everybody's eyes unless the order is private; a caller
// that answers a modal's fault with it makes it ephemeral.
func (m Menu) SetupCard(d Draft) api.Message {
	o, ok := m.Catalog.Find(d.Ask.Workflow)
	msg := api.Message{Ephemeral: d.Ask.Private}
	embed := &discordgo.MessageEmbed{Color: colourSetup, Title: clip(cmp.Or(o.Title, o.Name, "This workflow is gone"), 256),
		Footer: &discordgo.MessageEmbedFooter{Text: "Only who asked can use this card. It is kept for a day."}}
	if d.Fault != "" {
		embed.Color = colourFault
	}
	embed.Description = clip(m.describe(d, o), 4000)
	msg.Embeds = []*discordgo.MessageEmbed{embed}
	if !ok {
		msg.Components = []discordgo.MessageComponent{row(d.button(card.Discard, "", "Close", discordgo.SecondaryButton))}
		return msg
	}
	for _, s := range m.selects(d, o) {
		msg.Components = append(msg.Components, row(s))
	}
	msg.Components = append(msg.Components, row(m.buttons(d, o)...))
	return msg
}

// describe is what would be ordered, in words.
func (m Menu) describe(d Draft, o workflow.Offer) string {
	var b strings.Builder
	if d.Fault != "" {
		fmt.Fprintf(&b, "**%s**\n", escape(clip(d.Fault, 600)))
		d.Typed.repeat(&b, o.Manifest)
	}
	prompt, asks := rolePrompt.param(o.Manifest)
	switch text := d.Ask.Raw[prompt.Name]; {
	case !asks || d.Typed != nil:
	case strings.TrimSpace(text) == "":
		b.WriteString("Nothing is described yet.\n")
	default:
		b.WriteString(block(clip(text, 1000)))
	}
	var parts []string
	for _, p := range o.Parameters {
		if v := shownValue(p, d.Ask.Raw); v != "" && p.Type != workflow.TypePicture && p.Name != prompt.Name {
			parts = append(parts, fmt.Sprintf("**%s** %s", escape(title(p)), code(clip(v, 80))))
		}
	}
	b.WriteString(strings.Join(first(parts, 30), " · ") + "\n")
	for _, p := range d.Ask.Pictures {
		fmt.Fprintf(&b, "**%s** %s\n", escape(pictureTitle(o.Manifest, p)), code(clip(cmp.Or(p.Name, "a result"), 80)))
	}
	for _, note := range d.Ask.Notes {
		b.WriteString(escape(note) + "\n")
	}
	return strings.TrimSpace(b.String())
}

func pictureTitle(m workflow.Manifest, pic Picture) string {
	p, _ := m.Parameter(pic.Param)
	return cmp.Or(title(p), "Picture")
}

// repeat shows what was typed, so that nothing is lost if the card is.
func (e Entry) repeat(b *strings.Builder, m workflow.Manifest) {
	for _, s := range append(slots(m), others(m)...) {
		if v := strings.TrimSpace(e[s.id()]); v != "" && b.Len() < 2000 {
			fmt.Fprintf(b, "You typed:\n%s", block(clip(v, 600)))
		}
	}
}

// buttons are the last row.
func (m Menu) buttons(d Draft, o workflow.Offer) []discordgo.MessageComponent {
	waits := d.Ask.incomplete(o.Manifest) || len(o.Problems) > 0
	order := d.button(card.Generate, "", orderLabel(o.Kind), discordgo.SuccessButton)
	order.Disabled = waits
	all := []discordgo.MessageComponent{order}
	if _, ok := m.draftForm(d, formMain); ok {
		b := d.button(card.Settings, formMain, "Settings", discordgo.SecondaryButton)
		switch {
		case d.Typed != nil:
			b.Label, b.Style = "Correct it", discordgo.PrimaryButton
		case waits:
			b.Label, b.Style = "Describe it", discordgo.PrimaryButton
		}
		all = append(all, b)
	}
	if _, ok := m.draftForm(d, formMore); ok {
		all = append(all, d.button(card.Settings, formMore, "More settings", discordgo.SecondaryButton))
	}
	if p, ok := roleLora.param(o.Manifest); ok && d.Ask.Raw[p.Name] != "" && has(o.Manifest, roleLoraStrength) {
		all = append(all, d.button(card.Settings, formStrength, "LoRA strength", discordgo.SecondaryButton))
	}
	return append(all, d.button(card.Discard, "", "Close", discordgo.SecondaryButton))
}

func orderLabel(k workflow.Kind) string {
	switch k {
	case workflow.KindEdit:
		return "Edit"
	case workflow.KindUpscale:
		return "Upscale"
	case workflow.KindVideo:
		return "Animate"
	}
	return "Generate"
}

func (d Draft) button(v card.Verb, arg, label string, style discordgo.ButtonStyle) discordgo.Button {
	return discordgo.Button{Label: label, Style: style, CustomID: d.control(v, arg).String()}
}

func row(components ...discordgo.MessageComponent) discordgo.MessageComponent {
	return discordgo.ActionsRow{Components: slices.Clip(components)}
}

// escape takes the meaning from what formats, links and mentions.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_~|<>[]()@#", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code and block show a text as it is.
func code(s string) string {
	return "`" + strings.NewReplacer("`", "'", "\n", " ").Replace(s) + "`"
}

func block(s string) string { return "```\n" + strings.ReplaceAll(s, "```", "'''") + "\n```\n" }
