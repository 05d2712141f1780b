// Package discordsimtest starts a fake Discord for a test, on a real port of loopback. The server ends, with
// everything it started, when the test does; a rule that was broken meanwhile fails the test.
package discordsimtest

import (
	"context"
	"testing"

	"discomfy/pkg/discord/discordsim"
)

// Start serves a fake Discord until the test ends and returns it with its base URL. The test fails at its end if
// anybody broke a rule of Discord.
func Start(t testing.TB, cfg discordsim.Config) (*discordsim.Server, string) {
	t.Helper()
	s, err := discordsim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	Judge(t, s)
	return s, Serve(t, s)
}

// Serve serves a fake that is already made, until the test ends, and returns its base URL. Nobody is judged.
func Serve(t testing.TB, s *discordsim.Server) string {
	t.Helper()
	l, err := discordsim.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- discordsim.Serve(ctx, l, s) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("fake Discord: %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

// Judge fails the test at its end if a rule of Discord was broken.
func Judge(t testing.TB, s *discordsim.Server) {
	t.Helper()
	t.Cleanup(func() {
		for _, v := range s.Violations() {
			t.Errorf("a rule of Discord was broken: %s", v)
		}
		if n := s.Stats().Violations; n > len(s.Violations()) {
			t.Errorf("%d rules of Discord were broken", n)
		}
	})
}

// Scene is a guild with a channel where two people and the bot are.
type Scene struct {
	Guild, Channel discordsim.ID
	Asker, Other   discordsim.ID
}

// Set makes a scene.
func Set(s *discordsim.Server) Scene {
	asker := s.AddUser(discordsim.NewUser{Name: "ada"})
	other := s.AddUser(discordsim.NewUser{Name: "grace"})
	g := s.AddGuild(discordsim.NewGuild{Name: "Atelier", Owner: s.App().Owner})
	c := s.AddChannel(discordsim.NewChannel{Guild: g.ID, Name: "pictures"})
	return Scene{Guild: g.ID, Channel: c.ID, Asker: asker.ID, Other: other.ID}
}
