package desk

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/job"
)

// stance is how an interaction is to be answered next.
type stance int

const (
	fresh    stance = iota // by a new message
	updating               // by changing the message that was clicked
	deferred               // by editing what a deferred answer shows
)

// visit is one interaction that we answer. It belongs to one goroutine.
type visit struct {
	d         *Desk
	i         api.Interaction
	began     time.Time
	until     time.Time // the broker may take so long for what the answer needs
	stance    stance
	keeps     bool      // the message that was clicked is not to be changed by words
	asks      job.ID    // that the interaction may become; zero for one that orders nothing
	opening   time.Time // as the job's handle has it, while an edit of ours is on its way
	insists   job.ID    // whose card is shown: it replaces what somebody else has answered, while nothing is known of the job
	draft     string    // of the set-up card that orders
	kept      *kept     // what others go on with if we die, until it is settled; nil: nothing
	resumes   bool      // it was another replica's
	preceded  bool      // another replica gave the first answer, which may have been the card
	entrusted bool      // a task gives the answer, and settles it
	unheard   bool      // whether Discord has the last answer is not known
	log       *slog.Logger
}

func (d *Desk) visit(i api.Interaction, began time.Time) *visit {
	return &visit{d: d, i: i, began: began, until: began.Add(answerBy), log: d.cfg.Log.With(slog.String(keyInteraction, i.ID))}
}

// dispatch answers.
func (v *visit) dispatch(ctx context.Context) {
	if m := v.refusal(ctx); m != nil {
		if v.i.Type == discordgo.InteractionApplicationCommandAutocomplete {
			v.choose(ctx, nil)
			return
		}
		v.say(ctx, *m)
		return
	}
	switch v.i.Type {
	case discordgo.InteractionApplicationCommand:
		v.command(ctx)
	case discordgo.InteractionApplicationCommandAutocomplete:
		v.suggest(ctx)
	case discordgo.InteractionMessageComponent:
		v.click(ctx)
	case discordgo.InteractionModalSubmit:
		v.submitted(ctx)
	}
}

// brokerless answers while it is not known who should: in words. Another
// replica may do the same; Discord takes the first answer.
func (v *visit) brokerless(ctx context.Context) {
	switch {
	case v.i.Type == discordgo.InteractionApplicationCommandAutocomplete:
		v.offer(ctx, nil)
	case command.Of(v.i) == command.Help && v.i.Type == discordgo.InteractionApplicationCommand:
		v.say(ctx, card.Help(v.d.cfg.Commands()))
	default:
		v.say(ctx, card.Unreachable())
	}
}

// hurry is ctx for what the broker has to do before the answer.
func (v *visit) hurry(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithDeadline(ctx, v.until)
}

// say answers with a message for the asker alone, if the answer is a new one.
func (v *visit) say(ctx context.Context, m api.Message) {
	if v.passes(ctx) {
		return
	}
	if v.stance == deferred && v.keeps {
		v.tell(ctx, m)
		return
	}
	v.adds()
	m.Ephemeral = true
	if _, err := v.show(ctx, m); err != nil {
		v.log.WarnContext(ctx, "an answer did not arrive", slog.Any(keyError, err))
	}
}

// fail answers with what went wrong.
func (v *visit) fail(ctx context.Context, err error) {
	v.failOf(ctx, err, job.ID{})
}

func (v *visit) failOf(ctx context.Context, err error, id job.ID) {
	if v.passes(ctx) {
		v.log.InfoContext(ctx, "here it went wrong", slog.Any(keyError, err))
		return
	}
	if job.CodeOf(err) == job.CodeInternal {
		v.log.ErrorContext(ctx, "an interaction could not be served", slog.Any(keyError, err))
	}
	v.say(ctx, card.Failure(err, id))
}

// show answers with a message as the stance has it. An answer that somebody
// else gave before is edited by the card of a job only: it may be one.
func (v *visit) show(ctx context.Context, m api.Message) (api.Posted, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackBy)
	defer cancel()
	p, err := v.send(ctx, m)
	for kind := api.KindOf(err); kind == api.Down && v.early(ctx); kind = api.KindOf(err) {
		p, err = v.send(ctx, m) // where the first has arrived after all, Discord says so
	}
	switch kind := api.KindOf(err); {
	case kind == api.Acked && (v.insists.IsZero() || v.moved(ctx)):
		return p, nil
	case kind == api.Acked:
		p, err = v.edit(ctx, m)
		v.preceded = true
	case kind == api.TooLate:
		v.d.count.late.Add(1)
	}
	v.unheard = unheard(err)
	if err == nil {
		v.mark(ctx)
		v.stance = deferred
	}
	return p, err
}

