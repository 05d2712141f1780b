package board

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
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
	if farewell || (byBot && f.waits()) {
		v.AsOf = k.b.cfg.Now()
	}
	if f.phase() == job.Running && !byBot && !v.Spoiler && !k.plain {
		k.lookAtPreview(ctx)
		v.Preview = k.preview.name()
	}
	m := card.Card(v)
	look := printOf(m)
	if embeds(m, v.Preview) {
		m.Files = []api.File{k.preview.file()}
		look = sha256.Sum256(append(look[:], k.preview.of[:]...))
	}
	return m, look
}

// embeds reports whether a message shows the file.
func embeds(m api.Message, name string) bool {
	return name != "" && slices.ContainsFunc(m.Embeds, func(e *discordgo.MessageEmbed) bool {
		return e != nil && e.Image != nil && e.Image.URL == "attachment://"+name
	})
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
	v := card.View{Job: id, Request: r, Actions: command.Menu{Catalog: offers, Defaults: b.cfg.Defaults}.Actions(), Now: b.cfg.Now()}
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
	if now.Position == shown.Position && about(now, shown, moment) {
		now.Start = shown.Start
	}
	return now
}

// about reports that two estimates tell people the same.
func about(now, shown place, moment time.Time) bool {
	if now.Start.IsZero() || shown.Start.IsZero() {
		return now.Start.IsZero() == shown.Start.IsZero()
	}
	return now.Start.Sub(shown.Start).Abs() < max(15*time.Second, now.Start.Sub(moment)/8)
}

// visible reports that a place differs from the shown one by what somebody who
// waits would care for: one place of the next ten, a tenth of a longer line.
func visible(now, shown place, moment time.Time) bool {
	moved := now.Position - shown.Position
	return now.Server != shown.Server || now.Offline != shown.Offline || now.Raised != shown.Raised ||
		max(moved, -moved)*10 >= max(now.Position, 1) || !about(now, shown, moment)
}

// printOf is the fingerprint of a message but for its files.
func printOf(m api.Message) fingerprint {
	data, err := json.Marshal([]any{m.Content, m.Embeds, m.Components, m.Mention})
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

const previewName = "preview"

func (p preview) name() string {
	if p.data == nil {
		return ""
	}
	return previewName + p.kind.Ext()
}

func (p preview) file() api.File {
	return api.File{
		Name: p.name(), Type: p.kind.MediaType(), Description: "The picture as it forms", Size: int64(len(p.data)),
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p.data)), nil },
	}
}
