package bench_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/job"
)

const (
	asksPerSecond = 100
	lookFor       = 20 * time.Second
)

// waiting is what cards cost whose jobs wait in one queue: first while its order
// stays, then while a job a second ends and all others move up. One replica has
// all the cards.
func waiting(b *testing.B, p programs) []row {
	var rows []row
	for _, cards := range []int{2000, 5000} {
		rows = append(rows, lineOf(b, p, cards)...)
	}
	return rows
}

func lineOf(b *testing.B, p programs, cards int) []row {
	s := start(b, p, 20_000)
	asking := time.Duration(cards/asksPerSecond) * time.Second
	long := s.submit(request("work", 600, 600))
	t := startTown(b, s)
	small, _ := t.ingress.memory(b)
	took, late := t.askAtRate(asksPerSecond, asking)
	line := t.line()
	for range 5 { // a busy machine has refused some
		if line < cards {
			t.askAtRate(asksPerSecond, max(asking*time.Duration(cards-line)/time.Duration(cards), time.Second))
			line = t.line()
		}
	}
	large, _ := t.ingress.memory(b)
	still := t.work(lookFor)
	if _, err := t.broker.Cancel(b.Context(), job.DefaultQueue, long.ID, "bench"); err != nil {
		b.Fatal(err)
	}
	rest(b.Context(), 5*time.Second)
	before := t.pending()
	moving := t.work(lookFor)
	ended := before - t.pending()
	limited := t.limited.Load()
	t.ingress.stop()
	name := fmt.Sprintf("%d waiting cards of one replica", line)
	return []row{
		{fmt.Sprintf("%s; %d of %d asked too late; %d answers 429: memory", name, late, len(took)+late, limited),
			megabytes(small) + " without", megabytes(large), fmt.Sprintf("%d kB a card", (large-small)>>10/int64(line)), "–"},
		{name + ", nothing moves: of a core the ingress, the bridge and NATS take", "–", still.String(), fmt.Sprintf("%.1f edits/s", still.edits), "–"},
		{fmt.Sprintf("%s, %d jobs end in %v: of a core the ingress, the bridge and NATS take", name, ended, lookFor), "–", moving.String(), fmt.Sprintf("%.1f edits/s", moving.edits), "–"},
	}
}

// load is what the processes take of a core.
type load struct{ ingress, bridge, nats, edits float64 }

func (l load) String() string {
	return fmt.Sprintf("%.1f %%, %.1f %% and %.1f %%", 100*l.ingress, 100*l.bridge, 100*l.nats)
}

// work measures that for a while.
func (t *town) work(d time.Duration) load {
	t.Helper()
	look := func() load {
		return load{t.ingress.seconds(t.B), t.bridge.seconds(t.B), t.nats.seconds(t.B), float64(t.edits.Load())}
	}
	began, was := time.Now(), look()
	rest(t.Context(), d)
	is, took := look(), time.Since(began).Seconds()
	return load{(is.ingress - was.ingress) / took, (is.bridge - was.bridge) / took, (is.nats - was.nats) / took, (is.edits - was.edits) / took}
}

// line is how many jobs are in the queue, once no more come and what that sets
// off has passed.
func (t *town) line() int {
	t.Helper()
	for was := -1; ; {
		is := t.pending()
		if is == was {
			return is
		}
		was = is
		rest(t.Context(), 5*time.Second)
	}
}

// pending is how many jobs wait or run.
func (t *town) pending() int {
	t.Helper()
	jobs, err := t.broker.PendingJobs(t.Context(), job.DefaultQueue)
	if err != nil {
		t.Fatal(err)
	}
	return len(jobs)
}

// seconds is the processor's time that the program has taken.
func (p *process) seconds(b *testing.B) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest) // from the third on (proc(5))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return float64(user+system) / 100 // ticks a second (sysconf(3))
}
