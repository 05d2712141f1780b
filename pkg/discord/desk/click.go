package desk

import (
	"context"
	"strconv"

	"discomfy/pkg/discord/card"
)

// click does what a button or a select asks for.
func (v *visit) click(ctx context.Context) {
	data := v.i.MessageComponentData()
	id, err := card.ParseID(data.CustomID)
	if err != nil {
		v.say(ctx, card.OldButton())
		return
	}
	if id.Draft != "" {
		v.drafted(ctx, id)
		return
	}
	if id.Verb == card.Pick && id.N == 0 && len(data.Values) == 1 {
		id.N, _ = strconv.Atoi(data.Values[0]) // 0 is no picture, and answered so
	}
	switch id.Verb {
	case card.List:
		v.turnPage(ctx, id)
	case card.Keep:
		v.changes()
		v.replace(ctx, card.Kept())
	default:
		v.jobClick(ctx, id)
	}
}

// jobClick does what a button of a job's card asks for.
func (v *visit) jobClick(ctx context.Context, id card.ID) {
	if id.Job.IsZero() {
		v.say(ctx, card.OldButton())
		return
	}
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	s, err := v.look(hurry, id.Job)
	if err != nil {
		v.unreachable(ctx, err)
		return
	}
	if id.Verb == card.Refresh { // it orders nothing, and shows the card to nobody else
		v.refresh(ctx, s)
		return
	}
	if m, ok := v.touches(id.Verb, s); !ok {
		v.say(ctx, m)
		return
	}
	v.act(ctx, id, s)
}

// act does what whoever clicked may do.
func (v *visit) act(ctx context.Context, id card.ID, s subject) {
	switch id.Verb {
	case card.Cancel:
		v.cancelClick(ctx, s)
	case card.Vary, card.Again, card.Redo:
		v.repeat(ctx, id, s)
	case card.Upscale, card.Edit, card.Animate:
		v.rework(ctx, id, s)
	case card.Pick:
		v.pick(ctx, id, s)
	case card.Delete:
		v.confirm(ctx, s)
	case card.Erase:
		v.erase(ctx, id, s)
	case card.Show:
		v.record(ctx, s)
	default:
		v.say(ctx, card.OldButton())
	}
}

// submitted does what a form asks for.
func (v *visit) submitted(ctx context.Context) {
	id, err := card.ParseID(v.i.ModalSubmitData().CustomID)
	if err != nil {
		v.say(ctx, card.OldButton())
		return
	}
	if id.Draft != "" {
		v.drafted(ctx, id)
		return
	}
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	s, err := v.look(hurry, id.Job)
	if err != nil {
		v.unreachable(ctx, err)
		return
	}
	if m, ok := v.touches(id.Verb, s); !ok {
		v.say(ctx, m)
		return
	}
	v.filled(ctx, hurry, id, s)
}