// moved reports whether the job whose card is shown may have a state. Then its
// card is the board's: a late first card would replace the job's end.
func (v *visit) moved(ctx context.Context) bool {
	_, err := v.d.cfg.Broker.Last(ctx, v.insists)
	return !errors.Is(err, broker.ErrNotFound)
}

// again is the pause before an answer that did not arrive is sent once more,
// and lastAnswer when that makes no sense any more.
const (
	again      = 250 * time.Millisecond
	lastAnswer = 2500 * time.Millisecond
)

// tellAgain is the pause before words that did not arrive are sent once more,
// and tellBy when that ends.
const (
	tellAgain = time.Second
	tellBy    = 10 * time.Second
)

// early waits a moment, and reports whether Discord would still take an answer.
func (v *visit) early(ctx context.Context) bool {
	return time.Since(v.began) < lastAnswer-again && pause(ctx, again)
}

func (v *visit) send(ctx context.Context, m api.Message) (api.Posted, error) {
	switch v.stance {
	case updating:
		err := v.d.cfg.Discord.Update(ctx, v.i, m)
		if !v.asks.IsZero() {
			v.outran(ctx) // another click may have made the card before
		}
		return v.clicked(), err
	case deferred:
		return v.edit(ctx, m)
	}
	return v.d.cfg.Discord.Reply(ctx, v.i, m)
}

// clicked is the message with what was clicked.
func (v *visit) clicked() api.Posted {
	m := v.i.Message
	if m == nil {
		return api.Posted{}
	}
	return api.Posted{ID: m.ID, Channel: m.ChannelID, Ephemeral: m.Flags&discordgo.MessageFlagsEphemeral != 0}
}

// hold answers that the answer comes later.
func (v *visit) hold(ctx context.Context, quiet bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackBy)
	defer cancel()
	if v.stance == deferred {
		return nil
	}
	err := v.sendHold(ctx, quiet)
	for kind := api.KindOf(err); kind == api.Down && v.early(ctx); kind = api.KindOf(err) {
		err = v.sendHold(ctx, quiet)
	}
	if api.KindOf(err) == api.TooLate {
		v.d.count.late.Add(1)
	}
	if err != nil && api.KindOf(err) != api.Acked {
		return err
	}
	v.mark(ctx)
	v.keeps = v.stance == updating
	v.stance = deferred
	return nil
}

func (v *visit) sendHold(ctx context.Context, quiet bool) error {
	if v.stance == updating {
		return v.d.cfg.Discord.DeferUpdate(ctx, v.i)
	}
	_, err := v.d.cfg.Discord.Defer(ctx, v.i, quiet)
	return err
}

// changes lets the first answer be a change of the message that was clicked.
func (v *visit) changes() {
	if v.stance == fresh {
		v.stance = updating
	}
}

// adds lets the first answer be a new message.
func (v *visit) adds() {
	if v.stance == updating {
		v.stance = fresh
	}
}

// holdUpdate answers a click without changing the message yet.
func (v *visit) holdUpdate(ctx context.Context) error {
	v.changes()
	return v.hold(ctx, false)
}

// tell says something to the asker alone after a click was answered without a
// change: the message that was clicked stays as it is. What may have arrived is
// said once more: twice is better than never.
func (v *visit) tell(ctx context.Context, m api.Message) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellBy)
	defer cancel()
	m.Ephemeral = true
	var err error
	for again := true; again; {
		_, err = v.d.cfg.Discord.Followup(ctx, v.i.Access(), m)
		v.unheard = unheard(err)
		again = v.unheard && pause(ctx, tellAgain)
	}
	if err != nil {
		v.log.WarnContext(ctx, "an answer did not arrive", slog.Any(keyError, err))
	}
}

// unheard reports whether an answer that failed so may be given later.
func unheard(err error) bool {
	kind := api.KindOf(err)
	return kind == api.Down || kind == api.Limited || errors.Is(err, errUnannounced)
}

// mark lets the other replicas know that the interaction is answered. Where
// that fails one of them answers once more, which Discord refuses.
func (v *visit) mark(ctx context.Context) {
	if _, err := v.d.cfg.Broker.Claim(ctx, answered(v.i.ID), claimLife); err != nil {
		v.log.DebugContext(ctx, "an answer could not be marked", slog.Any(keyError, err))
	}
}

// ask answers with a form.
func (v *visit) ask(ctx context.Context, m api.Modal) {
	if v.stance == deferred { // what was kept has become another question
		v.say(ctx, interrupted(v.asks))
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackBy)
	defer cancel()
	err := v.d.cfg.Discord.Ask(ctx, v.i, m)
	if err != nil && api.KindOf(err) != api.Acked {
		v.log.WarnContext(ctx, "a form did not arrive", slog.Any(keyError, err))
		return
	}
	v.mark(ctx)
}
