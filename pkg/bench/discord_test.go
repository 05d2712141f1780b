package bench_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

const (
	people    = 200 // on the fake Discord
	openCards = 1000
)

// town is a fake Discord, inside the benchmark, and an ingress in a process of
// its own.
type town struct {
	*stack
	sim     *discordsim.Server
	people  []discordsim.ID
	rooms   []discordsim.ID
	ingress *process
	edits   atomic.Int64
	limited atomic.Int64 // answers 429
	next    atomic.Int64
}

// startTown serves people beside a stack whose bridge has a long job, so that
// what is asked waits.
func startTown(b *testing.B, s *stack) *town {
	b.Helper()
	if err := s.broker.Init(b.Context(), broker.InitConfig{Discord: true}); err != nil {
		b.Fatal(err)
	}
	t := &town{stack: s}
	limits := discordsim.DefaultLimits()
	limits.MessagesPerRoom, limits.Interactions = 1<<16, 1<<16
	var err error
	t.sim, err = discordsim.New(discordsim.Config{Limits: &limits, Observe: t.observe})
	if err != nil {
		b.Fatal(err)
	}
	t.populate()
	l, err := discordsim.Listen(b.Context(), "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- discordsim.Serve(ctx, l, t.sim) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	t.ingress = run(b, s.discomfy, "ingress", "--sim", "http://"+l.Addr().String(), "--nats", s.url,
		"--http", freeAddress(b), "--max-waiting", "1000", "--log-format", "json")
	t.ingress.says(b, "the commands are registered")
	t.settle()
	return t
}

func (t *town) populate() {
	for i := range people {
		t.people = append(t.people, t.sim.AddUser(discordsim.NewUser{Name: fmt.Sprintf("user%d", i)}).ID)
	}
	guild := t.sim.AddGuild(discordsim.NewGuild{Name: "bench"}) // they are its members
	for i := range people / 10 {
		t.rooms = append(t.rooms, t.sim.AddChannel(discordsim.NewChannel{Guild: guild.ID, Name: fmt.Sprintf("room%d", i)}).ID)
	}
}

// observe counts what the ingress asks of Discord.
func (t *town) observe(c discordsim.Call) {
	if strings.HasPrefix(c.Route, http.MethodPatch) && c.Status < 300 {
		t.edits.Add(1)
	}
	if c.Status == http.StatusTooManyRequests {
		t.limited.Add(1)
	}
}

// settle waits until the workflows are offered, and every path was taken once.
func (t *town) settle() {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		_, i := t.ask()
		jobs, err := t.broker.PendingJobs(t.Context(), job.DefaultQueue)
		if err == nil && len(jobs) > 1 { // the long one, and this
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the ingress does not take a job: %+v", i)
		}
		rest(t.Context(), 200*time.Millisecond)
	}
}

// ask is one person's /generate, and how long its first answer took; nil where
// none came.
func (t *town) ask() (time.Duration, *discordsim.Interaction) {
	n := int(t.next.Add(1))
	began := time.Now()
	id, err := t.sim.Invoke(t.Context(), discordsim.Invocation{
		User: t.people[n%len(t.people)], Channel: t.rooms[n%len(t.rooms)], Command: "generate",
		Options: map[string]any{"workflow": "work", "more": fmt.Sprintf("seconds=1 salt=%d", n)},
	})
	if err != nil {
		return 0, nil
	}
	i, err := t.sim.Answer(t.Context(), id)
	if err != nil {
		return 0, nil
	}
	return time.Since(began), i
}

// askAtRate asks so many times a second, for so long.
func (t *town) askAtRate(perSecond int, d time.Duration) (answered sample, late int) {
	t.Helper()
	pace := rate.NewLimiter(rate.Limit(perSecond), 1)
	var mu sync.Mutex
	var asking sync.WaitGroup
	for range int(d.Seconds() * float64(perSecond)) {
		if err := pace.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		asking.Go(func() {
			took, i := t.ask()
			mu.Lock()
			defer mu.Unlock()
			if i == nil {
				late++
				return
			}
			answered = append(answered, took)
		})
	}
	asking.Wait()
	if len(answered) == 0 {
		t.Fatal("nothing was answered")
	}
	return answered, late
}

