package board

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/discord/reply"
)

// deliverMore sends what the main message does not hold. What was sent before,
// by whomever and in whatever portions, is not sent again. Where there is no way
// for the rest the main message says so: the record has it.
func (e *end) deliverMore() error {
	if e.poorer {
		return e.nameRest()
	}
	for e.plan != nil {
		n, first, rest := e.unsent()
		if len(rest) == 0 && e.missing {
			return e.nameRest()
		}
		if len(rest) == 0 {
			return nil
		}
		if e.reach.more(e.b.cfg.Now()) == nowhere {
			e.log.WarnContext(e.work, "further files of a result have no way, the record has them")
			return e.own()
		}
		if err := e.deliverRest(n, first, rest); err != nil {
			return err
		}
	}
	return nil
}

// nameRest says that files are missing, in a message of its own: those that
// people have stay where they are.
func (e *end) nameRest() error {
	n := arrived(e.reach.Ending)
	said := slices.ContainsFunc(e.reach.Ending.Sent, func(s reply.Sent) bool { return !s.Main && s.Files == 0 })
	for !said && n < len(e.state.Results) {
		w := e.reach.more(e.b.cfg.Now())
		if w == nowhere {
			e.log.WarnContext(e.work, "it can not be said that files of a result are missing, the record has them")
			return nil
		}
		m := api.Message{Content: "Not all files of job " + e.id.String() + " could be sent: /show brings them", ReplyTo: e.repliesTo()}
		err := e.persist(func() error { return e.sendNew(w, m, n, false) }, func(err error) bool {
			again := e.heed(w, -1, err)
			if again && e.reach.more(e.b.cfg.Now()) == w {
				e.bar(w)
			}
			return again
		})
		if err == nil || e.alive.Err() != nil || errors.Is(err, errPlan) {
			return err
		}
	}
	return nil
}

// arrived is how many files messages carry.
func arrived(e reply.Ending) int {
	n := e.First
	for _, s := range e.Sent {
		n += s.Files
	}
	return n
}

// repliesTo is the message that further ones follow.
func (e *end) repliesTo() string {
	if sent := e.reach.Ending.Sent; len(sent) > 0 {
		return sent[0].Message
	}
	return e.handle.Card
}

// deliverRest sends files of the n-th batch. It returns nil also where a
// refusal has changed what there is to send, or the way.
func (e *end) deliverRest(n, first int, rest []delivery.File) error {
	w := e.reach.more(e.b.cfg.Now())
	err := e.persist(
		func() error { return e.sendNew(w, e.moreMessage(first, rest), first, false) },
		func(err error) bool { return e.heed(w, n, err) },
	)
	e.missing = e.missing || len(e.plan.Batches[n].Files) == 0
	if e.alive.Err() != nil || errors.Is(err, errPlan) {
		return err
	}
	return nil
}

// unsent are the first files in a row that no message has yet: their batch, and
// which of the result is their first.
func (e *end) unsent() (batch, first int, rest []delivery.File) {
	for n, b := range e.plan.Batches {
		for i := range b.Files {
			if e.reach.Ending.Has(e.starts[n] + i) {
				continue
			}
			last := i + 1
			for last < len(b.Files) && !e.reach.Ending.Has(e.starts[n]+last) {
				last++
			}
			return n, e.starts[n] + i, b.Files[i:last]
		}
	}
	return 0, 0, nil
}

// moreMessage carries further files.
func (e *end) moreMessage(first int, rest []delivery.File) api.Message {
	last := len(e.plan.Batches) - 1
	total := e.starts[last] + len(e.plan.Batches[last].Files)
	return api.Message{Content: fmt.Sprintf("Files %d to %d of %d", first+1, first+len(rest), total), Files: files(rest), ReplyTo: e.repliesTo()}
}

// own makes the message that carries the result say that it is not all, where
// it does not and can still be edited.
func (e *end) own() error {
	for !e.noted {
		w := e.reach.card(e.b.cfg.Now())
		if main, sent := e.reach.Ending.Main(); sent || w == nowhere {
			e.noteMain(main)
			return nil
		}
		err := e.persist(func() error { return e.sendMain(w) }, func(err error) bool { return e.heed(w, 0, err) })
		if err == nil || e.alive.Err() != nil || errors.Is(err, errPlan) {
			return err
		}
		e.noted = false
	}
	return nil
}

// noteMain tries once to let a new message say so.
func (e *end) noteMain(main reply.Sent) {
	if main.Message == "" || main.Tail {
		return
	}
	m := e.message(byPost)
	_, err := e.upload(m, func() error { return e.b.takeEdit(e.alive, e.handle, e.b.cfg.Now(), true) },
		func() (api.Posted, error) { return e.b.line.Edit(e.work, main.Channel, main.Message, m) })
	if err != nil {
		e.log.WarnContext(e.work, "a result can not say that it is not all", slog.Any(keyError, err))
	}
}

// point turns a card whose result is in another message into one line that
// leads there. A card that can not be edited stays as it is.
func (e *end) point(main reply.Sent) error {
	for {
		w := e.reach.card(e.b.cfg.Now())
		if w == nowhere {
			return nil
		}
		m := e.line(e.handle.URL(main.Channel, main.Message))
		err := e.persist(func() error {
			p, err := e.editCard(w, m)
			e.edited = p.Edited
			return err
		}, func(err error) bool { return e.heed(w, -1, err) })
		if err == nil || e.alive.Err() != nil {
			return err
		}
	}
}

// line leads to the message that has the result.
func (e *end) line(link string) api.Message {
	if e.plainness == 0 && !e.speechless() {
		v := e.view()
		v.Link = link
		return card.Moved(v)
	}
	return api.Message{Content: fmt.Sprintf("Job %s has ended: %s", e.id, link)}
}
