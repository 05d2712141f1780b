package desk

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/job"
)

// prompted is how many jobs of /queue show what they are for; each costs two
// reads.
const prompted = 10

// queue answers /queue.
func (v *visit) queue(ctx context.Context) {
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	q := card.QueueView{Snapshot: v.d.cfg.Board.Snapshot(), Offline: v.d.cfg.Board.Offline(), Viewer: v.i.Asker().ID}
	if q.Offline || q.Snapshot.At.IsZero() {
		jobs, err := v.d.cfg.Broker.PendingJobs(hurry, v.d.cfg.Queue)
		if err != nil {
			v.unreachable(ctx, err)
			return
		}
		q.Snapshot.Running, q.Snapshot.Waiting = nil, places(jobs)
	}
	q.Prompts = v.prompts(hurry, q.Snapshot)
	v.say(ctx, card.Queue(q))
}

func places(jobs []broker.PendingJob) []job.Place {
	out := make([]job.Place, len(jobs))
	for i, j := range jobs {
		out[i] = job.Place{Job: j.ID, User: j.User}
	}
	return out
}

// prompts are the words of the first few jobs that who asks may read: their own,
// and those asked for in the same channel.
func (v *visit) prompts(ctx context.Context, s job.Snapshot) map[job.ID]string {
	out := map[job.ID]string{}
	menu := v.d.menu()
	for _, p := range append(append([]job.Place(nil), s.Running...), s.Waiting...) {
		if len(out) == prompted || ctx.Err() != nil {
			break
		}
		h, err := v.d.handles.Get(ctx, p.Job)
		if err != nil || h.Private || (h.Asker != v.i.Asker().ID && h.Channel != v.i.ChannelID) {
			continue
		}
		if r, err := v.d.cfg.Broker.Pending(ctx, p.Job); err == nil {
			out[p.Job] = menu.Prompt(r)
		}
	}
	return out
}

// status answers /status.
func (v *visit) status(ctx context.Context) {
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	s := card.StatusView{Version: v.d.cfg.Replica.Version, Ingress: []card.Replica{v.d.cfg.Replica}}
	began := time.Now()
	_, err := v.d.cfg.Broker.Claimed(hurry, "status")
	s.NATS = card.NATS{Connected: err == nil, RoundTrip: time.Since(began)}
	if data, err := v.d.cfg.Broker.Status(hurry, v.d.cfg.Queue); err == nil {
		s.Bridge = &card.Bridge{}
		if err := json.Unmarshal(data, s.Bridge); err != nil {
			v.log.WarnContext(ctx, "the bridge's account could not be read", slog.Any(keyError, err))
		}
	}
	offers := v.d.cfg.Catalog.Get()
	s.Workflows = len(offers.Offers)
	s.Unusable = s.Workflows - len(offers.Usable())
	v.say(ctx, card.Status(s))
}

// list answers /loras and /models.
func (v *visit) list(ctx context.Context) {
	what, name := card.ListLoras, command.Of(v.i)
	if name == command.Models {
		what = card.ListModels
	}
	offer, text := command.Search(v.i)
	l, err := v.listing(what, offer, text, 1)
	if err != nil {
		v.fail(ctx, err)
		return
	}
	v.say(ctx, card.Page(l))
}

// turnPage shows another page of a list.
func (v *visit) turnPage(ctx context.Context, id card.ID) {
	l, err := v.listing(id.Arg, "", "", id.N)
	if err != nil {
		v.fail(ctx, err)
		return
	}
	v.changes()
	m := card.Page(l)
	v.replace(ctx, m)
}

func (v *visit) listing(what, offer, text string, page int) (card.Listing, error) {
	name := command.Loras
	if what == card.ListModels {
		name = command.Models
	}
	names, open, err := v.d.menu().Names(name, offer, text)
	l := card.Listing{What: what, Page: page, Open: open}
	for _, n := range names {
		l.Items = append(l.Items, card.Item{Name: n})
	}
	return l, err
}

// showCommand answers /show.
func (v *visit) showCommand(ctx context.Context) {
	if s, ok := v.named(ctx); ok {
		v.record(ctx, s)
	}
}

// record shows all that is known of a job, and its files, to who asks alone.
func (v *visit) record(ctx context.Context, s subject) {
	if s.request == nil && s.state.Phase == "" {
		v.recordGone(ctx, card.ID{Job: s.id, N: 1})
		return
	}
	if err := v.promise(ctx, job.ID{}, true); err != nil {
		v.log.WarnContext(ctx, "a record could not be shown", slog.Any(keyError, err))
		return
	}
	v.later(ctx, func(ctx context.Context) {
		if err := v.showRecord(ctx, s); err != nil {
			v.failOf(ctx, err, s.id)
		}
	})
}

func (v *visit) showRecord(ctx context.Context, s subject) error {
	history, err := v.d.cfg.Broker.States(ctx, s.id)
	if err != nil && !errors.Is(err, broker.ErrNotFound) {
		return err
	}
	view := v.d.cfg.Board.View(s.id, s.request)
	if s.state.Phase != "" {
		view.State = &s.state
	}
	if h := s.handle; h != nil {
		view.Asker, view.Private, view.Spoiler = h.Asker, h.Private, h.Spoiler
	}
	if s.state.Phase != job.Done || len(s.state.Results) == 0 {
		return v.sendRecord(ctx, card.Record(view, history), nil)
	}
	o := delivery.Order{Job: s.id, Spoiler: view.Spoiler, Results: s.state.Results}
	if s.request != nil {
		o.Workflow, o.Prompt = s.request.Workflow, v.d.menu().Prompt(*s.request)
	}
	plan, err := v.d.cfg.Preparer.Prepare(ctx, o, delivery.Place{Limit: v.i.SizeLimit})
	if err != nil {
		return err
	}
	defer func() { _ = plan.Close() }() // its files go with the process at the latest
	view.Notes = plan.Notes
	for _, l := range plan.Links {
		view.Originals = append(view.Originals, card.Original{Name: l.Name, URL: l.URL.String(), Expires: l.Expires})
	}
	return v.sendRecord(ctx, card.Record(view, history), plan)
}

// sendRecord shows the record with its files, the others in further answers.
func (v *visit) sendRecord(ctx context.Context, m api.Message, plan *delivery.Plan) error {
	if plan == nil || len(plan.Batches) == 0 { // its files have expired
		_, err := v.show(ctx, m)
		return err
	}
	n := 0
	for n < len(plan.Batches) { // halving makes more
		for {
			err := v.sendPart(ctx, m, plan.Batches[n], n)
			if err == nil {
				break
			}
			if api.KindOf(err) != api.TooLarge {
				return err
			}
			if plan.Halve(n) {
				continue
			}
			if err := plan.Shrink(ctx, n); err != nil {
				return err
			}
		}
		if n++; n == 1 && len(plan.Batches) > 1 {
			v.kept.begun(ctx)
		}
	}
	return nil
}

func (v *visit) sendPart(ctx context.Context, m api.Message, b delivery.Batch, n int) error {
	if n > 0 {
		m = api.Message{}
	}
	m.Ephemeral = true
	for _, f := range b.Files {
		m.Files = append(m.Files, api.File(f))
	}
	switch {
	case n == 0:
		_, err := v.d.cfg.Discord.EditOriginal(ctx, v.i.Access(), m)
		v.keeps = v.keeps || err == nil // words about the other parts go beside
		return err
	case len(m.Files) == 0:
		return nil
	}
	_, err := v.d.cfg.Discord.Followup(ctx, v.i.Access(), m)
	return err
}
