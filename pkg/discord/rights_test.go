package discord_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

// The bot asks for what its code needs, for no less and no more.
func TestTheInviteAsksForWhatIsNeeded(t *testing.T) {
	t.Parallel()
	if !strings.Contains(discord.Invite("5"), "permissions="+strconv.FormatInt(discord.Permissions, 10)) {
		t.Errorf("the address is %s", discord.Invite("5"))
	}
	works := func(had int64) bool {
		channel := api.Interaction{Interaction: &discordgo.Interaction{
			GuildID: "7", AppPermissions: had, AuthorizingIntegrationOwners: map[discordgo.ApplicationIntegrationType]string{0: "7"},
		}}
		thread := channel
		thread.Parent = "70"
		return channel.BotCanEdit() && channel.BotCanPost() && thread.BotCanPost()
	}
	if !works(discord.Permissions) {
		t.Error("they do not suffice")
	}
	for bit := int64(1); bit > 0; bit <<= 1 {
		if discord.Permissions&bit != 0 && works(discord.Permissions&^bit) {
			t.Errorf("permission %d is of no use", bit)
		}
	}
}

func TestAConfiguredRoleMakesModerators(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1}).startScript()
	carl := s.discord.AddUser(discordsim.NewUser{Name: "carl"})
	role := s.discord.AddRole(s.guild.ID, "keepers", 0, carl.ID)
	s.discord.AddRole(s.guild.ID, "others", 0, s.bob.ID)
	s.in, s.stopIn = s.startIngress(discord.Config{ModeratorRole: role.ID.String()})
	a := s.askInChannel()
	s.queued(a.id)
	a.shows("Next in line")
	s.click(s.bob.ID, a.card, "cancel")
	if st, err := s.broker.Last(t.Context(), a.id); err != nil || st.Phase.Ended() {
		t.Fatalf("bob has stopped it: %s, %v", st.Phase, err)
	}
	s.click(carl.ID, a.card, "cancel")
	a.shows("ancelled")
}

// A workflow of a kind that this version has no command for runs all the same.
func TestAWorkflowOfANewKindRuns(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	set, _ := workflow.Load(workflows.FS)
	c := set.Catalog(nil)
	o, _ := c.Find("txt2img")
	o.Name, o.Title, o.Kind = "songs", "Songs", "audio"
	c.Offers = append(c.Offers, o)
	slices.SortFunc(c.Offers, func(a, b workflow.Offer) int { return strings.Compare(a.Name, b.Name) })
	if err := s.term.PublishCatalog(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	choices := func() []discordsim.Object {
		got, err := s.discord.Autocomplete(t.Context(), discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Command: "generate"}, "workflow", "song")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	s.await("the new workflow among the choices", func() bool { return len(choices()) == 1 })
	i := s.invoke("generate", map[string]any{"prompt": "a waltz", "workflow": "songs"})
	if r := s.arrived(jobOf(i)); r.Workflow != "songs" {
		t.Errorf("it runs %s", r.Workflow)
	}
}

// A server in the list where the bot is not keeps no other one waiting, and the
// log says what to do.
func TestAServerWithoutTheBotIsSaid(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	s.startScript()
	away := s.discord.AddGuild(discordsim.NewGuild{Name: "away", Absent: true})
	said := &protocol{}
	s.log = slog.New(slog.NewTextHandler(said, nil))
	s.startIngress(discord.Config{Guilds: []string{away.ID.String(), s.guild.ID.String()}})
	i := s.invoke("generate", map[string]any{"prompt": "a fish", "workflow": "txt2img"})
	if customID(s.discord.Message(i.Original), "cancel") == "" {
		t.Errorf("ann reads %s", textOf(s.discord.Message(i.Original)))
	}
	s.await("words about it", func() bool { return said.has("not in server "+away.ID.String(), discord.Invite("")[:30]) })
}

func TestAPublicBotIsWarnedOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		public, list bool
		want         string
	}{
		"a public one":          {true, false, "use your GPU"},
		"a public one, a list":  {true, true, "it is not for them"},
		"one of its owner only": {false, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{replicas: -1, discord: discordsim.Config{Public: test.public}})
			s.startScript()
			said, c := &protocol{}, discord.Config{}
			if test.list {
				c.Guilds = []string{s.guild.ID.String()}
			}
			s.log = slog.New(slog.NewTextHandler(said, nil))
			s.startIngress(c)
			if warned := said.has("anybody may add this bot"); warned != test.public || !said.has(test.want) {
				t.Errorf("warned: %v", warned)
			}
		})
	}
}

// protocol is a log that is looked at.
type protocol struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *protocol) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *protocol) has(words ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(l.all.String(), w) })
}
