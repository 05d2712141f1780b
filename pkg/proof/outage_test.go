//go:build linux

package proof_test

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
	"discomfy/pkg/proof/internal/rig"
)

var (
	outageTime = flag.Duration("outage", 3*time.Second, "how long NATS is away, full or cut off")
	allOutages = flag.Bool("outages", false, "have NATS be away in every way, not in a few")
)

// outage is a way in which NATS can not be used.
type outage struct {
	few   bool             // tested without -outages too
	disk  string           // size of a disk of its own
	begin func(*afflicted) // returns when it has begun
	end   func(*afflicted) // and when it is over
	told  job.Code         // what a submitter is told meanwhile; "" where jobs are accepted
}

// natsOutages is each of them.
var natsOutages = map[string]outage{
	"restarted": {
		begin: func(a *afflicted) { a.must(a.NATS.Stop(rig.Patience)); a.must(a.NATS.Start()) },
		end:   func(*afflicted) {},
	},
	"absent": {
		few:   true,
		begin: func(a *afflicted) { a.NATS.Kill() },
		end:   func(a *afflicted) { a.must(a.NATS.Start()) }, told: job.CodeUnconfirmed,
	},
	"frozen": {
		begin: func(a *afflicted) { a.NATS.Freeze() },
		end:   func(a *afflicted) { a.NATS.Thaw() }, told: job.CodeUnconfirmed,
	},
	"not reached by the bridge": {
		begin: func(a *afflicted) { a.release = a.line.Stop(rig.ToNATS) },
		end:   func(a *afflicted) { a.release() },
	},
	"not heard by the bridge": {
		begin: func(a *afflicted) { a.release = a.line.Stop(rig.FromNATS) },
		end:   func(a *afflicted) { a.release() },
	},
	"full": {
		begin: (*afflicted).fillStore,
		end:   (*afflicted).emptyStore, told: job.CodeQueueFull,
	},
	"on a full disk, and restarted when there is room": {
		few:   true,
		disk:  "96m",
		begin: func(a *afflicted) { a.release = a.FillDisk() },
		end:   func(a *afflicted) { a.release(); a.NATS.Kill(); a.must(a.NATS.Start()) }, told: job.CodeUnconfirmed,
	},
}

// afflicted is a stage whose one bridge reaches NATS by a line.
type afflicted struct {
	*stage
	line    *rig.Line
	bridge  *rig.Bridge
	release func()
}

// TestNATSThatCanNotBeUsed has NATS be away in every way, while a job runs and
// others wait. Nothing that was accepted is lost, who asks meanwhile is told in
// words, the bridge neither spins nor floods its log, and afterwards everything
// works again by itself.
func TestNATSThatCanNotBeUsed(t *testing.T) {
	t.Parallel()
	for name, o := range natsOutages {
		if !o.few && !*allOutages {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &afflicted{stage: newStageWith(t, rig.Config{
				Speed: "4", Lease: 2 * time.Second, MaxFileStore: "600MB", ResultsBytes: 64 << 20, Disk: o.disk, People: true,
			})}
			a.line = a.Line()
			a.bridge = a.ComfyUI.Bridge("only", a.line.URL())
			a.must(a.bridge.Arm())
			a.Eventually("the bridge is active", a.bridge.Active)
			for range 4 {
				a.submit(a.request(window{}))
			}
			a.Phase(a.accepted[0], job.Running)

			claimed := time.Now()
			a.claims("before", true)
			before := a.measure()
			o.begin(a)
			a.suffer(o)
			o.end(a)
			a.wellBehaved(before)
			a.worksAgain()
			if time.Since(claimed) < claimFor {
				a.claims("before", false)
			}
			a.claims("after", true)
			a.claims("after", false)
			a.verdict()
		})
	}
}

// mostAsked is how many jobs the last bit of room may take.
const mostAsked = 100

// claimFor is how long a claim surely lasts, which is a minute.
const claimFor = 50 * time.Second

// claims holds whether a key is still to be had.
func (a *afflicted) claims(key string, first bool) {
	a.Helper()
	got, err := a.Broker.Claim(a.Context(), key, 0)
	if err != nil || got != first {
		a.Errorf("claim of %q: %v, %v, want %v", key, got, err, first)
	}
}

