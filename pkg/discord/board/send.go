package board

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/google/uuid"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// deliverMain sends the message that carries the result, or its first files.
func (e *end) deliverMain() (way, error) {
	for {
		w := e.reach.main(e.b.cfg.Now(), e.tell)
		if w == parked || w == nowhere {
			return w, nil
		}
		if _, sent := e.reach.Ending.Main(); sent && w != byToken && w != byBot {
			return w, nil
		}
		err := e.persist(func() error { return e.sendMainUnless(w) }, func(err error) bool { return e.heed(w, 0, err) })
		if err == nil || e.alive.Err() != nil || errors.Is(err, errPlan) {
			return w, err
		}
	}
}

// sendMainUnless is sendMain, unless that would take files from the card that
// can not be had any more.
func (e *end) sendMainUnless(w way) error {
	if e.poorer {
		stays, err := e.stays(w)
		if stays || err != nil {
			return err
		}
		e.poorer = false // its notes say what is missing
	}
	return e.sendMain(w)
}

// stays reports whether the card carries the files that it was given.
func (e *end) stays(w way) (bool, error) {
	if (w != byToken && w != byBot) || e.reach.Ending.First == 0 {
		return false, nil
	}
	p, seen, err := e.readCard(e.alive)
	if !seen || err != nil {
		return false, err
	}
	n := 0
	for _, a := range p.Attachments {
		if a != nil && !strings.HasPrefix(a.Filename, previewName) {
			n++
		}
	}
	e.edited = p.Edited
	return n >= e.reach.Ending.First, nil
}

// sendMain makes one attempt.
func (e *end) sendMain(w way) error {
	m := e.message(w)
	if w == byToken || w == byBot {
		p, err := e.editCard(w, m)
		if err == nil {
			e.edited = p.Edited
			e.made(e.work, p)
			return e.store(func(h *reply.Handle) { h.Ending.InCard, h.Ending.First = true, len(m.Files) })
		}
		return err
	}
	return e.sendNew(w, m, 0, true)
}

// editCard edits the card in its turn.
func (e *end) editCard(w way, m api.Message) (api.Posted, error) {
	if w == byToken {
		return e.upload(m, func() error { return nil },
			func() (api.Posted, error) { return e.b.line.EditOriginal(e.work, e.handle.Access(), m) })
	}
	return e.upload(m, func() error { return e.b.takeEdit(e.alive, e.handle, e.b.cfg.Now(), true) },
		func() (api.Posted, error) { return e.b.line.Edit(e.work, e.handle.Channel, e.handle.Card, m) })
}

// upload makes a call in its turn, and bounds the bytes of all that are made at
// the same time. A turn that came before there was room has gone cold.
func (e *end) upload(m api.Message, turn func() error, call func() (api.Posted, error)) (api.Posted, error) {
	if err := turn(); err != nil {
		return api.Posted{}, err
	}
	n := e.b.weigh(m)
	if e.b.uploads.TryAcquire(n) {
		defer e.b.uploads.Release(n)
		return call()
	}
	if err := e.b.uploads.Acquire(e.alive, n); err != nil {
		return api.Posted{}, err
	}
	defer e.b.uploads.Release(n)
	if err := turn(); err != nil {
		return api.Posted{}, err
	}
	return call()
}

// weigh is how much of the uploads' bytes a message takes.
func (b *Board) weigh(m api.Message) int64 {
	n := int64(64 << 10)
	for _, f := range m.Files {
		n += f.Size
	}
	return min(n, b.cfg.Uploads)
}

// sendNew sends a new message, whose first file is the n-th of the result, and
// stores which it is.
func (e *end) sendNew(w way, m api.Message, from int, main bool) error {
	n := 0 // tells the messages of the job apart
	if !main {
		n = 1 + from
	}
	var p api.Posted
	var err error
	switch w {
	case byTail:
		p, err = e.sendTail(m)
	case byDM:
		p, err = e.sendDM(m, n)
	default:
		p, err = e.post(e.handle.Channel, m, n)
	}
	if err != nil {
		return err
	}
	if main && m.Mention != nil {
		e.b.count.told.Add(1)
	}
	return e.store(func(h *reply.Handle) {
		h.Ending.Add(reply.Sent{Channel: p.Channel, Message: p.ID, Main: main, From: from, Files: len(m.Files), Tail: w == byTail})
	})
}

// post sends a message that Discord itself recognises when it is sent twice.
func (e *end) post(channel string, m api.Message, n int) (api.Posted, error) {
	m.Nonce = nonce(e.id, n)
	return e.upload(m, func() error { return e.b.budget.take(e.alive, postSlots, channel, true) },
		func() (api.Posted, error) { return e.b.line.Post(e.work, channel, m) })
}

// sendTail sends another answer to the interaction. Discord does not recognise
// a second one, so that it is noted beforehand.
func (e *end) sendTail(m api.Message) (api.Posted, error) {
	if err := e.store(func(h *reply.Handle) { h.Ending.Trying = 1 + len(h.Ending.Sent) }); err != nil {
		return api.Posted{}, err
	}
	e.reach.Ending.Trying = 0 // this attempt is ours
	m.Ephemeral = e.handle.Ephemeral || e.handle.Private
	p, err := e.upload(m, func() error { return nil },
		func() (api.Posted, error) { return e.b.line.Followup(e.work, e.handle.Access(), m) })
	if api.NotDone(err) {
		_ = e.store(func(h *reply.Handle) { h.Ending.Trying = 0 }) // it was refused: it did not arrive
	}
	return p, err
}

