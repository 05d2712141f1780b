package desk_test

import (
	"context"
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
	return job.State{}, broker.ErrNotFound
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
	mu   sync.Mutex
	ways []string
}

func (d *told) note(way string) (api.Posted, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ways = append(d.ways, way)
	return api.Posted{ID: "1"}, nil
}

func (d *told) Reply(context.Context, api.Interaction, api.Message) (api.Posted, error) {
	return d.note("reply")
}

func (d *told) EditOriginal(context.Context, api.Token, api.Message) (api.Posted, error) {
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
	const won, answered, pictures, over = "i-100", "i-100-a", "i-100-p", "i-100-e"
	tests := map[string]struct {
		claimed []string
		want    string
	}{
		"nobody has":                             {nil, "reply"},
		"it has not answered":                    {[]string{won}, "reply"},
		"it has answered":                        {[]string{won, answered}, ""},
		"it fetches pictures, and is never done": {[]string{won, answered, pictures}, "edit"},
		"it has fetched pictures":                {[]string{won, answered, pictures, over}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, d := &claims{all: map[string]bool{}}, &told{}
				for _, key := range test.claimed {
					c.all[key] = true
				}
				one := desk.New(desk.Config{Discord: d, Broker: c, Board: board{}, Catalog: nothing{}})
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- one.Run(ctx) }()
				one.Handle(ctx, help())
				time.Sleep(time.Minute)
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if got := strings.Join(d.ways, " "); got != test.want {
					t.Errorf("answered by %q, want %q", got, test.want)
				}
			})
		})
	}
}

// A replica that ends does not wait until others would have to be replaced.
func TestTheEndWaitsForNoLooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &claims{all: map[string]bool{"i-100": true, "i-100-a": true, "i-100-p": true}}
		one := desk.New(desk.Config{Discord: &told{}, Broker: c, Board: board{}, Catalog: nothing{}})
		ctx, cancel := context.WithCancel(t.Context())
		one.Handle(ctx, help())
		cancel()
		began := time.Now()
		if err := one.Run(ctx); err != nil || time.Since(began) > time.Second {
			t.Errorf("it took %v, %v", time.Since(began), err)
		}
	})
}
