package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// cancelCommand stops the job that /cancel names.
func (v *visit) cancelCommand(ctx context.Context) {
	s, ok := v.named(ctx)
	if !ok {
		return
	}
	if !v.governs(s) {
		v.say(ctx, card.NotYours())
		return
	}
	if err := v.hold(ctx, true); err != nil {
		v.log.WarnContext(ctx, "a cancel could not be answered", slog.Any(keyError, err))
	}
	v.cancel(ctx, s)
}

// cancelClick stops the job of the card. The click's token goes to the card.
func (v *visit) cancelClick(ctx context.Context, s subject) {
	if !v.governs(s) {
		v.say(ctx, card.NotYours())
		return
	}
	if err := v.holdUpdate(ctx); err != nil {
		v.log.WarnContext(ctx, "a click could not be answered", slog.Any(keyError, err))
	}
	v.renew(ctx, s)
	if s.state.Phase.Ended() {
		return // the card was behind: it is brought up to date
	}
	v.cancel(ctx, s)
}

// cancel asks the bridge, and tells what it says. A card tells by itself that
// its job was cancelled.
func (v *visit) cancel(ctx context.Context, s subject) {
	user, err := job.NewUser("discord", v.i.Asker().ID)
	if err != nil {
		v.fail(ctx, err)
		return
	}
	began := v.later(func(ctx context.Context) {
		answer, err := v.d.cfg.Broker.Cancel(ctx, v.d.cfg.Queue, s.id, string(user))
		switch {
		case err != nil:
			v.failOf(ctx, err, s.id)
		case !v.keeps:
			v.say(ctx, card.Said(answer.Words))
		}
	})
	if !began {
		v.say(ctx, card.Busy())
	}
}

// refresh gives the click's token to the card, which is brought up to date.
func (v *visit) refresh(ctx context.Context, s subject) {
	if s.handle == nil {
		v.say(ctx, card.OldButton())
		return
	}
	if s.handle.Private && !v.governs(s) {
		v.say(ctx, card.Hidden())
		return
	}
	if err := v.holdUpdate(ctx); err != nil {
		v.log.WarnContext(ctx, "a click could not be answered", slog.Any(keyError, err))
		return
	}
	v.renew(ctx, s)
}

// renew gives the click's token to the card that was clicked. An end that
// waited for it is shown now.
func (v *visit) renew(ctx context.Context, s subject) {
	clicked := v.clicked()
	if s.handle == nil || clicked.ID == "" || (s.handle.Card != "" && s.handle.Card != clicked.ID) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackBy)
	defer cancel()
	if s.handle.Card == "" && !v.answers(ctx, *s.handle) {
		return
	}
	_, err := v.d.handles.Change(ctx, s.id, func(h *reply.Handle) {
		h.Card = clicked.ID
		h.Renew(v.i)
	})
	if err != nil {
		v.log.WarnContext(ctx, "a click's token could not be kept", slog.String(keyJob, s.id.String()), slog.Any(keyError, err))
		return
	}
	v.catchUp(s)
}

// catchUp lets the board look at an end that it has not shown wholly.
func (v *visit) catchUp(s subject) {
	if s.state.Phase.Ended() && s.handle.Ending.Done.IsZero() {
		v.d.cfg.Board.Show(s.id)
	}
}

// answers reports whether the message that was clicked is the answer to what
// asked for the job, or the set-up card on which it was asked for.
func (v *visit) answers(ctx context.Context, h reply.Handle) bool {
	asked := v.i.Message.InteractionMetadata
	if asked == nil || asked.ID == h.Interaction {
		return asked != nil
	}
	ordered, err := v.d.handles.Get(ctx, job.FromInteraction(asked.ID))
	return err == nil && ordered.Interaction == h.Interaction
}

// decideBy is how long a token has to live for a question whose answer needs it.
const decideBy = 3 * time.Minute

// confirm asks whether a result is to be deleted. The click's token goes to the
// card: it may be the only one that can delete it.
func (v *visit) confirm(ctx context.Context, s subject) {
	if !v.governs(s) {
		v.say(ctx, card.NotYours())
		return
	}
	if err := v.holdUpdate(ctx); err != nil {
		v.log.WarnContext(ctx, "a click could not be answered", slog.Any(keyError, err))
		return
	}
	if s.handle == nil {
		v.eraseClicked(ctx, s)
		return
	}
	if s.handle.ByToken(v.d.cfg.Now().Add(decideBy)) { // it is the one that deletes further answers
		v.catchUp(s)
	} else {
		v.renew(ctx, s)
	}
	v.tell(ctx, card.Confirm(s.id))
}