func (e *end) sendDM(m api.Message, n int) (api.Posted, error) {
	channel, err := e.b.line.DM(e.work, e.handle.Asker)
	if err != nil {
		return api.Posted{}, err
	}
	return e.post(channel, m, n)
}

// nonce is the same whoever sends the n-th message of a job.
func nonce(id job.ID, n int) string {
	u := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s/%d", id, n))
	return base64.RawURLEncoding.EncodeToString(u[:])
}

// message is the result as a message of the way.
func (e *end) message(w way) api.Message {
	if e.speechless() {
		return e.words()
	}
	v := e.view()
	told := w == byPost || w == byTail || w == byDM
	v.Mention = told
	if e.plan != nil && len(e.plan.Batches) > 1 && e.reach.more(e.b.cfg.Now()) == nowhere {
		v.Notes = append(v.Notes, "More files than one message holds: /show brings the others")
		e.noted = true
	}
	m := card.Card(v)
	m.Files = files(e.batch(0))
	if told {
		m.Mention = []string{e.handle.Asker}
		if w == byPost && !e.reach.Gone && !e.reach.Lost {
			m.ReplyTo = e.handle.Card
		}
	}
	return e.plainer(m)
}

// view is the end as a card shows it.
func (e *end) view() card.View {
	v := e.b.View(e.id, e.state.Request)
	h := e.reach.Handle
	v.State, v.Asker, v.Private, v.Spoiler, v.Wordless = &e.state, h.Asker, h.Private, h.Spoiler, h.Wordless
	v.Notes = append([]string(nil), h.Notes...)
	if e.bare() && len(e.state.Results) > 0 {
		v.Notes = append(v.Notes, notSent)
	}
	if e.plan == nil {
		return v
	}
	v.Notes = append(v.Notes, e.plan.Notes...)
	for _, l := range e.plan.Links {
		v.Originals = append(v.Originals, card.Original{Name: l.Name, URL: l.URL.String(), Expires: l.Expires})
	}
	return v
}

// plainer gives up more and more of a message that Discord does not understand:
// the files are what matters.
func (e *end) plainer(m api.Message) api.Message {
	if e.plainness > 0 {
		m.Embeds, m.Components = nil, nil
		m.Content = e.words().Content
	}
	if e.plainness > 1 {
		m.Files = nil
	}
	return m
}

// words are the end where nothing else can be made of it.
func (e *end) words() api.Message {
	text := "Job " + e.id.String() + " has ended: " + string(e.state.Phase) + "."
	if e.bare() && len(e.state.Results) > 0 {
		text += " " + notSent + "."
	}
	return api.Message{Content: text}
}

const notSent = "The files could not be sent: /show brings them"

func (e *end) batch(n int) []delivery.File {
	if e.plan == nil || n >= len(e.plan.Batches) {
		return nil
	}
	return e.plan.Batches[n].Files
}

func files(from []delivery.File) []api.File {
	out := make([]api.File, len(from))
	for i, f := range from {
		out[i] = api.File(f)
	}
	return out
}

// heed draws the conclusions from a refusal, and reports whether something
// else is to be tried now; otherwise the same is tried again after a while.
func (e *end) heed(w way, batch int, err error) bool {
	switch kind := api.KindOf(err); kind {
	case api.TokenDead, api.Unknown:
		e.reach.Deaf = true
		e.reach.Lost = e.reach.Lost || (kind == api.Unknown && e.reach.Card == "")
	case api.Gone:
		e.reach.Gone = true
	case api.NoAccess, api.Archived, api.FollowupCap:
		e.bar(w)
	case api.AutoMod:
		if e.reach.Wordless {
			e.plainness = 1
		}
		e.reach.Wordless = true
	case api.TooLarge:
		return e.reduce(batch)
	case api.Invalid:
		e.log.ErrorContext(e.work, "Discord does not understand a result", slog.Any(keyError, err))
		if e.plainness > 1 {
			e.bar(w)
		}
		e.plainness++
	case api.Limited, api.OldEdits:
		if w == byBot {
			e.b.rest(e.handle, kind, limited(err))
		}
		return false
	case api.Down:
		if w != byTail || api.NotDone(err) {
			return false
		}
		e.reach.NoTail = true // whether it arrived can not be known
	default:
		return false
	}
	return true
}

// bar gives up a way.
func (e *end) bar(w way) {
	switch w {
	case byToken:
		e.reach.Deaf = true
	case byBot:
		e.reach.NoEdit = true
	case byPost:
		e.reach.NoPost = true
	case byTail:
		e.reach.NoTail = true
	case byDM:
		e.reach.NoDM = true
	}
}

// reduce makes a batch smaller: first it is halved, then its file is. Where that
// fails the plan is of no more use.
func (e *end) reduce(n int) bool {
	if e.plan == nil || n < 0 || n >= len(e.plan.Batches) {
		e.plainness++
		return true
	}
	if e.plan.Halve(n) {
		e.starts = slices.Insert(e.starts, n+1, e.starts[n]+len(e.plan.Batches[n].Files))
		return true
	}
	if err := e.plan.Shrink(e.alive, n); err != nil && e.alive.Err() == nil {
		e.unfit = fmt.Errorf("%w: %w", errUnmade, err)
	}
	return true
}
