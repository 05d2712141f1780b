package desk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/desk"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// claims are those of a broker that stores nothing else.
type claims struct {
	desk.Broker
	mu  sync.Mutex
	all map[string]bool

	orders    map[string]broker.KeptOrder
	revisions broker.Revision
	moved     bool // the job has a state
}

func (c *claims) KeepOrder(_ context.Context, key string, data []byte, was broker.Revision) (broker.Revision, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if was != broker.AnyRevision && was != c.orders[key].Revision {
		return 0, broker.ErrConflict
	}
	c.revisions++
	c.orders[key] = broker.KeptOrder{Key: key, Data: data, Stored: time.Now(), Revision: c.revisions}
	return c.revisions, nil
}

func (c *claims) DropOrder(_ context.Context, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.orders, key)
	return nil
}

func (c *claims) KeptOrders(context.Context) iter.Seq2[broker.KeptOrder, error] {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Collect(maps.Values(c.orders))
	return func(yield func(broker.KeptOrder, error) bool) {
		for _, o := range all {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (c *claims) Claim(_ context.Context, key string, _ time.Duration) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	won := !c.all[key]
	c.all[key] = true
	return won, nil
}

func (c *claims) Claimed(_ context.Context, key string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[key], nil
}

func (c *claims) Last(context.Context, job.ID) (job.State, error) {
	if c.moved {
		return job.State{Phase: job.Queued}, nil
	}
	return job.State{}, broker.ErrNotFound
}

func (c *claims) Reply(context.Context, job.ID) ([]byte, broker.Revision, error) {
	return nil, 0, broker.ErrNotFound
}

func (c *claims) Pending(context.Context, job.ID) (job.Request, error) {
	return job.Request{}, broker.ErrNotFound
}

type board struct{ desk.Board }

func (board) Reachable() bool { return true }

type nothing struct{ desk.Catalog }

func (nothing) Get() workflow.Catalog         { return workflow.Catalog{} }
func (nothing) Refresh(context.Context) error { return nil }

// told is a Discord that notes how it was answered.
type told struct {
	desk.Discord
	mu    sync.Mutex
	ways  []string
	words string
	shown api.Posted // what ReadOriginal finds
	err   error      // or why it does not
}

func (d *told) ReadOriginal(context.Context, api.Token) (api.Posted, error) { return d.shown, d.err }

func (d *told) note(way string) (api.Posted, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ways = append(d.ways, way)
	return api.Posted{ID: "1"}, nil
}

// got is how it was answered so far.
func (d *told) got() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.ways, " ")
}

func (d *told) Reply(_ context.Context, _ api.Interaction, m api.Message) (api.Posted, error) {
	d.words = m.Content
	return d.note("reply")
}

func (d *told) Defer(context.Context, api.Interaction, bool) (api.Posted, error) {
	return d.note("defer")
}

func (d *told) Followup(_ context.Context, _ api.Token, m api.Message) (api.Posted, error) {
	d.words = m.Content
	return d.note("tell")
}

func (d *told) EditOriginal(_ context.Context, _ api.Token, m api.Message) (api.Posted, error) {
	d.words = m.Content
	return d.note("edit")
}

// help is an interaction that needs nothing of the broker.
func help() api.Interaction {
	return api.Interaction{Interaction: &discordgo.Interaction{
		ID: "100", Type: discordgo.InteractionApplicationCommand, GuildID: "5", ChannelID: "6",
		Member:                       &discordgo.Member{User: &discordgo.User{ID: "7"}},
		AuthorizingIntegrationOwners: map[discordgo.ApplicationIntegrationType]string{0: "5"},
		Data:                         discordgo.ApplicationCommandInteractionData{Name: "help"},
	}}
}

func TestWhatAnotherReplicaHasClaimed(t *testing.T) {
	t.Parallel()
	const won, answered = "i-100", "i-100-a"
	tests := map[string]struct {
		claimed []string
		want    string
	}{
		"nobody has":          {nil, "reply"},
		"it has not answered": {[]string{won}, "reply"},
		"it has answered":     {[]string{won, answered}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, d := &claims{all: map[string]bool{}}, &told{}
				for _, key := range test.claimed {
					c.all[key] = true
				}
				one, stop := run(t, c, d)
				one.Handle(t.Context(), help())
				time.Sleep(time.Minute)
				stop()
				if got := strings.Join(d.ways, " "); got != test.want {
					t.Errorf("answered by %q, want %q", got, test.want)
				}
			})
		})
	}
}

