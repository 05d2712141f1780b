//go:build linux

package proof_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/proof/internal/rig"
)

// submitWindows are the failpoints that a submitter passes, and how many jobs
// there are when it was killed there.
var submitWindows = []struct {
	point string
	jobs  int
}{
	{broker.BeforeSubmit, 0},
	{broker.AfterSubmit, 1},
}

// TestASubmitterIsStruck kills and freezes `discomfy submit` around its
// publish: what was accepted runs once, and nothing else does.
func TestASubmitterIsStruck(t *testing.T) {
	t.Parallel()
	s := newStageWith(t, rig.Config{Speed: "50"})
	active := s.life()
	s.must(active.Arm())
	s.Eventually("the bridge is active", active.Active)
	args := []string{"--out", t.TempDir(), "txt2img", "prompt=a fish"}
	for _, w := range submitWindows {
		killed := s.Submitter("killed-"+w.point, args...)
		s.must(killed.Arm(w.point + "=kill"))
		<-killed.Exited()
		if !killed.Killed() || killed.Passed(w.point) != 1 {
			t.Fatalf("the submitter was not killed at %s:\n%s", w.point, killed.Tail(10))
		}
		s.expect(w.jobs)

		frozen := s.Submitter("frozen-"+w.point, args...)
		s.must(frozen.Arm(w.point + "=freeze"))
		s.Eventually("the submitter is frozen at "+w.point, frozen.Frozen)
		frozen.Thaw()
		<-frozen.Exited()
		s.expect(1)
	}
	s.verdict()
}

// expect waits for further jobs, of which nobody told the id, and takes them
// for accepted.
func (s *stage) expect(n int) {
	s.Helper()
	s.Settled(rig.Patience)
	var found []job.ID
	for state, err := range s.Broker.StateLog(s.Context(), 0) {
		s.must(err)
		if !slices.Contains(s.accepted, state.Job) && !slices.Contains(found, state.Job) {
			found = append(found, state.Job)
		}
	}
	if len(found) != n {
		s.Fatalf("there are %d more jobs, want %d", len(found), n)
	}
	s.accepted = append(s.accepted, found...)
}

// A failpoint that nobody strikes proves nothing.
func TestEveryFailpointIsStruck(t *testing.T) {
	t.Parallel()
	var named, struck []string
	for _, room := range []string{"bridge", "broker"} {
		source, err := os.ReadFile(filepath.Join("..", room, "points.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`= "([a-z.]+)"`).FindAllSubmatch(source, -1) {
			named = append(named, string(match[1]))
		}
	}
	for _, w := range windows {
		struck = append(struck, w.point)
	}
	for _, w := range submitWindows {
		struck = append(struck, w.point)
	}
	slices.Sort(named)
	slices.Sort(struck)
	if diff := cmp.Diff(named, struck); diff != "" {
		t.Errorf("failpoints (-named +struck):\n%s", diff)
	}
}
