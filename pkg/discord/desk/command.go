package desk

import (
	"context"
	"time"

	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
)

// command answers a slash command, or one of a message's menu.
func (v *visit) command(ctx context.Context) {
	switch command.Of(v.i) {
	case command.Generate, command.Edit, command.Upscale, command.Animate:
		v.orderCommand(ctx)
	case command.UpscaleMessage, command.EditMessage, command.AnimateMessage:
		v.messageCommand(ctx)
	case command.Queue:
		v.queue(ctx)
	case command.Cancel:
		v.cancelCommand(ctx)
	case command.Show:
		v.showCommand(ctx)
	case command.Status:
		v.status(ctx)
	case command.Loras, command.Models:
		v.list(ctx)
	case command.Help:
		v.say(ctx, card.Help(v.d.cfg.Commands()))
	default:
		v.say(ctx, card.OldButton())
	}
}

// orderCommand takes an order, or opens the card to put one together.
func (v *visit) orderCommand(ctx context.Context) {
	a, err := v.d.menu().Parse(v.i)
	if err != nil {
		hurry, cancel := v.hurry(ctx)
		defer cancel()
		if v.d.cfg.Catalog.Refresh(hurry) == nil { // what it lacks may be new
			a, err = v.d.menu().Parse(v.i)
		}
	}
	if err != nil {
		v.fail(ctx, err)
		return
	}
	v.orderOrSetUp(ctx, a)
}

// orderOrSetUp takes an order; where it lacks something the card opens on which
// that is added.
func (v *visit) orderOrSetUp(ctx context.Context, a command.Ask) {
	if a.Setup {
		v.setUp(ctx, a)
		return
	}
	v.order(ctx, a)
}

// messageCommand works on the picture of the message that was clicked. What
// needs words is asked for by a form.
func (v *visit) messageCommand(ctx context.Context) {
	pictures, err := command.Target(v.i)
	if err != nil {
		v.fail(ctx, err)
		return
	}
	menu, from := v.d.menu(), command.Source{Picture: pictures[0]}
	var a command.Ask
	switch command.Of(v.i) {
	case command.EditMessage:
		a, err = menu.Edit(from)
	case command.AnimateMessage:
		a, err = menu.Animate(from)
	default:
		if a, err = menu.Upscale(from, ""); err == nil {
			v.orderOrSetUp(ctx, a)
			return
		}
	}
	if err != nil {
		v.fail(ctx, err)
		return
	}
	v.askDirectly(ctx, a)
}

// askDirectly asks by a form for what an order lacks, and keeps the order until
// then.
func (v *visit) askDirectly(ctx context.Context, a command.Ask) {
	d := command.Draft{ID: v.i.ID, Asker: v.i.Asker().ID, Ask: a, Direct: true, Created: time.Now().UTC()}
	m, ok := v.d.menu().DraftModal(d)
	if !ok {
		v.orderOrSetUp(ctx, a)
		return
	}
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	if err := v.putDraft(hurry, d); err != nil {
		v.unreachable(ctx, err)
		return
	}
	v.ask(ctx, m)
}
