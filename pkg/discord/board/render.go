package board

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/job"
	"discomfy/pkg/picture"
)

// fingerprint tells two messages apart that look different.
type fingerprint [sha256.Size]byte

// preview is a picture that is still forming, small enough to be sent often.
type preview struct {
	of   [sha256.Size]byte // the bytes that it was made of
	data []byte            // nil where there is none
	kind picture.Kind
}

// render makes the card of a job that has not ended.
func (k *keeper) render(ctx context.Context, f facts, farewell, byBot bool) (api.Message, fingerprint) {
	v := k.liveView(f)
	if farewell {
		v.AsOf = k.b.cfg.Now()
	}
	if f.phase() == job.Running && !byBot && !v.Spoiler && !k.plain {
		k.lookAtPreview(ctx)
		v.Preview = k.preview.name()
	}
	m := card.Card(v)
	print := printOf(m)
	if v.Preview != "" {
		m.Files = []api.File{k.preview.file()}
		print = sha256.Sum256(append(print[:], k.preview.of[:]...))
	}
	return m, print
}

// liveView is what the card shows of the facts.
func (k *keeper) liveView(f facts) card.View {
	v := k.b.View(k.handle.Job, k.request)
	h := k.handle
	v.Asker, v.Private, v.Spoiler, v.Wordless, v.Notes = h.Asker, h.Private, h.Spoiler, h.Wordless, h.Notes
	v.Refresh = !h.ByBot()
	v.Phase, v.Progress = f.phase(), f.progress
	if f.seq > 0 {
		v.State = &f.state
	}
	p := steady(f.place, k.shownAs, v.Now)
	v.Position, v.Of, v.Start, v.Raised = p.Position, p.Of, p.Start, p.Raised
	v.Server, v.Offline = p.Server, p.Offline
	return v
}

// View is the beginning of what a card shows: the job, what was asked for, and
// what may be done with a result. The request may be nil.
func (b *Board) View(id job.ID, r *job.Request) card.View {
	offers := b.cfg.Offers()
	v := card.View{Job: id, Request: r, Actions: card.ActionsOf(offers, b.cfg.Defaults), Now: b.cfg.Now()}
	if r != nil {
		if o, ok := offers.Find(r.Workflow); ok {
			v.Offer = &o
		}
	}
	return v
}

// steady leaves an estimate as it is shown while it is about right: an edit for
// a few seconds is none that anybody needs.
func steady(now, shown place, moment time.Time) place {
	if now.Position != shown.Position || now.Start.IsZero() || shown.Start.IsZero() {
		return now
	}
	about := max(15*time.Second, now.Start.Sub(moment)/8)
	if now.Start.Sub(shown.Start).Abs() < about {
		now.Start = shown.Start
	}
	return now
}

// printOf is the fingerprint of a message but for its files.
func printOf(m api.Message) fingerprint {
	m.Files = nil
	data, err := json.Marshal(m)
	if err != nil {
		return fingerprint{} // it equals nothing that was shown
	}
	return sha256.Sum256(data)
}

// lookAtPreview takes the newest preview. Where there is no newer one, or it is
// no picture, the last stays.
func (k *keeper) lookAtPreview(ctx context.Context) {
	p, err := k.b.cfg.Broker.Preview(ctx, k.id)
	if err != nil {
		if !errors.Is(err, broker.ErrNotFound) {
			k.log.DebugContext(ctx, "the preview could not be read", slog.Any(keyError, err))
		}
		return
	}
	of := sha256.Sum256(p.Data)
	if of == k.preview.of {
		return
	}
	fitted, err := picture.Preview(ctx, p.Data)
	if err != nil {
		k.log.DebugContext(ctx, "the preview can not be shown", slog.Any(keyError, err))
		return
	}
	k.preview = preview{of: of, data: fitted.Data, kind: fitted.Kind}
}

func (p preview) name() string {
	if p.data == nil {
		return ""
	}
	return "preview" + p.kind.Ext()
}

func (p preview) file() api.File {
	return api.File{
		Name: p.name(), Type: p.kind.MediaType(), Description: "The picture as it forms", Size: int64(len(p.data)),
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p.data)), nil },
	}
}
