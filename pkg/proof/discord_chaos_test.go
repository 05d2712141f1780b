//go:build linux

package proof_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
	"discomfy/pkg/proof"
	"discomfy/pkg/proof/internal/rig"
)

var partyAsks = flag.Int("asks", 24, "what people ask for in a campaign of chaos on Discord")

// longParty is from how many asks on a campaign is a long one, with all as it is
// in production.
const longParty = 100

// TestPeopleInChaos runs a campaign of random faults over NATS, two bridges, a
// fake ComfyUI, three replicas of the ingress and the fake Discord, on which
// people ask for most of the jobs, and has it judged.
func TestPeopleInChaos(t *testing.T) {
	if *partyAsks < longParty {
		t.Parallel()
	}
	seed := *chaosSeed
	for seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d: replay with -args -asks %d -faults %d -seed %d", seed, *partyAsks, *chaosFaults, seed)
	p := newParty(t, newGathering(seed, *partyAsks, *chaosFaults))
	p.run()
	report := proof.CheckDiscord(p.Evidence(p.accepted(), p.seen), p.record())
	t.Logf("moments hit: %d\n%s", p.hits.Load(), report)
	if err := report.Err(); err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	for code, n := range report.Failures {
		if !expected[code] {
			t.Errorf("seed %d: %d jobs failed by %s, which no fault explains", seed, n, code)
		}
	}
}

// party is one campaign with people.
type party struct {
	*chaos

	plan    gathering
	Discord *rig.Discord
	discord sync.Mutex // held by the fault that has Discord in hand
	ingress []*replica
	begun   atomic.Int64 // faults
	people  []string     // ids of users
	places  []string     // ids of channels
}

// window is how long a moment may take to come; after that the campaign goes on
// without it.
func (p *party) window() time.Duration {
	if p.plan.long() {
		return window10s
	}
	return window10s / 4
}

// handled is what faults hold while they have a process in hand.
type handled struct {
	mu  sync.Mutex
	cut sync.Mutex // of its lines
}

func (h *handled) hold(do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do()
}

func newParty(t *testing.T, g gathering) *party {
	t.Helper()
	c := &chaos{ended: map[job.ID]bool{}, moved: time.Now(), plan: plan{jobs: g.jobs}}
	cfg := rig.Config{Speed: "60", Lease: lease, MaxFileStore: "512MB", ResultsBytes: 192 << 20, People: true}
	if g.long() {
		cfg.Queues = []job.Queue{oldQueue} // the terminal's alone
	}
	c.stage = newStageWith(t, cfg)
	servers := []*rig.ComfyUI{c.ComfyUI}
	if g.long() {
		servers = append(servers, c.OldComfyUI(oldQueue))
	}
	for n, server := range servers {
		c.sides[n] = c.newSide(server)
	}
	p := &party{chaos: c, plan: g, Discord: c.StartDiscord("--heartbeat", "2s")}
	p.people, p.places = p.Discord.Made("/people", mostPeople), p.Discord.Made("/channels", mostPlaces)
	for _, name := range []string{"1", "2", "3"} {
		p.ingress = append(p.ingress, &replica{Ingress: p.Discord.Ingress(name,
			"--direct-messages", "--max-waiting", "40", "--tell-after", "4s")})
	}
	if !g.long() {
		p.hasten()
	}
	return p
}