func run(t *testing.T, c *claims, d *told) (one *desk.Desk, stop func()) {
	return runWith(t, desk.Config{Discord: d, Broker: c, Board: board{}, Catalog: nothing{}})
}

func runWith(t *testing.T, cfg desk.Config) (one *desk.Desk, stop func()) {
	one = desk.New(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- one.Run(ctx) }()
	return one, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// leave keeps an order, as a replica does that dies then. Its command is one
// that needs nothing.
func (c *claims) leave(t *testing.T, asked time.Time, tries int) {
	c.leaveWith(t, asked, map[string]any{"job": job.NewID(), "tries": tries})
}

// leaveWith keeps what has such fields.
func (c *claims) leaveWith(t *testing.T, asked time.Time, kept map[string]any) {
	i := command(t, asked, `"name":"help"`)
	kept["interaction"] = i.Raw
	data, err := json.Marshal(kept)
	if err == nil {
		_, err = c.KeepOrder(t.Context(), i.ID, data, broker.AnyRevision)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// command is one that was given then, with such data.
func command(t *testing.T, asked time.Time, data string) api.Interaction {
	t.Helper()
	raw := fmt.Sprintf(`{"id":"%d","type":2,"application_id":"9","token":"t","version":1,"guild_id":"5","channel_id":"6",
		"authorizing_integration_owners":{"0":"5"},"member":{"user":{"id":"7"}},"data":{"id":"8","type":1,%s}}`,
		(asked.UnixMilli()-1420070400000)<<22, data)
	i, err := api.ParseInteraction([]byte(raw), asked)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Two replicas that have never heard of it find an order that was left behind,
// and one of them goes on with it.
func TestAnOrderThatWasLeftBehind(t *testing.T) {
	t.Parallel()
	thinking, gone := api.Posted{Loading: true}, &api.Error{Kind: api.Unknown}
	tests := map[string]struct {
		asked time.Duration // ago
		tries int
		found api.Posted
		err   error
		moved bool
		want  string
		words string
	}{
		"its asker reads thinking":       {found: thinking, want: "edit"},
		"once more":                      {found: thinking, tries: 1, want: "edit"},
		"too often":                      {found: thinking, tries: 2, want: "edit", words: "nothing was ordered"},
		"when little time is left":       {found: thinking, asked: 800 * time.Second, want: "edit", words: "nothing was ordered"},
		"it was answered":                {},
		"it is a job with a state":       {found: thinking, moved: true},
		"Discord has given it up":        {err: gone},
		"Discord can not tell right now": {err: &api.Error{Kind: api.Down}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, d := &claims{orders: map[string]broker.KeptOrder{}, all: map[string]bool{}, moved: test.moved}, &told{shown: test.found, err: test.err}
				c.leave(t, time.Now().Add(-test.asked), test.tries)
				_, stop := run(t, c, d)
				_, stopOther := run(t, c, d)
				time.Sleep(time.Minute)
				stop()
				stopOther()
				if got := strings.Join(d.ways, " "); got != test.want || !strings.Contains(d.words, test.words) {
					t.Errorf("answered by %q, want %q: %s", got, test.want, d.words)
				}
				if kept := len(c.orders) > 0; kept != (api.KindOf(d.err) == api.Down) {
					t.Errorf("it is still kept: %v", kept)
				}
			})
		})
	}
}

// While its replica may still be at it an order is nobody else's.
func TestAnOrderHasItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, d := &claims{orders: map[string]broker.KeptOrder{}, all: map[string]bool{}}, &told{shown: api.Posted{Loading: true}}
		_, stop := run(t, c, d)
		c.leave(t, time.Now(), 0)
		time.Sleep(20 * time.Second)
		stop()
		if len(d.ways) > 0 {
			t.Error("it was taken over")
		}
	})
}
