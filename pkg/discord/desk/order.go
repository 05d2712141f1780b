package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// order takes an order: it is checked, then published, then answered with its
// card. Where a picture has to be fetched first, the answer comes before.
func (v *visit) order(ctx context.Context, a command.Ask) {
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	params, err := v.resolve(hurry, a)
	if err != nil {
		v.fail(ctx, err)
		return
	}
	user, err := job.NewUser("discord", v.i.Asker().ID)
	if err != nil {
		v.fail(ctx, err)
		return
	}
	id, err := v.orders(hurry)
	if err != nil {
		v.unreachable(ctx, err)
		return
	}
	s, err := v.d.cfg.Broker.Standing(hurry, v.d.cfg.Queue, user)
	if err != nil {
		v.unreachable(ctx, err)
		return
	}
	if n, ok := v.admits(s, id); !ok {
		v.say(ctx, card.TooMany(n))
		return
	}
	r := job.Request{
		ID: id, Queue: v.d.cfg.Queue, User: user,
		Workflow: a.Workflow, Params: params, Created: time.Now().UTC(),
	}
	if len(a.Pictures) == 0 {
		v.place(ctx, hurry, a, r, s)
		return
	}
	v.placeWithPictures(ctx, a, r)
}

// orders is the job that the interaction asks for. All clicks on a set-up card
// ask for that of the first one, whose name is stored under the draft's.
func (v *visit) orders(ctx context.Context) (job.ID, error) {
	v.asks = job.FromInteraction(v.i.ID)
	if v.draft == "" {
		return v.asks, nil
	}
	h, err := v.d.handles.Create(ctx, reply.New(job.FromInteraction(v.draft), v.i))
	v.asks = job.FromInteraction(h.Interaction)
	return v.asks, err
}

// resolve makes the parameters. What the cached catalog does not know may be
// new: it is read once more.
func (v *visit) resolve(ctx context.Context, a command.Ask) (job.Params, error) {
	params, err := v.d.menu().Resolve(a)
	switch job.CodeOf(err) {
	case job.CodeUnknown, job.CodeMissingModel, job.CodeBridgeOffline:
		if v.d.cfg.Catalog.Refresh(ctx) == nil {
			return v.d.menu().Resolve(a)
		}
	}
	return params, err
}

// admits reports whether somebody of a standing may have one more job waiting,
// and how many others of theirs wait. Those that run are none of them.
func (v *visit) admits(s broker.Standing, id job.ID) (waiting int, ok bool) {
	running := v.d.cfg.Board.Snapshot().Running
	for _, j := range s.Jobs {
		if j.ID != id && !slices.ContainsFunc(running, func(p job.Place) bool { return p.Job == j.ID }) {
			waiting++
		}
	}
	return waiting, waiting < v.d.cfg.MaxWaiting
}

// tooMany refuses an order because of so many others that wait.
type tooMany int

func (n tooMany) Error() string { return fmt.Sprintf("%d jobs wait already", int(n)) }

// submit publishes a job. Of orders at the same time, on whatever replica, each
// is counted upon those before it.
func (v *visit) submit(ctx context.Context, r job.Request, s broker.Standing) (broker.Receipt, error) {
	for {
		if n, ok := v.admits(s, r.ID); !ok {
			return broker.Receipt{}, tooMany(n)
		}
		receipt, err := v.d.cfg.Broker.SubmitUpon(ctx, r, s)
		if !errors.Is(err, broker.ErrConflict) {
			return receipt, err
		}
		if s, err = v.d.cfg.Broker.Standing(ctx, r.Queue, r.User); err != nil {
			return broker.Receipt{}, errors.Join(&job.Error{Code: job.CodeUnconfirmed, Message: "the queue's server did not answer"}, err)
		}
		if slices.ContainsFunc(s.Jobs, func(j broker.PendingJob) bool { return j.ID == r.ID }) {
			return broker.Receipt{Duplicate: true}, nil
		}
	}
}

// unreachable says that the broker does not answer, and that nothing was
// ordered.
func (v *visit) unreachable(ctx context.Context, err error) {
	v.log.WarnContext(ctx, "the broker does not answer", slog.Any(keyError, err))
	v.say(ctx, card.Unreachable())
}

// handle is where the order will be answered.
func (v *visit) handle(a command.Ask, r job.Request) reply.Handle {
	h := reply.New(r.ID, v.i)
	h.Private, h.Spoiler, h.Notes = a.Private, a.Spoiler, a.Notes
	h.Ephemeral = a.Private
	if v.stance == updating || v.keeps {
		h.Ephemeral = v.clicked().Ephemeral
	}
	return h
}

