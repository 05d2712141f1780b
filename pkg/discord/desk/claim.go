package desk

import (
	"context"
	"log/slog"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
)

const (
	// answerBy is how long the broker may take for all that an answer needs.
	// What is left of Discord's three seconds is for the answer itself.
	answerBy = 1600 * time.Millisecond
	// overtakenBy is the same for those who take over: they begin late, and
	// nobody else is left.
	overtakenBy = 2600 * time.Millisecond
	// claimBy is how long it may take to tell who handles an interaction.
	claimBy = 1100 * time.Millisecond
	// ackBy bounds the answer to Discord; a later one would be refused.
	ackBy = 5 * time.Second
	// secondLook is when those who lost the claim look whether it was of use.
	secondLook = 1200 * time.Millisecond
	// lookBy is how long that look may take, lookAgain the pause before the next
	// one where the broker did not answer, and lastLook when there is none.
	lookBy    = 400 * time.Millisecond
	lookAgain = 50 * time.Millisecond
	lastLook  = 1800 * time.Millisecond
	// claimLife is how long a claim lasts: longer than Discord may deliver.
	claimLife = time.Minute
)

// Keys of the claims on an interaction.
func first(id string) string    { return "i-" + id }
func second(id string) string   { return "i-" + id + "-2" }
func answered(id string) string { return "i-" + id + "-a" }

// Handle answers an interaction, unless another replica does. It is a
// source.Handler.
func (d *Desk) Handle(ctx context.Context, i api.Interaction) {
	if !d.enter() {
		return
	}
	defer d.busy.Done()
	began := time.Now()
	if !d.cfg.Board.Reachable() {
		d.watch(ctx, i, began) // another replica may reach Discord
		return
	}
	claiming, cancel := context.WithTimeout(ctx, claimBy)
	won, err := d.cfg.Broker.Claim(claiming, first(i.ID), claimLife)
	cancel()
	v := d.visit(i, began)
	switch {
	case err != nil:
		d.count.handled.Add(1)
		v.log.WarnContext(ctx, "an interaction could not be claimed", slog.Any(keyError, err))
		v.brokerless(ctx)
	case won:
		d.count.handled.Add(1)
		v.serve(ctx)
	default:
		d.count.lost.Add(1)
		d.watch(ctx, i, began)
	}
}

// watch looks, a moment later, whether an interaction was answered that another
// replica has claimed: that may have died. Nobody waits for a late suggestion.
func (d *Desk) watch(ctx context.Context, i api.Interaction, began time.Time) {
	if i.Type == discordgo.InteractionApplicationCommandAutocomplete {
		return
	}
	if !pause(ctx, secondLook-time.Since(began)) {
		return
	}
	v := d.visit(i, began)
	v.until = began.Add(overtakenBy)
	switch ours, err := v.forsaken(ctx); {
	case err != nil && ctx.Err() == nil:
		v.log.WarnContext(ctx, "whether an interaction is answered is not known", slog.Any(keyError, err))
		v.brokerless(ctx)
	case ours:
		d.count.tookOver.Add(1)
		v.log.WarnContext(ctx, "nobody has answered an interaction, taking over")
		v.serve(ctx)
	}
}

// forsaken reports whether nobody has answered, and it is us who take over. It
// asks until it is too late for more than words: who has claimed the interaction
// may have died while the broker was away.
func (v *visit) forsaken(ctx context.Context) (bool, error) {
	for {
		done, err := v.answered(ctx)
		if done {
			return false, nil
		}
		if err == nil {
			ctx, cancel := context.WithTimeout(ctx, lookBy)
			defer cancel()
			won, err := v.d.cfg.Broker.Claim(ctx, second(v.i.ID), claimLife)
			return won || err != nil, nil // twice is better than never: Discord takes one answer
		}
		if time.Since(v.began) > lastLook || !pause(ctx, lookAgain) {
			return false, err
		}
	}
}

// answered reports whether somebody has told that the interaction is answered.
func (v *visit) answered(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookBy)
	defer cancel()
	return v.d.cfg.Broker.Claimed(ctx, answered(v.i.ID))
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
