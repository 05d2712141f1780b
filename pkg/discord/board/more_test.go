package board

import (
	"strings"
	"testing"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

// The line of a card whose result is elsewhere leads there, however much of it
// Discord has refused.
func TestAPlainLineLeadsToTheResult(t *testing.T) {
	t.Parallel()
	const link = "https://discord.com/channels/1/2/3"
	whole := api.Message{Content: link}
	for plainness := range 3 {
		e := &end{keeper: &keeper{id: job.NewID()}, plainness: plainness}
		if m := e.plainerLine(whole, link); !strings.Contains(m.Content, link) {
			t.Errorf("plainness %d: %q", plainness, m.Content)
		}
	}
}
