package desk

import (
	"bytes"
	"context"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
)

// answers notes how interactions were answered.
type answers struct {
	Discord
	ways []string
}

func (a *answers) Reply(_ context.Context, _ api.Interaction, m api.Message) (api.Posted, error) {
	a.ways = append(a.ways, "reply: "+m.Embeds[0].Title)
	return api.Posted{ID: "1"}, nil
}

// lone is a broker for one replica.
type lone struct{ Broker }

func (lone) Claim(context.Context, string, time.Duration) (bool, error) { return true, nil }

type reached struct{ Board }

func (reached) Reachable() bool { return true }

func slash(name string) api.Interaction {
	return api.Interaction{Interaction: &discordgo.Interaction{
		ID: "100", Type: discordgo.InteractionApplicationCommand, GuildID: "5", ChannelID: "6",
		Member:                       &discordgo.Member{User: &discordgo.User{ID: "7"}},
		AuthorizingIntegrationOwners: map[discordgo.ApplicationIntegrationType]string{0: "5"},
		Data:                         discordgo.ApplicationCommandInteractionData{Name: name},
	}}
}

// What panics over one interaction is told to who asked, logged and counted,
// and nobody else notices.
func TestAPanicOverAnInteraction(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, d *Desk){
		"while it is handled": func(t *testing.T, d *Desk) { d.Handle(t.Context(), slash("help")) },
		"in a task of its own": func(t *testing.T, d *Desk) {
			d.enter()
			defer d.busy.Done()
			d.visit(slash("help"), time.Now()).later(t.Context(), func(context.Context) { panic("index out of range") })
		},
	}
	for name, what := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				a := &answers{}
				d := New(Config{
					Discord: a, Broker: lone{}, Board: reached{}, Log: slog.New(slog.NewTextHandler(&log, nil)),
					Commands: func() []card.Command { panic("index out of range") },
				})
				what(t, d)
				d.busy.Wait()
				d.giveUp()
				if len(a.ways) != 1 || !strings.Contains(a.ways[0], "Internal error") || d.Stats().Panics != 1 {
					t.Errorf("answers %q, %d panics", a.ways, d.Stats().Panics)
				}
				if words := log.String(); !strings.Contains(words, "interaction=100") || !strings.Contains(words, "index out of range") {
					t.Errorf("the log says %s", words)
				}
			})
		})
	}
}

// hostile is a broker that holds an order over which everybody panics.
type hostile struct{ lone }

func (hostile) KeptOrders(context.Context) iter.Seq2[broker.KeptOrder, error] {
	return func(yield func(broker.KeptOrder, error) bool) {
		yield(broker.KeptOrder{Key: "100", Data: []byte("{")}, nil)
	}
}

func (hostile) DropOrder(context.Context, string) error { panic("index out of range") }

func TestAPanicOverAnOrderThatWasLeftBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := New(Config{Broker: hostile{}, Board: reached{}})
		ctx, cancel := context.WithTimeout(t.Context(), 4*ordersEvery)
		defer cancel()
		if err := d.Run(ctx); err != nil || d.Stats().Panics < 2 {
			t.Errorf("%v, %d panics", err, d.Stats().Panics)
		}
	})
}
