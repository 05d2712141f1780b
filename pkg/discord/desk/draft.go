package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
)

// setUp opens the card on which an order is put together.
func (v *visit) setUp(ctx context.Context, a command.Ask) {
	d := command.Draft{ID: v.i.ID, Asker: v.i.Asker().ID, Ask: a, Created: time.Now().UTC()}
	v.openDraft(ctx, d)
}

// openDraft stores a draft and shows its card.
func (v *visit) openDraft(ctx context.Context, d command.Draft) {
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	if err := v.putDraft(hurry, d); err != nil {
		v.unreachable(ctx, err)
		return
	}
	m := v.d.menu().SetupCard(d)
	m.Ephemeral = d.Ask.Private || d.Direct || d.Fault != ""
	if _, err := v.show(ctx, m); err != nil {
		v.log.WarnContext(ctx, "a set-up card did not arrive", slog.Any(keyError, err))
	}
}

// drafted does what was clicked on a set-up card, or submitted by its forms.
func (v *visit) drafted(ctx context.Context, id card.ID) {
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	data, err := v.d.cfg.Broker.Draft(hurry, draftKey(id.Draft))
	if errors.Is(err, broker.ErrNotFound) {
		v.say(ctx, card.NoDraft())
		return
	}
	if err != nil {
		v.unreachable(ctx, err)
		return
	}
	d, err := command.ParseDraft(data)
	if err != nil {
		v.say(ctx, card.NoDraft())
		return
	}
	if d.Asker != v.i.Asker().ID {
		v.say(ctx, card.NotYours())
		return
	}
	if lastClick(data) == v.i.ID { // by a replica that died before it answered
		m := v.d.menu().SetupCard(d)
		v.take(ctx, command.Step{Draft: d, Card: &m})
		return
	}
	step, err := v.d.menu().Apply(d, v.i)
	if err != nil {
		v.fail(ctx, err)
		return
	}
	if step.Changed {
		if err := v.putDraft(hurry, step.Draft); err != nil {
			v.unreachable(ctx, err)
			return
		}
	}
	v.take(ctx, step)
}

// take does what a click on a set-up card leads to.
func (v *visit) take(ctx context.Context, s command.Step) {
	if v.i.Message != nil {
		v.changes()
	}
	switch {
	case s.Modal != nil:
		v.ask(ctx, *s.Modal)
	case s.Ask != nil:
		if s.Draft.Direct {
			v.adds()
		} else {
			v.draft = s.Draft.ID
		}
		v.order(ctx, *s.Ask)
	case s.Close:
		v.closeDraft(ctx)
	case s.Card != nil:
		m := *s.Card
		m.Ephemeral = m.Ephemeral || s.Draft.Direct
		if _, err := v.show(ctx, m); err != nil {
			v.log.WarnContext(ctx, "a set-up card could not be changed", slog.Any(keyError, err))
		}
	}
}

// closeDraft removes a set-up card. Its draft ends by itself.
func (v *visit) closeDraft(ctx context.Context) {
	if err := v.holdUpdate(ctx); err != nil {
		v.log.WarnContext(ctx, "a set-up card could not be closed", slog.Any(keyError, err))
		return
	}
	if err := v.d.cfg.Discord.DeleteOriginal(context.WithoutCancel(ctx), v.i.Access()); err != nil {
		v.log.WarnContext(ctx, "a set-up card could not be removed", slog.Any(keyError, err))
	}
}

// storedDraft is a draft with the interaction that has changed it last.
type storedDraft struct {
	command.Draft
	By string `json:"by,omitempty"`
}

// lastClick is the interaction that has changed a stored draft last; "" where
// that is not known.
func lastClick(data []byte) string {
	var d storedDraft
	if json.Unmarshal(data, &d) != nil {
		return ""
	}
	return d.By
}

func (v *visit) putDraft(ctx context.Context, draft command.Draft) error {
	data, err := json.Marshal(storedDraft{Draft: draft, By: v.i.ID})
	if err != nil {
		return fmt.Errorf("encode a draft: %w", err)
	}
	return v.d.cfg.Broker.PutDraft(ctx, draftKey(draft.ID), data)
}

func draftKey(id string) string { return id }
