package desk

import (
	"context"
	"errors"
	"log/slog"

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
	if err := v.promise(ctx, job.ID{}, true); err != nil {
		v.log.WarnContext(ctx, "a cancel could not be answered", slog.Any(keyError, err))
		if errors.Is(err, errUnkept) {
			return
		}
	}
	v.cancel(ctx, s)
}

// cancelClick stops the job of the card. The click's token goes to the card.
func (v *visit) cancelClick(ctx context.Context, s subject) {
	if !v.governs(s) {
		v.say(ctx, card.NotYours())
		return
	}
	if s.state.Phase.Ended() { // the card was behind
		v.bringUpToDate(ctx, s)
		return
	}
	v.changes()
	if err := v.promise(ctx, job.ID{}, false); err != nil {
		v.log.WarnContext(ctx, "a click could not be answered", slog.Any(keyError, err))
	}
	v.renew(ctx, s)
	v.cancel(ctx, s)
}

// cancel asks the bridge, and tells what it says. A card tells by itself that
// its job was cancelled.
func (v *visit) cancel(ctx context.Context, s subject) {
	v.later(ctx, func(ctx context.Context) {
		user, err := job.NewUser("discord", v.i.Asker().ID)
		if err != nil {
			v.fail(ctx, err)
			return
		}
		answer, err := v.d.cfg.Broker.Cancel(ctx, v.d.cfg.Queue, s.id, string(user))
		switch {
		case err != nil:
			v.failOf(ctx, err, s.id)
		case !v.keeps:
			v.say(ctx, card.Said(answer.Words))
		}
	})
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
	v.bringUpToDate(ctx, s)
}

// bringUpToDate answers a click on a card by nothing but the card itself.
func (v *visit) bringUpToDate(ctx context.Context, s subject) {
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
		if !v.resumes || h.TokenDies.Before(v.i.Access().Dies) {
			h.Renew(v.i)
		}
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
