//go:build linux

package proof_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/proof/internal/rig"
)

var (
	chaosJobs   = flag.Int("jobs", 60, "jobs of a campaign of chaos")
	chaosFaults = flag.Int("faults", 5, "faults of a campaign of chaos")
	chaosSeed   = flag.Uint64("seed", 1, "seed of a campaign of chaos; drawn where 0")
)

const (
	// mostOpen bounds the jobs that are under way at once.
	mostOpen = 24
	// stalled is how long nothing may happen after the last fault.
	stalled = 90 * time.Second
)

// TestChaos runs a campaign of random faults over NATS and two queues, each with
// two bridges and a fake ComfyUI, one of them an old version, and has it judged.
func TestChaos(t *testing.T) {
	if *chaosJobs < 200 {
		t.Parallel()
	}
	seed := *chaosSeed
	for seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d: replay with -args -jobs %d -faults %d -seed %d", seed, *chaosJobs, *chaosFaults, seed)
	c := newChaos(t, newPlan(seed, *chaosJobs, *chaosFaults))
	c.run()
	report := c.Judge(c.accepted(), c.seen)
	t.Logf("failpoints hit: %d\n%s", c.hits.Load(), report)
	if err := report.Err(); err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	for code, n := range report.Failures {
		if !expected[code] {
			t.Errorf("seed %d: %d jobs failed by %s, which no fault explains", seed, n, code)
		}
	}
}

// expected are the failures that the faults of a plan may rightly lead to: node
// errors, a full disk of ComfyUI, and a second shortage of memory.
var expected = map[job.Code]bool{job.CodeNodeFailed: true, job.CodeOutOfMemory: true, job.CodeRejected: true}

// chaos is one campaign.
type chaos struct {
	*stage
	plan  plan
	sides [2]*side     // the second is of the old ComfyUI
	hits  atomic.Int64 // failpoints that were passed as planned

	nats sync.Mutex // held by the fault that has the process in hand

	mu        sync.Mutex
	published []job.ID
	seen      []broker.StoredState
	ended     map[job.ID]bool
	moved     time.Time // when a state was last read
}

// side is a queue with its ComfyUI and its bridges.
type side struct {
	comfy   *rig.ComfyUI
	bridges [2]*slot
	mu      sync.Mutex // held by the fault that has the ComfyUI in hand
}

// oldQueue is the queue of the old ComfyUI.
const oldQueue job.Queue = "old"

func newChaos(t *testing.T, p plan) *chaos {
	t.Helper()
	c := &chaos{plan: p, ended: map[job.ID]bool{}}
	c.stage = newStageWith(t, rig.Config{
		Speed: "60", Lease: lease, MaxFileStore: "512MB", ResultsBytes: 192 << 20, Queues: []job.Queue{oldQueue},
	})
	for i, server := range []*rig.ComfyUI{c.ComfyUI, c.OldComfyUI(oldQueue)} {
		c.sides[i] = c.newSide(server)
	}
	c.moved = time.Now() // what is built before takes its time on a busy machine
	return c
}

func (c *chaos) newSide(server *rig.ComfyUI) *side {
	s := &side{comfy: server}
	for n, name := range []string{"a", "b"} {
		line := c.Line()
		s.bridges[n] = &slot{Bridge: server.Bridge(string(server.Queue)+"-"+name, line.URL()), line: line}
	}
	return s
}

// run is the whole campaign. When it returns everything that was started for it
// has ended, and everything runs that should.
func (c *chaos) run() {
	ctx, stop := context.WithCancel(c.Context())
	var keepers, actors sync.WaitGroup
	for _, side := range c.sides {
		for _, s := range side.bridges {
			keepers.Go(func() { s.keep(ctx, c.note) })
		}
	}
	keepers.Go(func() { c.watch(ctx) })
	actors.Go(c.feed)
	for _, f := range c.plan.faults {
		c.until(func() bool { return len(c.ended) >= f.at })
		c.Logf("%s", f)
		actors.Go(func() { c.strikeOf(f)(c, f) })
	}
	actors.Wait()
	c.until(func() bool { return len(c.ended) >= len(c.plan.jobs) })
	c.Settled(rig.Patience)
	stop()
	keepers.Wait()
}

