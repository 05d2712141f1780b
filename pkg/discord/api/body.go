package api

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/bwmarrin/discordgo"
)

// payload is a message as Discord's JSON has it. discordgo's own types lack the
// attachments' descriptions, nonces, and a way to send an empty list. A nil list is left out.
type payload struct {
	Content     *string                      `json:"content,omitempty"`
	Embeds      []*discordgo.MessageEmbed    `json:"embeds,omitzero"`
	Components  []discordgo.MessageComponent `json:"components,omitzero"`
	Attachments []attachment                 `json:"attachments,omitzero"`
	Mentions    mentions                     `json:"allowed_mentions"`
	Flags       discordgo.MessageFlags       `json:"flags,omitempty"`
	Reference   *reference                   `json:"message_reference,omitempty"`
	Nonce       string                       `json:"nonce,omitempty"`
	Enforce     bool                         `json:"enforce_nonce,omitempty"`
}

// attachment names one that stays, or describes the file of that number.
type attachment struct {
	ID          string `json:"id"`
	Filename    string `json:"filename,omitempty"`
	Description string `json:"description,omitempty"`
}

type mentions struct {
	Parse   []string `json:"parse"`
	Users   []string `json:"users,omitempty"`
	Replied bool     `json:"replied_user"`
}

type reference struct {
	Message string `json:"message_id"`
	Must    bool   `json:"fail_if_not_exists"`
}

// fresh is the payload of a new message.
func (m Message) fresh() payload {
	p := payload{
		Embeds: orNil(m.embeds()), Components: orNil(m.components()),
		Attachments: orNil(m.attachments(nil)), Mentions: m.mentions(),
	}
	if m.Content != "" {
		p.Content = &m.Content
	}
	if m.Ephemeral {
		p.Flags = discordgo.MessageFlagsEphemeral
	}
	return p
}

// whole is the payload that replaces all of a message. The attachments list names what
// stays and what is new: v10 demands both, and v9, which discordgo speaks, drops what
// stays unless it is listed and takes the rest as descriptions of the new files.
func (m Message) whole() payload {
	return payload{
		Content: &m.Content, Embeds: m.embeds(), Components: m.components(),
		Attachments: m.attachments(m.Keep), Mentions: m.mentions(),
	}
}

func orNil[E any](list []E) []E {
	if len(list) == 0 {
		return nil
	}
	return list
}

func (m Message) embeds() []*discordgo.MessageEmbed {
	return slices.DeleteFunc(append([]*discordgo.MessageEmbed{}, m.Embeds...), func(e *discordgo.MessageEmbed) bool { return e == nil })
}

func (m Message) components() []discordgo.MessageComponent {
	return slices.DeleteFunc(append([]discordgo.MessageComponent{}, m.Components...), func(c discordgo.MessageComponent) bool { return c == nil })
}

func (m Message) attachments(keep []string) []attachment {
	list := make([]attachment, 0, len(keep)+len(m.Files))
	for _, id := range keep {
		list = append(list, attachment{ID: id})
	}
	for n, f := range m.Files {
		list = append(list, attachment{ID: strconv.Itoa(n), Filename: f.name(), Description: firstRunes(f.Description, 1024)})
	}
	return list
}

// mentions allows nobody but the users named. An answered message's author is not pinged.
func (m Message) mentions() mentions {
	users := slices.Clone(m.Mention)
	slices.Sort(users)
	users = slices.Compact(users)
	return mentions{Parse: []string{}, Users: users[:min(len(users), 100)]}
}

// name is the file's as Discord takes it without changing it: embeds refer to it.
func (f File) name() string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_.", r) || (r >= '0' && r <= '9') || (r >= 'A' && r <= 'Z') || (r >= 'a' && r <= 'z') {
			return r
		}
		return '_'
	}, f.Name)
	name = strings.TrimLeft(name[max(0, len(name)-200):], ".")
	name = cmp.Or(name, "file")
	if f.Spoiler {
		name = "SPOILER_" + name
	}
	return name
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
