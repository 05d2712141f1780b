//go:build linux

package proof_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"sync"
	"time"

	"discomfy/pkg/job"
	"discomfy/pkg/proof"
	"discomfy/pkg/proof/internal/rig"
)

const (
	// mostAsks bounds what people wait for at once.
	mostAsks = 16
	// mostTries is how often somebody asks anew who was not served.
	mostTries = 60
	// patient is how long somebody waits for a card, or for its end, before they
	// do something else.
	patient = 15 * time.Second
)

// mingle lets people ask for what the plan says.
func (p *party) mingle() {
	var all sync.WaitGroup
	defer all.Wait()
	room := make(chan struct{}, mostAsks)
	for n, a := range p.plan.asks {
		p.await(n)
		select {
		case room <- struct{}{}:
		case <-p.Context().Done():
			return
		}
		all.Go(func() {
			defer func() { <-room }()
			p.serve(a)
		})
	}
}

// ahead is by how many asks people may be ahead of the faults of the plan.
const ahead = 12

// await keeps people from asking for everything before the faults come.
func (p *party) await(asked int) {
	due := int64(0)
	for _, m := range p.plan.faults {
		if m.at < asked-ahead {
			due++
		}
	}
	for p.begun.Load() < due && p.pause(50*time.Millisecond) {
	}
}

// serve is one person with one wish.
func (p *party) serve(a ask) {
	card, id := p.order(a)
	if card == "" {
		return
	}
	p.follow(a, card, id)
	rig.Poll(p.Context(), patient, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.ended[id]
	})
}

// order asks until a card appears, and returns its message.
func (p *party) order(a ask) (card string, id job.ID) {
	body := map[string]any{"user": p.people[a.person], "channel": p.where(a), "command": a.command, "options": a.options}
	var files map[string][]byte
	if a.picture {
		files = map[string][]byte{"image": photo()}
	}
	for range mostTries {
		answer, err := p.Discord.Act("invoke", body, files)
		if err == nil {
			if card, id := p.cardOf(answer); card != "" {
				return card, id
			}
		}
		p.note(err)
		if !p.pause(300 * time.Millisecond) {
			return "", job.ID{}
		}
	}
	p.Errorf("%s was asked for %d times and never accepted: %v", a.command, mostTries, a.options)
	return "", job.ID{}
}

func (p *party) where(a ask) string {
	if a.place < 0 {
		return "0"
	}
	return p.places[a.place]
}

// cardOf waits until an answer is the card of a job, or clearly is none.
func (p *party) cardOf(answer map[string]any) (card string, id job.ID) {
	interaction, _ := answer["interaction"].(string)
	message, _ := answer["message"].(string)
	if message == "" {
		return "", job.ID{}
	}
	id = job.FromInteraction(interaction)
	rig.Poll(p.Context(), patient, func() bool {
		look := p.look(message)
		switch {
		case look.Thinking || len(look.Colours) == 0 && look.Text == "":
			return false
		case slices.ContainsFunc(look.Buttons, func(custom string) bool { return strings.Contains(custom, pack(id)) }):
			card = message
		}
		return true
	})
	return card, id
}

// look is how a message looks now.
func (p *party) look(message string) (look proof.Look) {
	p.Discord.Look(func(r *proof.DiscordReader) {
		if m := r.Message(message); m != nil {
			look = m.Looks[len(m.Looks)-1]
		}
	})
	return look
}

// follow does what the person does later with the card.
func (p *party) follow(a ask, card string, id job.ID) {
	switch a.then {
	case nothingMore:
		return
	case cancels, refreshes:
		p.pause(a.after)
		p.press(a, card, id, string(a.then))
	case removes:
		p.pause(a.after)
		_, err := p.Discord.Order("/delete", `{"message": "`+card+`"}`)
		p.note(err)
	case shows:
		_, err := p.Discord.Act("invoke", map[string]any{
			"user": p.people[a.person], "channel": p.where(a), "command": "show", "options": map[string]any{"job": id.String()},
		}, nil)
		p.note(err)
	default:
		if message := p.done(card, id); message != "" {
			p.press(a, message, id, string(a.then))
		}
	}
}

// done waits for the message that tells that the job is done: the card, or one
// that replies to it.
func (p *party) done(card string, id job.ID) (message string) {
	rig.Poll(p.Context(), patient, func() bool {
		p.Discord.Look(func(r *proof.DiscordReader) {
			for n := range r.Messages {
				m := &r.Messages[n]
				if m.ID != card && m.Reference != card || !m.Deleted.IsZero() {
					continue
				}
				if buttonOf(m.Looks[len(m.Looks)-1], id, "delete") != "" {
					message = m.ID
				}
			}
		})
		return message != ""
	})
	return message
}

// press clicks a button of a job, if it is there; a form that opens is sent as
// it is.
func (p *party) press(a ask, message string, id job.ID, verb string) {
	custom := buttonOf(p.look(message), id, verb)
	if custom == "" {
		return
	}
	user := p.people[a.person]
	answer, err := p.Discord.Act("click", map[string]any{"user": user, "message": message, "custom_id": custom}, nil)
	p.note(err)
	if answer["modal"] != nil {
		_, err := p.Discord.Act("modal", map[string]any{"user": user, "interaction": answer["interaction"], "fields": map[string]any{}}, nil)
		p.note(err)
	}
}

// buttonOf is the custom id of a job's button; "" where there is none.
func buttonOf(l proof.Look, id job.ID, verb string) string {
	for _, custom := range l.Buttons {
		if strings.HasPrefix(custom, "d1:"+verb+":"+pack(id)+":") {
			return custom
		}
	}
	return ""
}

// pack is how a custom id names a job.
func pack(id job.ID) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(buttons(id, "x")[0], "d1:"), ":")
	of, _, _ := strings.Cut(rest, ":")
	return of
}

// photo is a picture that somebody attaches.
func photo() []byte {
	var b bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 48, 32))
	img.Set(3, 4, color.White)
	_ = png.Encode(&b, img) // a buffer takes everything
	return b.Bytes()
}
