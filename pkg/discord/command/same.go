package command

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/bwmarrin/discordgo"
)

// Same reports whether there is nothing to register: ours are what Discord
// lists, ids, versions, the order of commands, and what Discord fills in by
// itself aside.
func Same(ours, listed []*discordgo.ApplicationCommand) bool {
	if len(ours) != len(listed) {
		return false
	}
	a, b := sorted(ours), sorted(listed)
	for i := range a {
		x, y := plain(a[i]), plain(b[i])
		if x.Contexts == "" { // registered for a guild: Discord says what it likes
			y.Contexts, y.Types = "", ""
		}
		if text(x) != text(y) {
			return false
		}
	}
	return true
}

func sorted(cmds []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
	return slices.SortedFunc(slices.Values(cmds), func(a, b *discordgo.ApplicationCommand) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(kindOf(a), kindOf(b)))
	})
}

// kindOf is the command's type: 1 where none is given.
func kindOf(c *discordgo.ApplicationCommand) discordgo.ApplicationCommandType {
	return cmp.Or(c.Type, discordgo.ChatApplicationCommand)
}

// plainCommand is what counts of a command, with one form for each meaning.
type plainCommand struct {
	Type              discordgo.ApplicationCommandType
	Name, Description string
	Contexts, Types   string
	Permissions       *int64
	NSFW              bool
	Options           []plainOption
}

type plainOption struct {
	Type                   discordgo.ApplicationCommandOptionType
	Name, Description      string
	Required, Autocomplete bool
	Choices                []plainChoice
	Options                []plainOption
	Min, Max               string
	MinLength, MaxLength   int
}

type plainChoice struct{ Name, Value string }

func plain(c *discordgo.ApplicationCommand) plainCommand {
	p := plainCommand{Type: kindOf(c), Name: c.Name, Description: c.Description,
		Permissions: c.DefaultMemberPermissions, NSFW: c.NSFW != nil && *c.NSFW, Options: plainOptions(c.Options)}
	if c.Contexts != nil {
		p.Contexts = text(slices.Sorted(slices.Values(*c.Contexts)))
	}
	if c.IntegrationTypes != nil {
		p.Types = text(slices.Sorted(slices.Values(*c.IntegrationTypes)))
	}
	return p
}

func plainOptions(options []*discordgo.ApplicationCommandOption) []plainOption {
	ps := make([]plainOption, 0, len(options))
	for _, o := range options {
		p := plainOption{Type: o.Type, Name: o.Name, Description: o.Description, Required: o.Required,
			Autocomplete: o.Autocomplete, Options: plainOptions(o.Options), MaxLength: o.MaxLength}
		for _, c := range o.Choices {
			p.Choices = append(p.Choices, plainChoice{c.Name, text(c.Value)})
		}
		if o.MinValue != nil {
			p.Min = decimal(*o.MinValue)
		}
		if o.MaxValue != 0 {
			p.Max = decimal(o.MaxValue)
		}
		if o.MinLength != nil {
			p.MinLength = *o.MinLength
		}
		ps = append(ps, p)
	}
	return ps
}

// text is v for comparing: 2 and 2.0 are the same in JSON.
func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}
