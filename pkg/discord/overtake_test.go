package discord_test

import (
	"strings"
	"testing"

	"discomfy/pkg/discord"
)

// A replica that can not reach the broker says so, but where another one has
// answered already its card stays.
func TestWordsDoNotReplaceTheCardOfAnotherReplica(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	s.startScript()
	deaf := s.startReplica(discord.Config{})
	s.startReplica(discord.Config{})
	deaf.wire.freeze()
	i := s.invoke("generate", map[string]any{"prompt": "a lighthouse"})
	s.await("a replica that answers too", func() bool { return s.discord.Stats().Twice > 0 })
	deaf.wire.thaw()
	deaf.stop() // it has done all that it would
	if text := textOf(s.discord.Message(i.Original)); customID(s.discord.Message(i.Original), "cancel") == "" {
		t.Errorf("the card has become: %s", strings.TrimSpace(text))
	}
}
