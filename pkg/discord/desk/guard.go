package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/bwmarrin/discordgo"
)

// errPanic is what people are told of a panic of ours: something went wrong.
var errPanic = errors.New("panic")

// guarded does something for one interaction; what panics is logged and counted,
// and ends that alone. It is false then.
func (d *Desk) guarded(ctx context.Context, log *slog.Logger, what func()) (whole bool) {
	defer func() {
		if fault := recover(); fault != nil {
			d.count.panics.Add(1)
			log.ErrorContext(ctx, "an interaction has panicked", slog.Any(keyError, fmt.Errorf("%w: %v", errPanic, fault)),
				slog.String("stack", string(debug.Stack())))
		}
	}()
	what()
	return true
}

// serve answers, if need be by saying that it went wrong.
func (v *visit) serve(ctx context.Context) { v.guarded(ctx, v.dispatch) }

// guarded does a part of what the interaction asks for, and says that it went
// wrong where that panics.
func (v *visit) guarded(ctx context.Context, what func(ctx context.Context)) {
	if v.d.guarded(ctx, v.log, func() { what(ctx) }) || v.i.Type == discordgo.InteractionApplicationCommandAutocomplete {
		return
	}
	v.unheard = true // until Discord has the words
	v.d.guarded(ctx, v.log, func() { v.fail(ctx, errPanic) })
}