// hasten lets states that a replica took with it come to another one sooner
// than after half a minute.
func (p *party) hasten() {
	p.Helper()
	nc, err := nats.Connect(p.NATSURL())
	p.must(err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	p.must(err)
	s, err := js.Stream(p.Context(), "DISCOMFY_STATE")
	p.must(err)
	for consumer := range s.ListConsumers(p.Context()).Info() {
		if cfg := consumer.Config; cfg.AckWait == renderWait {
			cfg.AckWait = renderWait / 3
			_, err := s.UpdateConsumer(p.Context(), cfg)
			p.must(err)
		}
	}
}

// run is the whole campaign. When it returns everything that was started for it
// has ended, and everything runs that should.
func (p *party) run() {
	ctx, stop := context.WithCancel(p.Context())
	var keepers, actors sync.WaitGroup
	for _, s := range p.sides {
		if s != nil {
			keepers.Go(func() { s.bridges[0].keep(ctx, p.note) })
			keepers.Go(func() { s.bridges[1].keep(ctx, p.note) })
		}
	}
	keepers.Go(func() { p.watch(ctx) })
	p.Eventually("a bridge serves the queue", func() bool { return p.sides[0].bridges[0].leads() || p.sides[0].bridges[1].leads() })
	for _, r := range p.ingress {
		keepers.Go(func() { p.keep(ctx, r) })
	}
	p.Eventually("a replica of the ingress is ready", func() bool {
		return slices.ContainsFunc(p.ingress, func(r *replica) bool { return r.Ready() })
	})
	actors.Go(p.feed)
	actors.Go(p.mingle)
	room := make(chan struct{}, mostMishaps)
	for n, m := range p.plan.faults {
		p.until(func() bool { return len(p.ended) >= m.at })
		p.rouse()
		room <- struct{}{}
		p.Logf("%s", m)
		p.begun.Store(int64(n + 1))
		actors.Go(func() {
			defer func() { <-room }()
			p.strike(m)
		})
	}
	actors.Wait()
	p.Settled(rig.Patience)
	p.quiet()
	stop()
	keepers.Wait()
}

// mostMishaps bounds the faults that are under way at once.
const mostMishaps = 3

// rouse waits, for a while, until there are replicas that could stand in for
// each other: after a fault they begin their sessions one after the other.
func (p *party) rouse() {
	rig.Poll(p.Context(), 2*p.window(), func() bool {
		ready := 0
		for _, r := range p.ingress {
			if r.Running() && !r.Frozen() && r.Ready() {
				ready++
			}
		}
		return ready >= replicas-1
	})
}

func (p *party) strike(m mishap) {
	for _, k := range mishapKinds {
		if k.name == m.kind {
			k.strike(p, m)
			return
		}
	}
	p.strikeOf(m.fault)(p.chaos, m.fault)
}

// keep starts a replica whenever it does not run. One that ended by itself is
// an error.
func (p *party) keep(ctx context.Context, r *replica) {
	begun := false
	for {
		r.handled.hold(func() {
			if r.Running() || ctx.Err() != nil {
				return
			}
			if begun && !r.Ended() {
				p.Errorf("%s has ended by itself:\n%s", r.Name, r.Tail(20))
			}
			begun = true
			p.note(r.Arm())
		})
		if !p.pauseIn(ctx, 100*time.Millisecond) {
			return
		}
	}
}

// shown is how long everything may take to be shown after the last fault: what
// a replica took with it goes to another one after half a minute.
const shown = 2*renderWait + 30*time.Second

// quiet waits until people were told everything, as far as the judge sees; what
// is missing after the bound is what it will find.
func (p *party) quiet() {
	p.Helper()
	rig.Poll(p.Context(), shown, func() bool {
		p.mu.Lock()
		e := proof.Evidence{Accepted: p.published, States: p.seen}
		p.mu.Unlock()
		report := proof.CheckDiscord(e, p.record())
		if report.Forsaken > 0 { // not yet for long enough to be one
			p.pause(500 * time.Millisecond)
			return false
		}
		for _, v := range report.Violations {
			switch v.Rule {
			case proof.Lost, proof.LeftOpen, proof.Untold, proof.NotDelivered, proof.Abandoned:
				p.pause(500 * time.Millisecond)
				return false
			}
		}
		return true
	})
}

// record is what Discord remembers until now.
func (p *party) record() (d proof.Discord) {
	p.Discord.Look(func(r *proof.DiscordReader) { d = r.Discord })
	d.Ended, d.Awake = time.Now(), map[string][]proof.Span{}
	for _, r := range p.ingress {
		d.Awake[r.Host()] = r.Awake()
	}
	return d
}
