package desk

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
)

// repeat orders the same once more: with a new seed, as it was, or with what a
// form changes. Without a record there is nothing to repeat.
func (v *visit) repeat(ctx context.Context, id card.ID, s subject) {
	if s.request == nil {
		v.recordGone(ctx, id)
		return
	}
	a, err := v.repeated(id.Verb, s)
	if err != nil {
		v.failOf(ctx, err, id.Job)
		return
	}
	if id.Verb == card.Redo {
		if m, ok := v.d.menu().Modal(id, a, nil); ok {
			v.ask(ctx, m)
			return
		}
	}
	v.orderOrSetUp(ctx, a)
}

func (v *visit) repeated(verb card.Verb, s subject) (command.Ask, error) {
	var a command.Ask
	var err error
	if verb == card.Vary {
		a, err = v.d.menu().Vary(*s.request)
	} else {
		a, err = v.d.menu().Redo(*s.request, nil)
	}
	return v.inherit(a, s), err
}

// inherit keeps what is private so, and hidden what was.
func (v *visit) inherit(a command.Ask, s subject) command.Ask {
	if s.handle != nil {
		a.Private = a.Private || s.handle.Private
		a.Spoiler = a.Spoiler || s.handle.Spoiler
	}
	a.Private = a.Private || v.clicked().Ephemeral && !v.i.InBotDM()
	return a
}

// rework orders something of a picture; what needs words is asked for by a form.
func (v *visit) rework(ctx context.Context, id card.ID, s subject) {
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	a, err := v.reworked(hurry, id, s)
	if err != nil {
		v.failOf(ctx, err, id.Job)
		return
	}
	if id.Verb != card.Upscale {
		if m, ok := v.d.menu().Modal(id, a, nil); ok {
			v.ask(ctx, m)
			return
		}
	}
	v.orderOrSetUp(ctx, a)
}

func (v *visit) reworked(ctx context.Context, id card.ID, s subject) (command.Ask, error) {
	from, err := v.source(ctx, max(id.N, 1), s)
	if err != nil {
		return command.Ask{}, err
	}
	if id.Verb != card.Upscale {
		from.Workflow = id.Arg // a form's: that which it was made for
	}
	var a command.Ask
	switch menu := v.d.menu(); id.Verb {
	case card.Edit:
		a, err = menu.Edit(from)
	case card.Animate:
		a, err = menu.Animate(from)
	default:
		a, err = menu.Upscale(from, id.Arg)
	}
	return v.inherit(a, s), err
}

// source is a job's n-th picture: as it is stored, else as the message has it.
func (v *visit) source(ctx context.Context, n int, s subject) (command.Source, error) {
	from := command.Source{Request: s.request}
	stored, err := command.PictureOf(s.state, n)
	if err == nil {
		if _, err = v.d.cfg.Broker.ResultInfo(ctx, stored.Result); err == nil {
			from.Picture = stored
			return from, nil
		}
		if !errors.Is(err, broker.ErrNotFound) {
			return from, err
		}
	}
	shown := command.MessagePictures(v.i.Message)
	if len(shown) == 1 && v.clicked().Ephemeral {
		n = 1 // the actions of one picture show that picture
	}
	if n > len(shown) {
		return from, invalid("", "the picture is no longer stored, and this message does not show it")
	}
	from.Picture = shown[n-1]
	return from, nil
}

// filled orders what a form of a job's card asks for. What can not be meant is
// told on a card from which the form opens again.
func (v *visit) filled(ctx, hurry context.Context, id card.ID, s subject) {
	var a command.Ask
	var err error
	switch {
	case id.Verb != card.Redo:
		a, err = v.reworked(hurry, id, s)
	case s.request == nil:
		v.recordGone(ctx, id)
		return
	default:
		a, err = v.repeated(id.Verb, s)
	}
	if err != nil {
		v.failOf(ctx, err, id.Job)
		return
	}
	typed := command.EntryOf(v.i)
	whole, err := v.d.menu().Fill(a, typed)
	if err != nil {
		v.openDraft(ctx, command.Draft{
			ID: v.i.ID, Asker: v.i.Asker().ID, Ask: a, Typed: typed, Fault: err.Error(), Direct: true, Created: time.Now().UTC(),
		})
		return
	}
	v.order(ctx, whole)
}

// pick shows what can be done with one of several pictures.
func (v *visit) pick(ctx context.Context, id card.ID, s subject) {
	if s.state.Request == nil {
		v.recordGone(ctx, id)
		return
	}
	view := v.d.cfg.Board.View(id.Job, s.request)
	view.State = &s.state
	m := card.Numbered(view, id.N)
	v.say(ctx, v.withPicture(m, id.N))
}

// recordGone says that the record has expired, and offers what the picture
// alone allows.
func (v *visit) recordGone(ctx context.Context, id card.ID) {
	n := max(id.N, 1)
	v.say(ctx, v.withPicture(card.Gone(id.Job, n, v.d.menu().Actions()), n))
}

// withPicture shows the picture that was clicked, so that the actions of the
// answer still have it when it is no longer stored.
func (v *visit) withPicture(m api.Message, n int) api.Message {
	shown := command.MessagePictures(v.i.Message)
	if n < 1 || n > len(shown) || len(m.Components) == 0 || shown[n-1].URL == "" {
		return m
	}
	m.Embeds = append(m.Embeds, &discordgo.MessageEmbed{Image: &discordgo.MessageEmbedImage{URL: shown[n-1].URL}})
	return m
}

// replace changes the message that was clicked.
func (v *visit) replace(ctx context.Context, m api.Message) {
	if _, err := v.show(ctx, m); err != nil {
		v.log.WarnContext(ctx, "a message could not be changed", slog.Any(keyError, err))
	}
}
