package proof

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"discomfy/pkg/job"
)

// look adds a look to its message, which is there from its first on.
func (d *DiscordReader) look(e entryOf) {
	m := e.Message
	n, ok := d.messages[m.ID]
	if !ok {
		n = len(d.Messages)
		d.messages[m.ID] = n
		d.Messages = append(d.Messages, Message{
			ID: m.ID, Channel: m.Channel, Author: m.Author, Interaction: m.Interaction, Asker: m.Asker, Reference: m.Reference, For: m.For,
			Pinged: m.Pinged, Everyone: m.Everyone,
		})
	}
	look := Look{At: e.At, Thinking: m.Flags&flagThinking != 0}
	text := []string{m.Content}
	for _, one := range m.Embeds {
		look.Colours = append(look.Colours, one.Color)
		text = append(text, one.Title, one.Description, one.Footer.Text)
		for _, f := range one.Fields {
			text = append(text, f.Name, f.Value)
		}
	}
	for _, c := range m.Components {
		c.read(&look.Buttons, &text)
	}
	look.Text = strings.Join(slices.DeleteFunc(text, func(s string) bool { return s == "" }), "\n")
	for _, f := range m.Attachments {
		if !f.Shown {
			look.Files = append(look.Files, Attachment{f.Name, f.Size, f.Digest})
		}
	}
	d.Messages[n].Looks = append(d.Messages[n].Looks, look)
}

func (c componentEntry) read(buttons, text *[]string) {
	if c.CustomID != "" {
		*buttons = append(*buttons, c.CustomID)
	}
	*text = append(*text, c.Content)
	for _, inner := range c.Components {
		inner.read(buttons, text)
	}
	if c.Accessory != nil {
		c.Accessory.read(buttons, text)
	}
}

// What a button asks for, as far as it tells how its job stands. The judge has
// its own words, so that it shares no mistake with the ingress.
var (
	openVerbs  = []string{"cancel", "refresh"}
	endedVerbs = []string{"vary", "again", "redo", "delete"}
)

// Colours of a card, which tell how its job stands.
var (
	openColours  = []int{0x95A5A6, 0xF0B232, 0x3498DB}
	endedColours = []int{0x2ECC71, 0xED4245, 0x4E5058}
)

// button reads a custom id of the form d1:<verb>:<job>:…; ok is false for every
// other, and for one of no job.
func button(custom string) (verb string, of job.ID, ok bool) {
	parts := strings.Split(custom, ":")
	if len(parts) < 4 || parts[0] != "d1" {
		return "", job.ID{}, false
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(data) != 16 {
		return "", job.ID{}, false
	}
	x := hex.EncodeToString(data)
	of, err = job.ParseID(strings.Join([]string{x[:8], x[8:12], x[12:16], x[16:20], x[20:]}, "-"))
	return parts[1], of, err == nil
}

// names reports whether a button with one of the verbs is of the job.
func (l Look) names(id job.ID, verbs []string) bool {
	return slices.ContainsFunc(l.Buttons, func(custom string) bool {
		verb, of, ok := button(custom)
		return ok && of == id && slices.Contains(verbs, verb)
	})
}

// job is the one that the buttons are of; zero where there is none.
func (l Look) job() job.ID {
	for _, custom := range l.Buttons {
		if _, of, ok := button(custom); ok {
			return of
		}
	}
	return job.ID{}
}

func (l Look) coloured(as []int) bool {
	return slices.ContainsFunc(l.Colours, func(c int) bool { return slices.Contains(as, c) })
}

// standing is what a look says of a job.
type standing int

const (
	saysNothing standing = iota // words that are about no job's course
	thinks                      // an answer is to come
	saysOpen                    // it waits or runs
	saysEnded                   // it has ended, and how
	saysMoved                   // it has ended, and another message tells how
	onlyFiles                   // a part of a result
)

// channelsPath is within every link to a message.
const channelsPath = "/channels/"

// standing reads a look of a message that is about the job.
func (l Look) standing(id job.ID) standing {
	switch {
	case l.Thinking:
		return thinks
	case l.names(id, openVerbs), l.coloured(openColours):
		return saysOpen
	case l.names(id, endedVerbs):
		return saysEnded
	case strings.HasPrefix(l.Text, "Job "+id.String()+" has ended: https://"):
		return saysMoved
	case strings.HasPrefix(l.Text, "Job "+id.String()+" has ended"):
		return saysEnded
	case l.coloured(endedColours) && len(l.Buttons) == 0 && strings.Contains(l.Text, channelsPath):
		return saysMoved
	case len(l.Files) > 0:
		return onlyFiles
	}
	return saysNothing
}

// last is how a message looks, or did when it was deleted.
func (m Message) last() Look {
	if len(m.Looks) == 0 {
		return Look{}
	}
	return m.Looks[len(m.Looks)-1]
}

// relapses is how often a message that told the end has gone back.
func (m Message) relapses(id job.ID) (n int) {
	ended := false
	for _, l := range m.Looks {
		is := l.standing(id) == saysEnded || l.standing(id) == saysMoved
		if ended && !is {
			n++
		}
		ended = is
	}
	return n
}
