package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/job"
)

// maxFetch bounds a picture from Discord, in bytes; what is larger than the
// Preparer takes is refused by it, in words.
const maxFetch = 64 << 20

// placeWithPictures answers at once, and orders when the pictures are stored.
func (v *visit) placeWithPictures(ctx context.Context, a command.Ask, r job.Request) {
	if err := v.promise(ctx, r.ID, a.Private); err != nil {
		v.log.WarnContext(ctx, "an order could not be taken: no answer arrived", slog.Any(keyError, err))
		return // nothing was ordered
	}
	v.later(ctx, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, v.d.cfg.FetchBy)
		defer cancel()
		inputs, notes, err := v.inputs(ctx, a.Pictures)
		if err != nil {
			v.failPicture(ctx, err)
			return
		}
		a.Notes = append(a.Notes, notes...)
		r.Inputs = inputs
		s, err := v.d.cfg.Broker.Standing(ctx, r.Queue, r.User)
		if err != nil {
			v.unreachable(ctx, err)
			return
		}
		v.place(ctx, ctx, a, r, s)
	})
}

// errNotStored is returned when the broker did not take a picture.
var errNotStored = errors.New("the picture could not be stored")

// failPicture answers why a picture can not be worked on.
func (v *visit) failPicture(ctx context.Context, err error) {
	if errors.Is(err, errNotStored) && job.CodeOf(err) == job.CodeInternal {
		v.log.WarnContext(ctx, "a picture could not be stored", slog.Any(keyError, err))
		v.say(ctx, card.NotStored())
		return
	}
	v.fail(ctx, err)
}

// inputs stores the pictures of an order, each with its mask, by parameter.
// Masks that have a parameter of their own come last: they get the size of the
// first picture that comes along.
func (v *visit) inputs(ctx context.Context, pictures []command.Picture) (map[string]string, []string, error) {
	inputs := make(map[string]string, len(pictures))
	var notes []string
	var first delivery.Picture
	for _, p := range slices.SortedStableFunc(slices.Values(pictures), masksLast) {
		if p.Mask {
			continue
		}
		if p.Input != "" {
			inputs[p.Param] = p.Input
			continue
		}
		ready, err := v.readyPicture(ctx, p, pictures, first)
		if err != nil {
			return nil, nil, err
		}
		if first.Data == nil && !p.IsMask() {
			first = ready
		}
		notes = append(notes, ready.Notes...)
		if inputs[p.Param], err = v.d.cfg.Broker.PutInput(ctx, bytes.NewReader(ready.Data)); err != nil {
			return nil, nil, errors.Join(errNotStored, err)
		}
	}
	return inputs, notes, nil
}

func masksLast(a, b command.Picture) int {
	switch {
	case a.IsMask() == b.IsMask():
		return 0
	case a.IsMask():
		return 1
	}
	return -1
}

// readyPicture fetches a picture, with its mask in it, or a mask of the first
// picture.
func (v *visit) readyPicture(ctx context.Context, p command.Picture, all []command.Picture, first delivery.Picture) (delivery.Picture, error) {
	ready, err := v.fetch(ctx, p)
	if err != nil {
		return ready, err
	}
	if p.IsMask() {
		return v.d.cfg.Preparer.Lightness(ctx, first, ready)
	}
	m, ok := maskOf(all, p.Param)
	if !ok {
		return ready, nil
	}
	mask, err := v.fetch(ctx, m)
	if err != nil {
		return ready, err
	}
	return v.d.cfg.Preparer.Mask(ctx, ready, mask)
}

// maskOf is the mask that belongs to the picture of a parameter.
func maskOf(pictures []command.Picture, param string) (command.Picture, bool) {
	for _, p := range pictures {
		if p.Mask && (p.Param == param || p.Param == "") {
			return p, true
		}
	}
	return command.Picture{}, false
}

// fetch reads and checks one picture.
func (v *visit) fetch(ctx context.Context, p command.Picture) (delivery.Picture, error) {
	r, err := v.open(ctx, p)
	if err != nil {
		return delivery.Picture{}, err
	}
	defer func() { _ = r.Close() }() // everything was read, or an error says so
	return v.d.cfg.Preparer.Input(ctx, r)
}

func (v *visit) open(ctx context.Context, p command.Picture) (io.ReadCloser, error) {
	switch {
	case p.Result != "":
		r, err := v.d.cfg.Broker.GetResult(ctx, p.Result)
		if errors.Is(err, broker.ErrNotFound) {
			return nil, invalid(p.Param, "the picture is no longer stored")
		}
		return r, err
	case p.URL != "":
		r, err := v.d.cfg.Discord.Fetch(ctx, p.URL, maxFetch)
		switch api.KindOf(err) {
		case api.TooLarge:
			return nil, invalid(p.Param, fmt.Sprintf("the picture is larger than %d MiB", maxFetch>>20))
		case api.Gone, api.NoAccess, api.Invalid, api.Unauthorized:
			return nil, invalid(p.Param, "Discord no longer has the picture")
		case api.Down, api.Limited:
			return nil, invalid(p.Param, "Discord did not hand out the picture; please try again")
		}
		return r, err
	}
	return nil, invalid(p.Param, "a picture is missing")
}

func invalid(input, message string) *job.Error {
	return &job.Error{Code: job.CodeInvalid, Input: input, Message: message}
}