// eraseClicked deletes the message that was clicked, and the files of its job:
// when the handle has expired nothing else tells which message it is.
func (v *visit) eraseClicked(ctx context.Context, s subject) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackBy)
	defer cancel()
	_, err := v.eraseAll(ctx, s)
	if err == nil {
		err = gone(v.d.cfg.Discord.DeleteOriginal(ctx, v.i.Access()))
	}
	if err != nil {
		v.failOf(ctx, err, s.id)
	}
}

// erase deletes a result: its messages and its stored files.
func (v *visit) erase(ctx context.Context, s subject) {
	if !v.governs(s) {
		v.say(ctx, card.NotYours())
		return
	}
	if err := v.holdUpdate(ctx); err != nil {
		v.log.WarnContext(ctx, "a click could not be answered", slog.Any(keyError, err))
		return
	}
	began := v.later(func(ctx context.Context) {
		m := card.Erased()
		left, err := v.eraseAll(ctx, s)
		switch {
		case err == nil && s.handle == nil:
			m = card.Said("The stored files are deleted. Its message is no longer known: press Delete there once more")
		case err == nil && left > 0:
			m = card.Said(fmt.Sprintf("Deleted, with its stored files, but for %d of the messages that only you can see: "+
				"Discord lets nobody but you remove them, by “Dismiss message”", left))
		case err != nil:
			v.log.ErrorContext(ctx, "a result could not be deleted wholly", slog.String(keyJob, s.id.String()), slog.Any(keyError, err))
			m = card.Failure(err, s.id)
		}
		v.replace(ctx, m)
	})
	if !began {
		v.say(ctx, card.Busy())
	}
}

// eraseAll deletes the files first: a message without them is no harm. It tells
// how many messages are left that only their reader can remove.
func (v *visit) eraseAll(ctx context.Context, s subject) (left int, err error) {
	for _, r := range s.state.Results {
		if err := v.d.cfg.Broker.DeleteResult(ctx, r.Name); err != nil {
			return 0, err
		}
	}
	if s.handle == nil {
		return 0, nil
	}
	h, err := v.d.handles.Change(ctx, s.id, func(h *reply.Handle) { h.Ending.Erased = true })
	if err != nil {
		return 0, err
	}
	if left, err = v.eraseFurther(ctx, h); err != nil {
		return left, err
	}
	return left, v.eraseCard(ctx, h)
}

// eraseFurther deletes the messages beside the card. An answer that one person
// alone sees only its own token deletes: that it is not found by another one
// says nothing.
func (v *visit) eraseFurther(ctx context.Context, h reply.Handle) (left int, err error) {
	var errs []error
	for _, m := range h.Ending.Sent {
		if !m.Tail || h.ByBot() {
			errs = append(errs, gone(v.d.cfg.Discord.Delete(ctx, m.Channel, m.Message)))
			continue
		}
		err := v.d.cfg.Discord.DeleteFollowup(ctx, h.Access(), m.Message)
		switch {
		case err == nil:
		case api.KindOf(err) == api.TokenDead || gone(err) == nil:
			left++
		default:
			errs = append(errs, err)
		}
	}
	return left, errors.Join(errs...)
}

func (v *visit) eraseCard(ctx context.Context, h reply.Handle) error {
	if h.Card == "" || h.Gone {
		return nil
	}
	if h.ByToken(v.d.cfg.Now()) {
		err := gone(v.d.cfg.Discord.DeleteOriginal(ctx, h.Access()))
		if err == nil || !h.ByBot() {
			return err
		}
	}
	return gone(v.d.cfg.Discord.Delete(ctx, h.Channel, h.Card))
}

// gone forgives that a message is not there.
func gone(err error) error {
	if kind := api.KindOf(err); kind == api.Gone || kind == api.Unknown {
		return nil
	}
	return err
}

// named is the job that a command names; it answers where there is none that
// the asker may know of.
func (v *visit) named(ctx context.Context) (subject, bool) {
	id, err := command.JobOf(v.i)
	if err != nil {
		v.fail(ctx, err)
		return subject{}, false
	}
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	s, err := v.look(hurry, id)
	switch {
	case err != nil:
		v.unreachable(ctx, err)
	case !s.known():
		v.failOf(ctx, errUnknown(), id)
	case !v.sees(s):
		v.say(ctx, card.Hidden())
	default:
		return s, true
	}
	return subject{}, false
}
