package desk

import (
	"testing"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
)

// Unless it is configured otherwise the bot is for servers that have added it.
func TestPlacesWhereTheBotIsOffered(t *testing.T) {
	t.Parallel()
	type owners = map[discordgo.ApplicationIntegrationType]string
	guild, person := owners{0: "5"}, owners{1: "7"}
	in := func(guildID string, c discordgo.InteractionContextType, by owners) api.Interaction {
		return api.Interaction{Interaction: &discordgo.Interaction{GuildID: guildID, Context: c, AuthorizingIntegrationOwners: by}}
	}
	server, direct, private := in("5", discordgo.InteractionContextGuild, guild), in("", discordgo.InteractionContextBotDM, owners{0: "0"}),
		in("", discordgo.InteractionContextPrivateChannel, person)
	away, directOfUser := in("6", discordgo.InteractionContextGuild, person), in("", discordgo.InteractionContextBotDM, person)
	list := []string{"5"}
	for name, test := range map[string]struct {
		c    Config
		i    api.Interaction
		want bool
	}{
		"a server":                                     {Config{}, server, true},
		"a server of the list":                         {Config{Guilds: list}, server, true},
		"a server that is not of the list":             {Config{Guilds: []string{"9"}}, server, false},
		"direct messages":                              {Config{}, direct, false},
		"direct messages, where they are on":           {Config{DirectMessages: true}, direct, true},
		"direct messages of who has installed it":      {Config{UserInstall: true}, directOfUser, true},
		"direct messages of others, where that is on":  {Config{UserInstall: true}, direct, false},
		"a private channel":                            {Config{}, private, false},
		"a private channel, where direct messages are": {Config{DirectMessages: true}, private, false},
		"a private channel, where installing is on":    {Config{UserInstall: true}, private, true},
		"a server without the bot":                     {Config{}, away, false},
		"a server without the bot, installing is on":   {Config{UserInstall: true}, away, true},
		"a server without the bot, that is not listed": {Config{UserInstall: true, Guilds: list}, away, false},
	} {
		v := &visit{d: &Desk{cfg: test.c}, i: test.i}
		if got := v.offered(); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
