package command

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
)

// typed is what a person filled in of a command: texts by option, files by
// option. In autocomplete there is no more of a file than that it is there.
type typed struct {
	texts   map[string]string
	files   map[string]Picture
	focused string // the option that is being typed, in autocomplete
}

// typedOf reads the options of a command or its autocomplete.
func typedOf(i api.Interaction) typed {
	t := typed{texts: map[string]string{}, files: map[string]Picture{}}
	d := commandData(i)
	for _, o := range d.Options {
		if o == nil {
			continue
		}
		if o.Focused {
			t.focused = o.Name
		}
		s := optionText(o.Value)
		if o.Type == discordgo.ApplicationCommandOptionAttachment {
			t.files[o.Name] = attached(attachment(d, s))
			continue
		}
		t.texts[o.Name] = s
	}
	return t
}

// optionText is an option's value as it would be typed. A number that is only
// half typed comes as text.
func optionText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return decimal(v)
	}
	return fmt.Sprint(v)
}

func attachment(d discordgo.ApplicationCommandInteractionData, id string) *discordgo.MessageAttachment {
	if d.Resolved == nil {
		return nil
	}
	return d.Resolved.Attachments[id]
}

// attached is an attachment as a picture of an order.
func attached(a *discordgo.MessageAttachment) Picture {
	if a == nil {
		return Picture{}
	}
	return Picture{URL: cmp.Or(a.URL, a.ProxyURL), Name: a.Filename, Type: a.ContentType, Size: int64(a.Size)}
}

// flag is a truth option.
func (t typed) flag(name string) bool { return t.texts[name] == "true" }

// given is an option's text; false when it is absent or blank.
func (t typed) given(name string) (string, bool) {
	s := t.texts[name]
	return s, strings.TrimSpace(s) != ""
}
