package discord_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

var (
	crowdCards = flag.Int("cards", 24, "cards that are live at the same time in the tests of a crowd")
	crowdTime  = flag.Duration("crowd", 6*time.Second, "how long they are")
)

// crowd is many running jobs whose cards are watched.
type crowd struct {
	*script
	replicas []*discord.Ingress
	jobs     []asked
	mu       sync.Mutex
	told     map[job.ID]map[int]time.Time // job → tick → when it was published
	n        map[job.ID]int
	ended    map[job.ID]time.Time
}

func startCrowd(t *testing.T) *crowd {
	t.Helper()
	s := start(t, settings{replicas: -1, discord: discordsim.Config{}, quiet: true})
	c := &crowd{script: s.startScript(), told: map[job.ID]map[int]time.Time{}, n: map[job.ID]int{}, ended: map[job.ID]time.Time{}}
	for range 3 {
		in, _ := s.startIngress(discord.Config{MaxWaiting: 10000})
		c.replicas = append(c.replicas, in)
	}
	return c
}

// join asks for a job in a channel, and lets it run.
func (c *crowd) join(channel discordsim.ID) {
	c.Helper()
	a := c.ask(discordsim.Invocation{User: c.ann.ID, Channel: channel})
	c.running(a.id)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs = append(c.jobs, a)
	c.told[a.id] = map[int]time.Time{}
}

// tickAll publishes progress of every open job ten times a second until the
// channel is closed.
func (c *crowd) tickAll(until <-chan struct{}) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-until:
			return
		case <-tick.C:
		}
		for _, a := range c.open() {
			c.mu.Lock()
			c.n[a.id]++
			n := c.n[a.id]
			c.told[a.id][n] = time.Now()
			c.mu.Unlock()
			c.term.Progress(job.Progress{Job: a.id, Attempt: 1, Percent: min(float64(n)/20, 99), Title: fmt.Sprintf("tick%dtick", n), Started: time.Now()})
		}
	}
}

func (c *crowd) open() []asked {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.jobs), func(a asked) bool { return !c.ended[a.id].IsZero() })
}

var shownTick = regexp.MustCompile(`tick(\d+)tick`)

// staleness is how old what a card shows is.
func (c *crowd) staleness(a asked) (time.Duration, bool) {
	m := shownTick.FindStringSubmatch(textOf(a.message()))
	if m == nil {
		return 0, false
	}
	n, _ := strconv.Atoi(m[1])
	c.mu.Lock()
	defer c.mu.Unlock()
	// What is shown is true until the next tick.
	next, ok := c.told[a.id][n+1]
	if !ok {
		return 0, true
	}
	return time.Since(next), true
}

// watch samples how stale the cards are that ok accepts, until the channel is
// closed.
func (c *crowd) watch(until <-chan struct{}) []time.Duration {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var all []time.Duration
	for {
		select {
		case <-until:
			slices.Sort(all)
			return all
		case <-tick.C:
		}
		for _, a := range c.open() {
			if d, ok := c.staleness(a); ok {
				all = append(all, d)
			}
		}
	}
}

// finish ends a job, and returns how long it took from then until people saw
// it: the result, and a card that tells the end or leads to it.
func (c *crowd) finish(a asked, within time.Duration) time.Duration {
	c.mu.Lock()
	c.ended[a.id] = time.Now()
	c.mu.Unlock()
	began := time.Now()
	c.done(a.id, pictures(1)...)
	c.await("an end that is shown", func() bool {
		card := a.message()
		if customID(card, "delete") != "" {
			return true
		}
		return slices.ContainsFunc(a.replies(), func(m *discordsim.Message) bool {
			return customID(m, "delete") != "" && strings.Contains(textOf(card), m.ID.String())
		})
	})
	took := time.Since(began)
	if took > within {
		c.Errorf("an end was shown after %v", took)
	}
	return took
}

// clean fails where Discord had to refuse something.
func (c *crowd) clean() {
	c.Helper()
	limited, refused, edits, skipped := int64(0), int64(0), uint64(0), uint64(0)
	for _, in := range c.replicas {
		s := in.Stats()
		limited += s.API.Limited
		refused += s.API.Refused
		edits += s.Board.Edits
		skipped += s.Board.Skipped
		c.Logf("%+v", s.Board)
	}
	c.Logf("%d edits, %d left to another replica, %d answers of 429, %d calls by dead tokens", edits, skipped, limited, refused)
	if limited > 0 || refused > 0 {
		c.Errorf("%d answers of 429, %d calls by dead tokens", limited, refused)
	}
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))]
}

func TestManyLiveCards(t *testing.T) {
	c := startCrowd(t)
	var channels []discordsim.ID
	for i := range 20 {
		channels = append(channels, c.discord.AddChannel(discordsim.NewChannel{Guild: c.guild.ID, Name: strconv.Itoa(i)}).ID)
	}
	for i := range *crowdCards {
		c.join(channels[i%len(channels)])
	}
	until := make(chan struct{})
	time.AfterFunc(*crowdTime, func() { close(until) })
	var group sync.WaitGroup
	group.Go(func() { c.tickAll(until) })
	all := c.watch(until)
	group.Wait()
	t.Logf("%d cards for %v: staleness p50 %v, p99 %v, worst %v", *crowdCards, *crowdTime,
		quantile(all, 0.5), quantile(all, 0.99), quantile(all, 1))
	c.clean()
	if len(all) == 0 {
		t.Error("no card was live")
	}
}

// All in one channel, half of the tokens dead and a quarter of the messages
// older than an hour; a job ends every two seconds.
func TestManyLiveCardsInOneChannel(t *testing.T) {
	c := startCrowd(t)
	quarter := max(*crowdCards/4, 1)
	for range quarter {
		c.join(c.channel.ID)
	}
	c.discord.Advance(70 * time.Minute)
	for range quarter {
		c.join(c.channel.ID)
	}
	c.discord.Advance(16 * time.Minute)
	for range 2 * quarter {
		c.join(c.channel.ID)
	}
	until := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() { c.tickAll(until) })
	var took []time.Duration
	for end := time.Now().Add(*crowdTime); time.Now().Before(end) && len(c.open()) > 0; {
		began := time.Now()
		open := c.open()
		took = append(took, c.finish(open[rand.IntN(len(open))], 5*time.Second))
		<-time.After(2*time.Second - time.Since(began))
	}
	close(until)
	group.Wait()
	slices.Sort(took)
	t.Logf("%d ends: p50 %v, worst %v", len(took), quantile(took, 0.5), quantile(took, 1))
	c.clean()
}