// place stores where to answer, publishes the job, and shows its card. The
// broker has as long as hurry lasts.
func (v *visit) place(ctx, hurry context.Context, a command.Ask, r job.Request, s broker.Standing) {
	h, err := v.d.handles.Create(hurry, v.handle(a, r))
	if err != nil {
		v.unreachable(ctx, err)
		return
	}
	receipt, err := v.submit(hurry, r, s)
	many, refused := errors.AsType[tooMany](err)
	switch {
	case refused:
		v.say(ctx, card.TooMany(int(many)))
		return
	case job.CodeOf(err) == job.CodeUnconfirmed:
		v.log.WarnContext(ctx, "it is not known whether a job was accepted", slog.String(keyJob, r.ID.String()), slog.Any(keyError, err))
		v.unconfirmed(ctx, h, r.ID)
		return
	case err != nil:
		v.failOf(ctx, err, r.ID)
		return
	case receipt.Duplicate:
		if stored, err := v.d.cfg.Broker.Pending(hurry, r.ID); err == nil {
			r = stored // ours may differ: seeds are drawn
		}
	}
	v.log.InfoContext(ctx, "ordered", slog.String(keyJob, r.ID.String()), slog.String("workflow", r.Workflow), slog.String("user", string(r.User)))
	v.showCard(ctx, h, r)
	v.remember(ctx, r)
}

// unconfirmed says that it is not known whether the order was accepted. The
// message becomes the card if it was.
func (v *visit) unconfirmed(ctx context.Context, h reply.Handle, id job.ID) {
	m := card.Failure(&job.Error{
		Code: job.CodeUnconfirmed, Message: "if it was accepted, this message becomes its card",
	}, id)
	m.Ephemeral = h.Ephemeral
	p, err := v.show(ctx, m)
	if err == nil && p.ID == "" {
		v.arrivedAfterAll(ctx, h)
		return
	}
	v.keep(ctx, h, p, err)
}

// arrivedAfterAll shows the card of a job that is there, which is why no words
// were shown. Another replica may have shown it, and the board does so only when
// the job has a state.
func (v *visit) arrivedAfterAll(ctx context.Context, h reply.Handle) {
	hurry, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimBy)
	defer cancel()
	r, err := v.d.cfg.Broker.Pending(hurry, h.Job)
	if err != nil {
		v.unheard = !errors.Is(err, broker.ErrNotFound)
		return
	}
	v.showCard(ctx, h, r)
}

// showCard answers with the card of a job that was accepted.
func (v *visit) showCard(ctx context.Context, h reply.Handle, r job.Request) {
	v.insists = h.Job
	m := v.cardOf(h, r)
	p, err := v.show(ctx, m)
	if api.KindOf(err) == api.AutoMod {
		h.Wordless = true
		p, err = v.show(ctx, v.cardOf(h, r))
	}
	v.keep(ctx, h, p, err)
}

// cardOf is the card of a job that was accepted and not yet seen by the bridge.
func (v *visit) cardOf(h reply.Handle, r job.Request) api.Message {
	view := v.d.cfg.Board.View(r.ID, &r)
	view.Asker, view.Private, view.Spoiler, view.Wordless, view.Notes = h.Asker, h.Private, h.Spoiler, h.Wordless, h.Notes
	view.Refresh = !h.ByBot()
	view.Offline, view.Server = v.d.cfg.Board.Offline(), v.d.cfg.Board.Snapshot().Server
	m := card.Card(view)
	m.Ephemeral = h.Ephemeral
	return m
}

// keep stores which message the card is. Where there is none, because Discord
// took no answer any more, the job is cancelled while it waits. A card that another
// replica had shown, and people have deleted since, is not missed.
func (v *visit) keep(ctx context.Context, h reply.Handle, p api.Posted, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackBy)
	defer cancel()
	kind := api.KindOf(err)
	deleted := kind == api.Gone && v.preceded
	lost := kind == api.TooLate || kind == api.Gone && !deleted
	if err != nil {
		v.log.WarnContext(ctx, "the card of a job did not arrive", slog.String(keyJob, h.Job.String()), slog.Any(keyError, err))
	}
	if err != nil && !lost && !deleted {
		return // the board looks what became of it
	}
	h, err = v.d.handles.Change(ctx, h.Job, func(stored *reply.Handle) {
		stored.Lost, stored.Gone = stored.Lost || lost, stored.Gone || deleted
		stored.Wordless = stored.Wordless || h.Wordless
		v.arrived(stored)
		if p.ID != "" {
			if stored.TokenDies.Before(v.i.Access().Dies) { // another click on the set-up card has stored it
				stored.Renew(v.i)
			}
			stored.Card, stored.Lost = p.ID, false
			stored.Ephemeral = stored.Ephemeral || p.Ephemeral
		}
	})
	if err != nil {
		v.log.WarnContext(ctx, "which message a card is could not be stored", slog.String(keyJob, h.Job.String()), slog.Any(keyError, err))
		return
	}
	if lost {
		v.d.cfg.Board.Withdraw(ctx, h)
	}
}
