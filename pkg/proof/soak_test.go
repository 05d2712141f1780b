//go:build linux

package proof_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"discomfy/pkg/job"
	"discomfy/pkg/proof/internal/rig"
)

var soakHours = flag.Float64("hours", 0.1, "simulated hours of a soak")

const (
	// haste is how much faster than reality a soak is.
	haste = 100
	// jobTime is how long a typical job keeps the GPU busy, and so how often one
	// comes when people keep it busy all day.
	jobTime = 10 * time.Second
	// soakSamples is how often a soak looks at its processes.
	soakSamples = 8
)

// TestSoak works for simulated hours, as a GPU that is never idle would make
// it, with a line that drops now and then, and looks at idle moments at what
// grows.
func TestSoak(t *testing.T) {
	if *soakHours < 1 {
		t.Parallel()
	}
	s := newStageWith(t, rig.Config{Speed: fmt.Sprint(haste), Lease: 6 * time.Second, ResultsBytes: 1 << 30})
	active, standby := s.Bridge("active"), s.Bridge("standby")
	s.must(active.Arm())
	s.Eventually("the bridge is active", active.Active)
	s.must(standby.Arm())
	jobs := max(2*soakSamples, int(*soakHours*float64(time.Hour/jobTime)))
	t.Logf("%d jobs, %v hours at %d times their pace", jobs, *soakHours, haste)

	var samples []sample
	for round := range soakSamples {
		begin := len(s.accepted)
		s.busy(jobs*(round+1)/soakSamples-begin, round)
		samples = append(samples, s.sample(len(s.accepted), active, standby))
		t.Log(samples[round])
	}
	report := s.Judge(s.accepted, nil)
	t.Logf("\n%s", report)
	if err := report.Err(); err != nil || len(report.Failures) > 0 {
		t.Errorf("%v, failures: %v", err, report.Failures)
	}
	for _, complaint := range growth(samples) {
		t.Error(complaint)
	}
}

// busy asks for jobs at the pace at which they are done, follows each as its
// submitter would, and returns when all have ended.
func (s *stage) busy(n, round int) {
	s.Helper()
	pace := time.NewTicker(jobTime / haste)
	defer pace.Stop()
	for i := range n {
		<-pace.C
		o := order{user: fmt.Sprintf("user%d", i%7), workflow: "txt2img", args: map[string]string{
			"prompt": fmt.Sprintf("fish %d", i), "seed": fmt.Sprint(round*1_000_000 + i), "steps": "6", "width": "64", "height": "64",
		}}
		s.submit(s.Request(o.user, o.workflow, o.args))
		if i%200 == 50 {
			s.must(s.Command("drop_sockets"))
		}
	}
	s.Settled(rig.Patience)
	for _, id := range s.accepted[len(s.accepted)-n:] {
		if end := s.Ended(id); end.Phase != job.Done {
			s.Errorf("job %s is %s: %v", id, end.Phase, end.Error)
		}
	}
}

// sample is what the processes take at an idle moment.
type sample struct {
	jobs            int
	active, standby rig.Vitals
	nats            rig.Vitals
	store           rig.Store
}

func (s sample) String() string {
	return fmt.Sprintf("after %5d jobs: active %v; standby %v; NATS %v, %v", s.jobs, s.active, s.standby, s.nats, s.store)
}

func (s *stage) sample(jobs int, active, standby *rig.Bridge) sample {
	s.Helper()
	return sample{
		jobs: jobs, active: s.Vitals(active), standby: s.Vitals(standby),
		nats: s.ProcessVitals(s.NATS), store: s.Store(),
	}
}

// measure is something that must not grow: what it is, and by how much it may
// exceed what it was after the first quarter.
type measure struct {
	name   string
	of     func(sample) float64
	factor float64
	more   float64
}

const mib = 1 << 20

var measures = []measure{
	{"the active bridge's goroutines", func(s sample) float64 { return float64(s.active.Goroutines) }, 1, 4},
	{"the active bridge's heap", func(s sample) float64 { return float64(s.active.Heap) }, 1.25, 2 * mib},
	{"the active bridge's memory", func(s sample) float64 { return float64(s.active.RSS) }, 1.25, 8 * mib},
	{"the active bridge's files", func(s sample) float64 { return float64(s.active.Files) }, 1, 4},
	{"the standby's goroutines", func(s sample) float64 { return float64(s.standby.Goroutines) }, 1, 4},
	{"the standby's heap", func(s sample) float64 { return float64(s.standby.Heap) }, 1.25, 2 * mib},
	{"the standby's memory", func(s sample) float64 { return float64(s.standby.RSS) }, 1.25, 8 * mib},
	{"the standby's files", func(s sample) float64 { return float64(s.standby.Files) }, 1, 4},
	{"NATS's files", func(s sample) float64 { return float64(s.nats.Files) }, 1.5, 32},
	{"NATS's consumers", func(s sample) float64 { return float64(s.store.Consumers) }, 1, 0},
	{"NATS's subscriptions", func(s sample) float64 { return float64(s.store.Subscriptions) }, 1, 8},
	{"the queue", func(s sample) float64 { return float64(s.store.Queued) }, 1, 0},
	{"storage for each job", func(s sample) float64 { return float64(s.store.Bytes) / float64(s.jobs) }, 1.1, 1 << 10},
}

// growth compares the last quarter of a soak with its second one; the first is
// for warming up.
func growth(samples []sample) []string {
	quarter := len(samples) / 4
	before, after := samples[quarter:2*quarter], samples[len(samples)-quarter:]
	var complaints []string
	for _, m := range measures {
		was, is := median(before, m.of), median(after, m.of)
		if limit := was*m.factor + m.more; is > limit {
			complaints = append(complaints, fmt.Sprintf("%s: %.0f was %.0f before, at most %.0f", m.name, is, was, limit))
		}
	}
	return complaints
}

func median(samples []sample, of func(sample) float64) float64 {
	var values []float64
	for _, s := range samples {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func TestGrowthIsNoticed(t *testing.T) {
	t.Parallel()
	flat := func() []sample {
		var list []sample
		for i := range soakSamples {
			v := rig.Vitals{Goroutines: 40, Heap: 8 * mib, RSS: 40 * mib, Files: 12}
			jobs := 200 * (i + 1)
			list = append(list, sample{jobs: jobs, active: v, standby: v, nats: v,
				store: rig.Store{Consumers: 1, Subscriptions: 60, Bytes: int64(jobs) * 10_000}})
		}
		return list
	}
	if got := growth(flat()); len(got) > 0 {
		t.Errorf("what is flat is said to grow: %v", got)
	}
	for name, leak := range map[string]func(*sample){
		"goroutines":        func(s *sample) { s.active.Goroutines += s.jobs / 100 },
		"heap":              func(s *sample) { s.standby.Heap += int64(s.jobs) * 10_000 },
		"memory":            func(s *sample) { s.active.RSS += int64(s.jobs) * 50_000 },
		"files":             func(s *sample) { s.active.Files += s.jobs / 100 },
		"consumers":         func(s *sample) { s.store.Consumers += s.jobs / 500 },
		"subscriptions":     func(s *sample) { s.store.Subscriptions += s.jobs / 50 },
		"jobs in the queue": func(s *sample) { s.store.Queued += s.jobs / 1000 },
		"storage":           func(s *sample) { s.store.Bytes += int64(s.jobs) * int64(s.jobs) * 10 },
	} {
		samples := flat()
		for i := range samples {
			leak(&samples[i])
		}
		if got := growth(samples); len(got) != 1 {
			t.Errorf("a leak of %s leads to %v", name, got)
		}
	}
}
