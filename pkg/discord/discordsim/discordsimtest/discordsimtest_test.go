package discordsimtest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/discord/discordsim/discordsimtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// record is a test that notes what goes wrong instead of failing.
type record struct {
	testing.TB
	cleanups []func()
	errors   int
}

func (r *record) Cleanup(f func())      { r.cleanups = append(r.cleanups, f) }
func (r *record) Errorf(string, ...any) { r.errors++ }

func (r *record) end() {
	for _, cleanup := range slices.Backward(r.cleanups) {
		cleanup()
	}
}

func TestBrokenRulesFailTheTest(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]int{"DiscordBot (https://example.org, 1)": 0, "curl": 1} {
		r := &record{TB: t}
		s, url := discordsimtest.Start(r, discordsim.Config{})
		scene := discordsimtest.Set(s)
		if s.Permissions(s.App().Bot, scene.Channel)&discordsim.SendMessages == 0 {
			t.Error("the bot may not send")
		}
		req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/api/v9/gateway", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", agent)
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		r.end()
		if r.errors != want || want > 0 && !strings.Contains(s.Violations()[0], "User-Agent") {
			t.Errorf("%s: %d failures, violations %q", agent, r.errors, s.Violations())
		}
	}
}
