package discord_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
)

// ends runs an ingress until it ends by itself.
func (s *stack) ends(c discord.Config) error {
	s.Helper()
	in := s.newIngress(c, s.url, s.nats)
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	return in.Run(ctx)
}

func TestAWrongTokenIsSaid(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	s.discord.Revoke(true)
	if err := s.ends(discord.Config{}); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("ended by %v", err)
	}
}

func TestAnIngressThatWouldBeDeafRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	in, server := s.startEndpoint(discord.Config{})
	if err := s.discord.SetEndpoint(t.Context(), server.URL+discord.Interactions); err != nil {
		t.Fatal(err)
	}
	if in.Ready() != nil {
		t.Error("not ready")
	}
	if err := s.ends(discord.Config{}); err == nil || !strings.Contains(err.Error(), server.URL) {
		t.Errorf("ended by %v", err)
	}
}

// startEndpoint runs a replica that Discord calls by HTTP.
func (s *stack) startEndpoint(c discord.Config) (*discord.Ingress, *httptest.Server) {
	s.Helper()
	c.Endpoint = true
	in := s.newIngress(c, s.url, s.nats)
	server := httptest.NewServer(in.Handler())
	s.Cleanup(server.Close)
	s.run("ingress", in.Run)
	s.ready(in)
	return in, server
}

func TestInteractionsByHTTP(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	sc := s.startScript()
	in, server := s.startEndpoint(discord.Config{})
	if err := s.discord.SetEndpoint(t.Context(), server.URL+discord.Interactions); err != nil {
		t.Fatal(err)
	}
	a := sc.askInChannel()
	sc.queued(a.id)
	sc.running(a.id)
	sc.done(a.id, pictures(1)...)
	s.finished(a.card, 1)
	s.settled(in)
	forged, err := http.Post(server.URL+discord.Interactions, "application/json", strings.NewReader(`{"type":1}`))
	if err != nil {
		t.Fatal(err)
	}
	defer forged.Body.Close()
	if forged.StatusCode != http.StatusUnauthorized {
		t.Errorf("a forged request is answered by %d", forged.StatusCode)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestCommandsMoveWithTheSetting(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	s.startScript()
	guild := discord.Config{Guilds: []string{s.guild.ID.String()}}
	count := func() (global, local int) { return len(s.discord.Commands(0)), len(s.discord.Commands(s.guild.ID)) }
	for _, c := range []struct {
		name   string
		config discord.Config
		global bool
	}{
		{"everywhere", discord.Config{}, true},
		{"in one guild", guild, false},
		{"everywhere again", discord.Config{}, true},
	} {
		_, stop := s.startIngress(c.config)
		s.await("commands "+c.name+", and nowhere else", func() bool {
			global, local := count()
			return (global > 0) == c.global && (local > 0) != c.global
		})
		stop()
		s.discord.Advance(time.Minute)
		s.forgetClaims()
	}
}

func TestAServerThatIsNotInTheListAnyMoreLosesItsCommands(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	s.startScript()
	former := s.discord.AddGuild(discordsim.NewGuild{Name: "former"})
	both := []string{s.guild.ID.String(), former.ID.String()}
	_, stop := s.startIngress(discord.Config{Guilds: both})
	s.await("commands in both", func() bool { return len(s.discord.Commands(former.ID)) > 0 && len(s.discord.Commands(s.guild.ID)) > 0 })
	stop()
	s.forgetClaims()
	s.startIngress(discord.Config{Guilds: both[:1]})
	s.await("commands in one", func() bool { return len(s.discord.Commands(former.ID)) == 0 && len(s.discord.Commands(s.guild.ID)) > 0 })
}

func TestCommandsThatAreRightAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	before := s.version()
	s.stopIn()
	s.forgetClaims()
	s.startIngress(discord.Config{})
	s.invoke("help", nil)
	if after := s.version(); after != before {
		t.Errorf("registered again: version %s, before %s", after, before)
	}
}

// version changes whenever a command is registered anew.
func (s *stack) version() (newest discordsim.ID) {
	for _, c := range s.discord.Commands(0) {
		newest = max(newest, c.Version)
	}
	return newest
}

// A workflow with a wider range needs other commands.
func TestCommandsFollowTheCatalog(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	before := s.version()
	s.publishWide("wide")
	s.await("other commands", func() bool { return s.version() != before })
}

// What was begun is answered when the ingress ends, and nothing is taken after.
func TestTheEndOfAnIngress(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	s.running(a.id)
	a.shows("Cancel")
	began := time.Now()
	s.stopIn()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("ended after %v", took)
	}
	in, _ := s.startIngress(discord.Config{})
	s.done(a.id, pictures(1)...)
	s.finished(a.card, 1)
	s.settled(in)
}
