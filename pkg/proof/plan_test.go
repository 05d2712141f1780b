//go:build linux

package proof_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// plan is a campaign before it begins: the same seed makes the same one.
type plan struct {
	jobs   []order
	faults []fault
}

// order is a job that somebody will ask for.
type order struct {
	user, workflow string
	old            bool // for the queue of the old ComfyUI
	args           map[string]string
	picture        bool          // with a picture to work on
	cancel         time.Duration // after being accepted; 0 for never
	again          int           // published again when so many further jobs were; 0 for never
}

// fault is something that goes wrong.
type fault struct {
	at     int // it happens when so many jobs have ended
	kind   string
	old    bool          // it strikes the old ComfyUI and its bridges, where such are meant
	active bool          // it is the active bridge's turn, where one is meant, not the standby's
	point  string        // the failpoint, where one is meant
	nth    int           // its passing
	span   time.Duration // how long it lasts
}

func (f fault) String() string {
	words := []string{fmt.Sprintf("after %d jobs: %s", f.at, f.kind)}
	if strings.Contains(f.kind, "bridge") {
		words = append(words, map[bool]string{true: "the active one", false: "the standby"}[f.active])
	}
	if f.old && !strings.Contains(f.kind, "NATS") {
		words = append(words, "of the old ComfyUI")
	}
	if f.point != "" {
		words = append(words, fmt.Sprintf("%s@%d", f.point, f.nth))
	}
	return strings.Join(append(words, fmt.Sprintf("for %v", f.span)), ", ")
}

// newPlan draws a campaign.
func newPlan(seed uint64, jobs, faults int) plan {
	var p plan
	r := rand.New(rand.NewPCG(seed, 1))
	for range jobs {
		p.jobs = append(p.jobs, newOrder(r))
	}
	for i := range faults {
		p.faults = append(p.faults, newFault(r, jobs, i))
	}
	slices.SortStableFunc(p.faults, func(a, b fault) int { return a.at - b.at })
	return p
}

func newOrder(r *rand.Rand) order {
	o := order{user: fmt.Sprintf("user%d", r.IntN(5)), old: r.IntN(6) == 0, args: map[string]string{}}
	size := fmt.Sprint(64 + 8*r.IntN(8))
	switch n := r.IntN(20); {
	case n < 12:
		o.workflow = "txt2img"
		o.args["prompt"], o.args["seed"] = fmt.Sprintf("fish %d", r.IntN(1000)), fmt.Sprint(r.Uint32())
		o.args["steps"] = fmt.Sprint(2 + r.IntN(20))
		o.args["width"], o.args["height"] = size, size
		if r.IntN(4) == 0 {
			o.args["batch"] = "3"
		}
	case n < 15:
		o.workflow = "test-pattern"
		o.args["width"], o.args["height"] = size, size
	case n < 18:
		o.workflow, o.picture = "test-upscale", true
	default:
		o.workflow = "test-video"
		o.args["frames"], o.args["width"], o.args["height"] = fmt.Sprint(2+r.IntN(6)), "64", "64"
	}
	if r.IntN(12) == 0 {
		o.cancel = time.Duration(1+r.IntN(1500)) * time.Millisecond
	}
	if r.IntN(8) == 0 {
		o.again = 1 + r.IntN(40)
	}
	return o
}

// processFaults is how many kinds, the first ones, strike whole processes;
// failpointFaults is how many of those, the first again, do so at a failpoint. A
// quarter of the faults is from each.
const (
	processFaults   = 18
	failpointFaults = 3
)

func newFault(r *rand.Rand, jobs, i int) fault {
	k := faultKinds[r.IntN(len(faultKinds))]
	switch i % 4 {
	case 0:
		k = faultKinds[r.IntN(failpointFaults)]
	case 2:
		k = faultKinds[r.IntN(processFaults)]
	}
	w := windows[r.IntN(len(windows))]
	for w.stop || w.before != "" { // nobody would come by
		w = windows[r.IntN(len(windows))]
	}
	f := fault{at: r.IntN(max(1, jobs*9/10)), kind: k.name, old: r.IntN(5) == 0, active: r.IntN(4) > 0}
	f.span = k.least + time.Duration(r.Int64N(int64(k.most-k.least)+1)).Round(time.Millisecond)
	if n := 1 + r.IntN(4); k.point {
		f.point, f.nth = w.point, n
	}
	return f
}

func TestThePlanIsMadeBySeed(t *testing.T) {
	t.Parallel()
	one, same, other := newPlan(7, 200, 60), newPlan(7, 200, 60), newPlan(8, 200, 60)
	allow := cmp.AllowUnexported(plan{}, order{}, fault{})
	if diff := cmp.Diff(one, same, allow); diff != "" {
		t.Errorf("the same seed made another plan:\n%s", diff)
	}
	if cmp.Equal(one, other, allow) {
		t.Error("another seed made the same plan")
	}
}
