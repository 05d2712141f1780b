package card

import (
	"fmt"
	"strings"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

// Limits of Discord, in characters. One embed with a title, a description and
// a footer within these sums up to less than 6000.
const (
	maxTitle       = 256
	maxDescription = 4096
	maxFooter      = 256
	maxContent     = 2000
	maxLabel       = 38 // of the 80 allowed, what is shown
	maxOption      = 100
)

// reserved is what a sheet keeps free to say that lines are missing.
const reserved = 24

// sheet is an embed in the making. What does not fit is left out by whole
// lines, and counted.
type sheet struct {
	title   string
	colour  colour
	image   string
	footer  string
	b       strings.Builder
	used    int
	missing int
}

// line adds a line; an empty one adds nothing. It may not hold a line break
// that somebody typed.
func (s *sheet) line(text string) {
	if text == "" {
		return
	}
	n := units(text) + 1
	if s.missing > 0 || s.used+n > maxDescription-reserved {
		s.missing++
		return
	}
	s.used += n
	s.b.WriteString(text + "\n")
}

// gap sets the next line off from those before.
func (s *sheet) gap() {
	if s.used > 0 && s.missing == 0 && !strings.HasSuffix(s.b.String(), "\n\n") {
		s.used++
		s.b.WriteString("\n")
	}
}

// quote adds a text of the asker's, escaped and cut at most units, as a quote.
func (s *sheet) quote(text string, most int) {
	if text = shown(text, most); text != "" {
		s.line("> " + text)
	}
}

// of names the job in the footer.
func (s *sheet) of(id job.ID) {
	if !id.IsZero() {
		s.footer = fmt.Sprintf(textJob, id)
	}
}

// message closes the sheet.
func (s *sheet) message(rows ...discordgo.MessageComponent) api.Message {
	text := s.b.String()
	if s.missing > 0 {
		text += fmt.Sprintf(textMore, s.missing)
	}
	e := &discordgo.MessageEmbed{
		Title:       plain(s.title, maxTitle),
		Description: strings.TrimSpace(text),
		Color:       int(s.colour),
	}
	if s.footer != "" {
		e.Footer = &discordgo.MessageEmbedFooter{Text: plain(s.footer, maxFooter)}
	}
	if s.image != "" {
		e.Image = &discordgo.MessageEmbedImage{URL: "attachment://" + s.image}
	}
	return api.Message{Embeds: []*discordgo.MessageEmbed{e}, Components: rows}
}

// private makes a message visible to the asker alone.
func private(m api.Message) api.Message {
	m.Ephemeral = true
	return m
}