// acknowledged is from a person's /generate to the card, which stands after
// the job is in the queue.
func acknowledged(b *testing.B, p programs) []row {
	var rows []row
	for _, perSecond := range []int{50, 200} {
		s := start(b, p, 20_000)
		s.submit(request("work", 600, 1))
		t := startTown(b, s)
		took, late := t.askAtRate(perSecond, 10*time.Second)
		rows = append(rows, row{
			fmt.Sprintf("/generate → its card, %d times a second; %d of %d too late", perSecond, late, len(took)+late),
			"–", took.String(), "p99 " + ms(took.p99()), "p99 ≤ 100 ms",
		})
		t.ingress.stop()
	}
	return rows
}

// cards is what one replica edits while a thousand jobs run at once, and what
// memory that takes. The benchmark is the bridge: no GPU runs so many.
func cards(b *testing.B, p programs) []row {
	s := start(b, p, 20_000)
	s.submit(request("work", 600, 1))
	t := startTown(b, s)
	before, _ := t.ingress.memory(b)
	t.askAtRate(100, openCards/100*time.Second)
	s.bridge.stop()
	const span = 20 * time.Second
	var edits, limited int64
	var most int64
	err := s.broker.Lead(b.Context(), job.DefaultQueue, func(ctx context.Context, term *broker.Term) error {
		jobs := t.run(ctx, term)
		t.tell(ctx, term, jobs, 5*time.Second) // every card has begun
		edits, limited = t.edits.Load(), t.limited.Load()
		t.tell(ctx, term, jobs, span)
		edits, limited = t.edits.Load()-edits, t.limited.Load()-limited
		most, _ = t.ingress.memory(b)
		return errDone
	})
	if !errors.Is(err, errDone) {
		b.Fatal(err)
	}
	return []row{
		{fmt.Sprintf("edits a second of one replica, with %d running cards; %d answers 429", openCards, limited), "–",
			fmt.Sprintf("%.0f/s", float64(edits)/span.Seconds()), fmt.Sprintf("one in %.1f s for each card", openCards*span.Seconds()/float64(max(edits, 1))), "–"},
		{fmt.Sprintf("memory of the ingress with %d open cards", openCards), megabytes(before) + " without", megabytes(most), megabytes(most - before), "–"},
	}
}

// errDone ends the term that the benchmark holds.
var errDone = errors.New("done")

// run takes every job and says that it runs.
func (t *town) run(ctx context.Context, term *broker.Term) []job.ID {
	t.Helper()
	var jobs []job.ID
	for len(jobs) < openCards {
		select {
		case d := <-term.Deliveries():
			id := d.Request.ID
			if !strings.HasPrefix(string(d.Request.User), "discord") {
				continue
			}
			state := job.State{Job: id, Phase: job.Running, Attempt: 1, Starts: 1, Queue: job.DefaultQueue, Request: &d.Request}
			if err := term.Write(ctx, state); err != nil {
				t.Fatal(err)
			}
			jobs = append(jobs, id)
		case <-time.After(patience):
			t.Fatalf("%d jobs are there", len(jobs))
		}
	}
	return jobs
}

// tell publishes the progress of each job twice a second.
func (t *town) tell(ctx context.Context, term *broker.Term, jobs []job.ID, span time.Duration) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for n := 0; time.Since(began) < span; n++ {
		for i := n % 5; i < len(jobs); i += 5 {
			done := float64(n%100) / 100
			term.Progress(job.Progress{
				Job: jobs[i], Attempt: 1, Percent: 100 * done, Title: "Sample", Step: n % 100, Steps: 100,
				Started: began, At: time.Now(),
			})
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
