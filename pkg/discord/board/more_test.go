package board

import (
	"encoding/json"
	"strings"
	"testing"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// The line of a card whose result is elsewhere leads there, however much of it
// Discord has refused.
func TestAPlainLineLeadsToTheResult(t *testing.T) {
	t.Parallel()
	const link = "https://discord.com/channels/1/2/3"
	b := New(Config{Offers: func() workflow.Catalog { return workflow.Catalog{} }})
	for plainness := range 3 {
		for _, stumbles := range []int{0, stumblesBare + 1} {
			e := &end{keeper: &keeper{b: b, id: job.NewID(), stumbles: stumbles}, plainness: plainness, state: job.State{Phase: job.Done}}
			m := e.line(link)
			text, err := json.Marshal([]any{m.Content, m.Embeds})
			if err != nil || !strings.Contains(string(text), link) {
				t.Errorf("plainness %d, %d stumbles: %s, %v", plainness, stumbles, text, err)
			}
		}
	}
}
