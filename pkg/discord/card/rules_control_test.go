package card_test

import (
	"slices"
	"testing"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
)

func TestMessagesInTestdataBreakNoRule(t *testing.T) {
	t.Parallel()
	for name, m := range messages(t) {
		for _, complaint := range broken(t, m) {
			t.Errorf("%s: %s", name, complaint)
		}
	}
}

func TestRulesFindTheirControls(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"hi @everyone", "<@123>", "<@&1234567890>", "see https://evil.example", "[a](https://x.y/(z))", "**x", "a\n# b", "- x",
		"1. x", "> > x", "||x||", "`x y`", "<a:b:1>", ":smile:", "</x y:1>", "<t:1:Q>", "\u202eabc", "a\x00", "\xff", "_x_",
	} {
		m := api.Message{Embeds: []*discordgo.MessageEmbed{{Description: text}}}
		if len(brokenTexts(m)) == 0 {
			t.Errorf("nothing is wrong with %q", text)
		}
	}
	for _, text := range []string{`\@everyone`, `https\://x`, "**a** b <t:1:R>", "> a", `\[a\](b`, "`123`", "[a](https://b.c/d)"} {
		m := api.Message{Embeds: []*discordgo.MessageEmbed{{Description: text}}}
		if found := brokenTexts(m); len(found) > 0 {
			t.Errorf("%q: %v", text, found)
		}
	}
}

func TestEveryMessageHasSomethingToSee(t *testing.T) {
	t.Parallel()
	for name, m := range messages(t) {
		empty := func(e *discordgo.MessageEmbed) bool { return e.Title == "" && e.Description == "" }
		if m.Content == "" && (len(m.Embeds) == 0 || slices.ContainsFunc(m.Embeds, empty)) {
			t.Errorf("%s shows nothing", name)
		}
	}
}
