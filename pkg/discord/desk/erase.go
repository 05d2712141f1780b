package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// decideBy is how long a token has to live for a question whose answer needs it.
const decideBy = 3 * time.Minute

// deletes reports whether who asks may delete the result: its owner, and
// moderators. A message that one person alone can reach is theirs, when nothing
// is known of its job any more.
func (v *visit) deletes(s subject) bool {
	alone := v.i.InBotDM() || v.clicked().Ephemeral
	return v.governs(s) || !s.known() && v.clicked().ID != "" && alone
}

// confirm asks whether a result is to be deleted. The click's token goes to the
// card: it may be the only one that can delete it.
func (v *visit) confirm(ctx context.Context, s subject) {
	switch {
	case v.deletes(s):
	case s.known():
		v.say(ctx, card.NotYours())
		return
	default:
		v.say(ctx, card.Nobodys())
		return
	}
	if err := v.holdUpdate(ctx); err != nil {
		v.log.WarnContext(ctx, "a click could not be answered", slog.Any(keyError, err))
		return
	}
	switch m := v.clicked(); {
	case s.handle == nil && (m.Ephemeral || !v.i.BotCanEdit()): // the token of this click is the only one that can
		v.eraseClicked(ctx, s)
	case s.handle == nil:
		v.tell(ctx, card.ConfirmMessage(s.id, m.ID))
	case s.handle.ByToken(v.d.cfg.Now().Add(decideBy)): // it is the one that deletes further answers
		v.catchUp(s)
		v.tell(ctx, card.Confirm(s.id))
	default:
		v.renew(ctx, s)
		v.tell(ctx, card.Confirm(s.id))
	}
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
		return
	}
	v.tell(ctx, card.Erased())
}

// erasesMessage reports whether who asks may delete the message that a question
// named, of a job whose handle has expired. The question was for them alone.
func (v *visit) erasesMessage(id card.ID, s subject) bool {
	return s.handle == nil && id.Arg != "" && v.i.GuildID != "" && v.moderator()
}

// erase deletes a result: its messages and its stored files.
func (v *visit) erase(ctx context.Context, id card.ID, s subject) {
	if !v.deletes(s) && !v.erasesMessage(id, s) {
		v.say(ctx, card.NotYours())
		return
	}
	v.changes()
	if err := v.promise(ctx, job.ID{}, false); err != nil {
		v.log.WarnContext(ctx, "a click could not be answered", slog.Any(keyError, err))
		return
	}
	v.later(ctx, func(ctx context.Context) {
		left, err := v.eraseAll(ctx, s)
		if err == nil && s.handle == nil && id.Arg != "" {
			err = gone(v.d.cfg.Discord.Delete(ctx, v.i.ChannelID, id.Arg))
		}
		if err != nil && v.passes(ctx) {
			return
		}
		v.replace(ctx, v.erased(ctx, id, s, left, err))
	})
}

// erased tells what became of a deletion.
func (v *visit) erased(ctx context.Context, id card.ID, s subject, left int, err error) api.Message {
	switch {
	case err != nil:
		v.log.ErrorContext(ctx, "a result could not be deleted wholly", slog.String(keyJob, s.id.String()), slog.Any(keyError, err))
		return card.Failure(err, s.id)
	case s.handle == nil && id.Arg == "":
		return card.Said("The stored files are deleted. Its message is no longer known: press Delete there once more")
	case left > 0:
		return card.Said(fmt.Sprintf("Deleted, with its stored files, but for %d of the messages that only you can see: "+
			"Discord lets nobody but you remove them, by “Dismiss message”", left))
	}
	return card.Erased()
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
