package discord_test

import (
	"strings"
	"testing"
)

func TestGenerateGoesFromTheQueueToThePicture(t *testing.T) {
	t.Parallel()
	s := start(t, settings{bridge: true})
	i := s.invoke("generate", map[string]any{"prompt": "a fish", "workflow": "txt2img"})
	card := s.discord.Message(i.Original)
	if card == nil || card.Channel != s.channel.ID || card.Ephemeral() {
		t.Fatalf("the card is %s", textOf(card))
	}
	done := s.finished(card.ID, 1)
	for _, verb := range []string{"vary", "redo", "upscale", "edit", "delete"} {
		if customID(done, verb) == "" {
			t.Errorf("the finished card has no button %q: %s", verb, textOf(done))
		}
	}
	if !strings.Contains(textOf(done), "a fish") {
		t.Errorf("the finished card does not show what was asked for: %s", textOf(done))
	}
}
