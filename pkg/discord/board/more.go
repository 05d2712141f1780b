package board

import (
	"fmt"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/delivery"
)

// deliverMore sends what the first message has no room for. What was sent
// before, by whomever, is counted in files: a batch may have been halved since.
func (e *end) deliverMore() error {
	for n := 1; e.plan != nil && n < len(e.plan.Batches); n++ {
		rest := e.unsent(n)
		if len(rest) == 0 {
			continue
		}
		if err := e.deliverBatch(n); err != nil {
			return err
		}
	}
	return nil
}

// deliverBatch sends the files of a batch that were not sent. Where there is no
// way for them the record has them.
func (e *end) deliverBatch(n int) error {
	for {
		w := e.reach.more(e.b.cfg.Now())
		if w == nowhere {
			e.log.WarnContext(e.work, "further files of a result have no way, the record has them")
			return nil
		}
		err := e.persist(func() error {
			rest := e.unsent(n)
			if len(rest) == 0 {
				return nil
			}
			return e.sendNew(w, e.moreMessage(rest, n), 1+len(e.reach.Ending.Sent))
		}, func(err error) bool { return e.heed(w, n, err) })
		if err == nil || e.alive.Err() != nil {
			return err
		}
	}
}

// unsent are the files of a batch that no message has yet.
func (e *end) unsent(n int) []delivery.File {
	before := 0
	for _, b := range e.plan.Batches[:n] {
		before += len(b.Files)
	}
	sent := e.reach.Ending.First
	for _, s := range e.reach.Ending.Sent {
		sent += s.Files
	}
	all := e.plan.Batches[n].Files
	return all[min(max(sent-before, 0), len(all)):]
}

// moreMessage carries further files.
func (e *end) moreMessage(rest []delivery.File, n int) api.Message {
	total, last := 0, 0
	for i, b := range e.plan.Batches {
		total += len(b.Files)
		if i <= n {
			last = total
		}
	}
	m := api.Message{Content: fmt.Sprintf("Files %d to %d of %d", last-len(rest)+1, last, total), Files: files(rest)}
	m.ReplyTo = e.handle.Card
	if sent := e.reach.Ending.Sent; len(sent) > 0 {
		m.ReplyTo = sent[0].Message
	}
	return m
}

// point turns a card whose result is in another message into one line that
// leads there. A card that can not be edited stays as it is.
func (e *end) point() error {
	sent := e.reach.Ending.Sent
	if len(sent) == 0 {
		return nil
	}
	for {
		w := e.reach.card(e.b.cfg.Now())
		if w == nowhere {
			return nil
		}
		v := e.view()
		v.Link = e.handle.URL(sent[0].Channel, sent[0].Message)
		m := e.plainerLine(card.Moved(v))
		err := e.persist(func() error { _, err := e.editCard(w, m); return err }, func(err error) bool { return e.heed(w, -1, err) })
		if err == nil || e.alive.Err() != nil {
			return err
		}
	}
}

func (e *end) plainerLine(m api.Message) api.Message {
	if e.plainness == 0 {
		return m
	}
	return api.Message{Content: fmt.Sprintf("Job %s has ended.", e.id)}
}