// suffer lasts as long as the outage shall, and asks for jobs meanwhile, until
// one is refused where that is expected.
func (a *afflicted) suffer(o outage) {
	a.Helper()
	over := time.After(*outageTime)
	asked := 1
	if o.told != "" {
		asked = mostAsked
	}
	var err error
	for ; asked > 0 && err == nil; asked-- {
		q := a.request(window{})
		if _, err = a.Broker.Submit(a.Context(), q); err == nil {
			a.accepted = append(a.accepted, q.ID)
		}
	}
	a.Logf("a submitter is told: %v", err)
	if (err == nil) != (o.told == "") || err != nil && job.CodeOf(err) != o.told {
		a.Errorf("a submitter is told %v, want %q", err, o.told)
	}
	<-over
}

// measured is what a bridge has used up.
type measured struct {
	at    time.Time
	cpu   time.Duration
	lines int
}

func (a *afflicted) measure() measured {
	a.Helper()
	return measured{time.Now(), a.CPU(a.bridge.Process), a.worries()}
}

// worries counts the lines in the bridge's log that an operator sees.
func (a *afflicted) worries() int {
	a.Helper()
	text, err := os.ReadFile(a.bridge.Log)
	a.must(err)
	n := 0
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, `"level":"DEBUG"`) {
			n++
		}
	}
	return n
}

// Bounds of what a bridge may do while it can not do anything.
const (
	mostCPU   = 0.2 // of a processor, beside half a second
	mostLines = 60  // a minute, beside as many
)

func (a *afflicted) wellBehaved(before measured) {
	a.Helper()
	if !a.bridge.Running() {
		a.Fatal("the bridge has ended")
	}
	now := a.measure()
	took, cpu, lines := now.at.Sub(before.at), now.cpu-before.cpu, now.lines-before.lines
	a.Logf("in %v: %v of the processor, %d lines", took.Round(time.Millisecond), cpu, lines)
	if cpu.Seconds() > mostCPU*took.Seconds()+0.5 {
		a.Errorf("the bridge spins: %v of the processor in %v", cpu, took)
	}
	if float64(lines) > mostLines*(1+took.Minutes()) {
		a.Errorf("the bridge floods its log: %d lines in %v", lines, took)
	}
}

// worksAgain waits for what was accepted, and then follows a new job as its
// submitter would.
func (a *afflicted) worksAgain() {
	a.Helper()
	for _, id := range a.accepted {
		if end := a.Ended(id); end.Phase != job.Done {
			a.Errorf("job %s is %s: %v", id, end.Phase, end.Error)
		}
	}
	q := a.request(window{})
	a.submit(q)
	ctx, cancel := context.WithTimeout(a.Context(), rig.Patience)
	defer cancel()
	updates, err := a.Broker.Follow(ctx, q.Queue, q.ID)
	a.must(err)
	heard := 0
	for u := range updates {
		if u.Progress != nil {
			heard++
		}
		if u.State != nil && u.State.Phase.Ended() {
			break
		}
	}
	if heard == 0 {
		a.Error("no progress is heard any more")
	}
	a.Eventually("the bridge answers requests", func() bool {
		_, err := a.Broker.Cancel(a.Context(), q.Queue, q.ID, "somebody")
		return err == nil
	})
}

// junkStream fills the store, beside everything of ours.
const junkStream = "JUNK"

func (a *afflicted) fillStore() {
	a.Helper()
	a.beside(func(js jetstream.JetStream) {
		_, err := js.CreateStream(a.Context(), jetstream.StreamConfig{Name: junkStream, Subjects: []string{"junk"}})
		a.must(err)
		piece := make([]byte, 1000<<10)
		for err == nil {
			_, err = js.Publish(a.Context(), "junk", piece)
		}
		for size := len(piece); size > 1; size /= 2 { // the last bit of room
			_, _ = js.Publish(a.Context(), "junk", piece[:size])
		}
	})
}

func (a *afflicted) emptyStore() {
	a.Helper()
	a.beside(func(js jetstream.JetStream) { a.must(js.DeleteStream(a.Context(), junkStream)) })
}

// beside lends a connection for what the broker does not allow.
func (a *afflicted) beside(use func(jetstream.JetStream)) {
	a.Helper()
	nc, err := nats.Connect(a.NATSURL())
	a.must(err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	a.must(err)
	use(js)
}
