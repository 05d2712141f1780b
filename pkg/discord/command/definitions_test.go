package command_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bwmarrin/discordgo"
	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/command"
	"discomfy/pkg/workflow"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file; -update writes it anew.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Error(diff)
	}
}

func TestDefinitionsAreAsWrittenAndValid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		catalog workflow.Catalog
		options command.Options
		path    string
	}{
		"definitions-guild":  {shipped(), command.Options{Guild: true}, "/applications/1/guilds/2/commands"},
		"definitions-global": {shipped(), command.Options{}, "/applications/1/commands"},
		"definitions-user":   {shipped(), command.Options{UserInstall: true}, "/applications/1/commands"},
		"definitions-empty":  {workflow.Catalog{}, command.Options{DirectMessages: true}, "/applications/1/commands"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := command.Definitions(c.catalog, c.options)
			valid(t, "PUT", c.path, got)
			if name == "definitions-global" {
				golden(t, name, got)
			}
		})
	}
}

func TestDefinitionsKeepToTheirLimits(t *testing.T) {
	t.Parallel()
	for _, c := range command.Definitions(shipped(), command.Options{}) {
		if len(c.Options) > 20 {
			t.Errorf("/%s has %d options", c.Name, len(c.Options))
		}
		optional := false
		for _, o := range c.Options {
			if o.Required && optional {
				t.Errorf("/%s: the required %s comes after an optional one", c.Name, o.Name)
			}
			optional = optional || !o.Required
			if o.Description == "" || len([]rune(o.Description)) > 100 {
				t.Errorf("/%s %s: description %q", c.Name, o.Name, o.Description)
			}
		}
	}
}

func TestRangesAreTheWidestOfAllWorkflowsOfTheKind(t *testing.T) {
	t.Parallel()
	c := menu(
		offer(t, "a", "upscale", "  - {name: factor, type: choice, choices: [2, 4], bind: 1.x}\n"),
		offer(t, "b", "upscale", "  - {name: scale_by, type: float, min: 1, max: 6.5, bind: 1.x}\n"),
		offer(t, "bb", "upscale", "  - {name: factor, type: integer, min: 2, max: 3, bind: 1.x}\n"),
		offer(t, "bc", "upscale", "  - {name: method, type: integer, bind: 1.x}\n"),
		offer(t, "c", "image", "  - {name: steps, type: integer, min: 4, max: 10, bind: 1.x}\n  - {name: text, type: text, max_length: 9000, bind: 1.y}\n"),
		offer(t, "d", "image", "  - {name: steps, type: integer, min: 2, max: 8, bind: 1.x}\n  - {name: guidance, type: float, min: 0, bind: 1.y}\n"),
		offer(t, "e", "video", "  - {name: steps, type: integer, min: 1, max: 99, bind: 1.x}\n"),
	).Catalog
	for _, want := range []struct {
		command, option string
		low, high       float64
		length          int
	}{
		{"upscale", "factor", 1, 6.5, 0},
		{"generate", "steps", 1, 99, 0}, // it runs every workflow
		{"animate", "steps", 1, 99, 0},
		{"generate", "cfg", 0, 0, 0},
		{"generate", "seed", 0, 1<<53 - 1, 0},
		{"generate", "prompt", 0, 0, 6000},
	} {
		o := optionOf(t, command.Definitions(c, command.Options{}), want.command, want.option)
		if o.MinValue != nil && *o.MinValue != want.low || o.MaxValue != want.high || o.MaxLength != want.length {
			t.Errorf("/%s %s: %v to %v, %d characters; want %v", want.command, want.option, o.MinValue, o.MaxValue, o.MaxLength, want)
		}
	}
}

func optionOf(t *testing.T, cmds []*discordgo.ApplicationCommand, name, option string) *discordgo.ApplicationCommandOption {
	t.Helper()
	for _, c := range cmds {
		for _, o := range c.Options {
			if c.Name == name && o.Name == option {
				return o
			}
		}
	}
	t.Fatalf("there is no /%s %s", name, option)
	return nil
}

// listed is what Discord answers: with its own fields, defaults and order.
func listed(t *testing.T, cmds []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
	t.Helper()
	data, err := json.Marshal(cmds)
	if err != nil {
		t.Fatal(err)
	}
	var back []*discordgo.ApplicationCommand
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	for _, c := range back {
		c.ID, c.ApplicationID, c.Version = "9", "5", "77"
		c.NSFW, c.DefaultPermission = new(false), new(true)
		for _, o := range c.Options {
			if len(o.Choices) == 0 {
				o.Choices = []*discordgo.ApplicationCommandOptionChoice{}
			}
		}
	}
	slices.Reverse(back)
	return back
}

func TestNothingIsRegisteredThatIsListed(t *testing.T) {
	t.Parallel()
	ours := command.Definitions(shipped(), command.Options{})
	if !command.Same(ours, listed(t, ours)) {
		t.Error("the same commands differ")
	}
	guild := command.Definitions(shipped(), command.Options{Guild: true})
	back := listed(t, guild)
	for _, c := range back { // Discord fills these in for a guild's
		c.IntegrationTypes = &[]discordgo.ApplicationIntegrationType{0}
	}
	if !command.Same(guild, back) {
		t.Error("the same commands of a guild differ")
	}
}

func TestWhatDiffersIsRegistered(t *testing.T) {
	t.Parallel()
	ours := command.Definitions(shipped(), command.Options{})
	for name, change := range map[string]func([]*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand{
		"a command more": func(c []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand { return append(c, c[0]) },
		"none":           func([]*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand { return nil },
		"a description": func(c []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			c[4].Description += "!"
			return c
		},
		"a range": func(c []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			optionOf(t, c, "generate", "steps").MaxValue--
			return c
		},
		"a least": func(c []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			optionOf(t, c, "generate", "width").MinValue = nil
			return c
		},
		"a choice": func(c []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			o := optionOf(t, c, "generate", "aspect")
			o.Choices = o.Choices[1:]
			return c
		},
		"where it is offered": func(c []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			c[0].Contexts = &[]discordgo.InteractionContextType{0, 1}
			return c
		},
		"the order of options": func(c []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			i := slices.IndexFunc(c, func(x *discordgo.ApplicationCommand) bool { return x.Name == "generate" })
			slices.Reverse(c[i].Options)
			return c
		},
	} {
		if command.Same(ours, change(listed(t, ours))) {
			t.Errorf("%s: no difference seen", name)
		}
	}
}