func (c *chaos) strikeOf(f fault) func(*chaos, fault) {
	for _, k := range faultKinds {
		if k.name == f.kind {
			return k.strike
		}
	}
	return func(*chaos, fault) { c.Errorf("no fault is called %q", f.kind) }
}

// feed asks for the jobs of the plan, some twice, and cancels some.
func (c *chaos) feed() {
	var others sync.WaitGroup
	defer others.Wait()
	again := map[int][]job.Request{}
	for i, o := range c.plan.jobs {
		c.until(func() bool { return len(c.published)-len(c.ended) < mostOpen })
		q := c.order(o)
		c.publish(q)
		for _, former := range again[i] {
			others.Go(func() { _, err := c.Broker.Submit(c.Context(), former); c.note(err) })
		}
		if o.again > 0 {
			again[i+o.again] = append(again[i+o.again], q)
		}
		if o.cancel > 0 {
			others.Go(func() {
				c.pause(o.cancel)
				_, err := c.Broker.Cancel(c.Context(), q.Queue, q.ID, "somebody")
				c.note(err)
			})
		}
	}
}

func (c *chaos) order(o order) job.Request {
	q := c.Request(o.user, o.workflow, o.args)
	if o.old {
		q.Queue = oldQueue
	}
	if o.picture {
		q.Inputs = map[string]string{"image": c.picture}
	}
	return q
}

// publish insists until the job was acknowledged.
func (c *chaos) publish(q job.Request) {
	c.insist("job "+q.ID.String()+" is accepted", func() error {
		_, err := c.Broker.Submit(c.Context(), q)
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.published = append(c.published, q.ID)
}

// watch reads the state log as it grows, before its oldest states go.
func (c *chaos) watch(ctx context.Context) {
	for c.pauseIn(ctx, 100*time.Millisecond) {
		after := uint64(0)
		if n := len(c.seen); n > 0 {
			after = c.seen[n-1].Seq
		}
		for s, err := range c.Broker.StateLog(ctx, after) {
			if err != nil {
				break // NATS is away; what it holds stays
			}
			c.mu.Lock()
			c.seen = append(c.seen, s)
			c.moved = time.Now()
			if s.Phase.Ended() {
				c.ended[s.Job] = true
			}
			c.mu.Unlock()
		}
	}
}

// until waits for a condition on what was published and ended, as long as
// something moves.
func (c *chaos) until(is func() bool) {
	for {
		c.mu.Lock()
		holds, idle := is(), time.Since(c.moved)
		c.mu.Unlock()
		switch {
		case holds:
			return
		case idle > stalled:
			c.Errorf("nothing has moved for %v", idle.Round(time.Second))
			return
		case !c.pause(20 * time.Millisecond):
			return
		}
	}
}

func (c *chaos) accepted() []job.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.published
}

// note records what went wrong on the way, as it does in a campaign.
func (c *chaos) note(err error) {
	if err != nil && c.Context().Err() == nil {
		c.Logf("meanwhile: %v", err)
	}
}

func (c *chaos) pause(d time.Duration) bool { return c.pauseIn(c.Context(), d) }

func (*chaos) pauseIn(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// slot is a bridge that is started again whenever it has ended.
type slot struct {
	*rig.Bridge
	line *rig.Line  // its way to NATS
	mu   sync.Mutex // held by the fault that has it in hand
	cut  sync.Mutex // and by the one that has its line
}

// hold keeps the bridge out of its keeper's hands.
func (s *slot) hold(do func(*rig.Bridge)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s.Bridge)
}

func (s *slot) leads() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Leads()
}

// keep starts the bridge whenever it does not run, and wakes one that a
// failpoint froze later than its fault had waited for.
func (s *slot) keep(ctx context.Context, note func(error)) {
	for {
		s.hold(func(b *rig.Bridge) {
			switch {
			case !b.Running():
				note(b.Arm())
			case b.Frozen():
				b.Thaw()
			}
		})
		select {
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}
