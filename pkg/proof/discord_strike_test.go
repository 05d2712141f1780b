//go:build linux

package proof_test

import (
	"fmt"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/proof/internal/rig"
)

// replicas is how many there are of the ingress.
const replicas = 3

// mishapKind is a kind of fault on people's side, with the bounds of how long it
// lasts.
type mishapKind struct {
	name        string
	least, most time.Duration
	strike      func(*party, mishap)
}

// mishapKinds is filled by newMishapKinds, whose functions lead back to it.
var mishapKinds = newMishapKinds()

// aPicture is the route by which a replica gets a picture that somebody has
// attached, while they read "thinking". What a dead one leaves there others see
// after half a minute only.
const aPicture = "GET /attachments/"

// atPoint is within the names of what happens at a failpoint.
const atPoint = " at "

// renderWait is how long NATS waits before it gives a state to another replica.
const renderWait = 30 * time.Second

func newMishapKinds() []mishapKind {
	const ms = time.Millisecond
	list := []mishapKind{
		{"kill ingress", 50 * ms, 3000 * ms, (*party).killIngress},
		{"kill two of the ingress", 50 * ms, 2000 * ms, (*party).killTwo},
		{"kill the whole ingress", 50 * ms, 1000 * ms, (*party).killAll},
		{"stop ingress", 50 * ms, 1000 * ms, (*party).stopIngress},
		{"freeze ingress shortly", 100 * ms, 900 * ms, (*party).freezeIngress},
		{"freeze ingress", 1000 * ms, 8000 * ms, (*party).freezeIngress},
		{"freeze ingress for longer than NATS waits", renderWait + 500*ms, renderWait + 2000*ms, (*party).freezeIngress},
		{"freeze the whole ingress", 500 * ms, 5000 * ms, (*party).freezeAll},
	}
	for _, point := range []string{broker.BeforeSubmit, broker.AfterSubmit} {
		list = append(list, mishapKind{"kill ingress" + atPoint + point, 50 * ms, 1000 * ms,
			func(p *party, m mishap) { p.failIngress(m, point) }})
	}
	for _, route := range []string{"PATCH /webhooks/", "POST /channels/", "PATCH /channels/", "/callback", aPicture} {
		list = append(list, mishapKind{"kill ingress while it waits for " + route, 50 * ms, 1000 * ms,
			func(p *party, m mishap) { p.catchIngress(m, route, p.killOne) }})
	}
	for _, route := range []string{"PATCH /webhooks/", "POST /channels/", aPicture} {
		list = append(list, mishapKind{"freeze ingress while it waits for " + route, 1000 * ms, 8000 * ms,
			func(p *party, m mishap) { p.catchIngress(m, route, p.freezeOne) }})
	}
	for _, d := range []rig.Direction{rig.ToNATS, rig.FromNATS} {
		list = append(list, mishapKind{fmt.Sprintf("ingress is cut off from NATS, direction %d", d), 300 * ms, 4000 * ms,
			func(p *party, m mishap) { p.cutNATS(m, d) }},
			mishapKind{fmt.Sprintf("ingress is cut off from Discord, direction %d", d), 300 * ms, 4000 * ms,
				func(p *party, m mishap) { p.cutDiscord(m, d) }})
	}
	return append(list, discordKinds()...)
}

// discordKinds are the faults of Discord itself.
func discordKinds() (list []mishapKind) {
	const ms = time.Millisecond
	for _, say := range []string{"drop", "reconnect", "invalid_resume", "invalid"} {
		list = append(list, mishapKind{"the gateway says " + say, 100 * ms, 1000 * ms,
			func(p *party, m mishap) { p.gateway(m, say) }})
	}
	for _, state := range []string{
		`{"no_acks": true}`, `{"down": true, "say": "drop"}`, `{"no_hello": true, "say": "reconnect"}`,
		`{"resume": ["invalid"], "say": "drop"}`, `{"resume": ["silence"], "say": "drop"}`,
	} {
		list = append(list, mishapKind{"the gateway has " + state, 500 * ms, 5000 * ms,
			func(p *party, m mishap) { p.deafened(m, "/gateway", state) }})
	}
	list = append(list, mishapKind{"the gateway falls silent", 500 * ms, 4000 * ms,
		func(p *party, m mishap) { p.deafened(m, "/gateway", `{"say": "silence"}`) }})
	for _, broken := range []string{
		`{"status": 500}`, `{"route": "PATCH /webhooks/", "status": 503}`, `{"route": "POST /channels/", "status": 502}`,
		`{"route": "/callback", "status": 500, "times": 3}`,
		`{"route": "/callback", "status": 502, "done": true, "times": 3}`,
		`{"route": "PATCH /webhooks/", "status": 502, "done": true, "times": 3}`,
		`{"route": "POST /channels/", "status": 502, "done": true, "times": 3}`,
		`{"route": "PATCH /channels/", "status": 502, "done": true, "times": 3}`,
		`{"wait": "150ms"}`, `{"wait": "1200ms"}`, `{"route": "/callback", "wait": "2500ms", "times": 3}`,
		`{"route": "/callback", "wait": "4s", "times": 2}`, `{"route": "PATCH /webhooks/", "linger": "3s", "times": 4}`,
		`{"route": "PATCH /webhooks/", "status": 413, "code": 40005, "times": 2}`,
		`{"route": "POST /channels/", "status": 413, "code": 40005, "times": 2}`,
		`{"route": "PATCH /webhooks/", "status": 429, "retry": "700ms", "times": 3}`,
		`{"route": "PATCH /webhooks/", "status": 404, "code": 10015, "times": 1}`,
		`{"route": "` + aPicture + `", "wait": "1500ms", "times": 3}`, `{"route": "` + aPicture + `", "status": 503, "times": 2}`,
	} {
		list = append(list, mishapKind{"Discord: " + broken, 500 * ms, 3000 * ms,
			func(p *party, m mishap) { p.troubled(m, "/break", broken) }})
	}
	return append(list,
		mishapKind{"Discord blocks a word", 500 * ms, 3000 * ms, func(p *party, m mishap) { p.troubled(m, "/block", `{"words": ["fish"]}`) }},
		mishapKind{"Discord tells everything twice", 500 * ms, 3000 * ms, func(p *party, m mishap) { p.troubled(m, "/repeat", `{"n": 20}`) }})
}

// replica is one that is started again whenever it has ended.
type replica struct {
	*rig.Ingress

	handled handled
}

// each does something to some of them at the same time, in their order, so that
// two who want several do not wait for each other.
func each(of []*replica, do func()) {
	if len(of) == 0 {
		do()
		return
	}
	of[0].handled.hold(func() { each(of[1:], do) })
}

func (p *party) killIngress(m mishap) { p.killOne(p.ingress[m.who], m) }

func (p *party) killOne(r *replica, m mishap) {
	r.handled.hold(func() {
		r.Kill()
		p.pause(m.span)
	})
}

func (p *party) killTwo(m mishap) {
	var two []*replica
	for n, r := range p.ingress {
		if n != m.who {
			two = append(two, r)
		}
	}
	p.killSome(two, m)
}

func (p *party) killAll(m mishap) { p.killSome(p.ingress, m) }

func (p *party) killSome(some []*replica, m mishap) {
	each(some, func() {
		for _, r := range some {
			r.Kill()
		}
		p.pause(m.span)
	})
}

func (p *party) stopIngress(m mishap) {
	r := p.ingress[m.who]
	r.handled.hold(func() {
		p.note(r.Stop(rig.StopWithin))
		p.pause(m.span)
	})
}

func (p *party) freezeIngress(m mishap) { p.freezeOne(p.ingress[m.who], m) }

func (p *party) freezeOne(r *replica, m mishap) {
	r.handled.hold(func() {
		r.Freeze()
		p.pause(m.span)
		r.Thaw()
	})
}

func (p *party) freezeAll(m mishap) {
	each(p.ingress, func() {
		for _, r := range p.ingress {
			r.Freeze()
		}
		p.pause(m.span)
		for _, r := range p.ingress {
			r.Thaw()
		}
	})
}

// failIngress starts a replica anew that kills itself at a failpoint.
func (p *party) failIngress(m mishap, point string) {
	r := p.ingress[m.who]
	r.handled.hold(func() {
		p.note(r.Stop(rig.StopWithin))
		p.note(r.Arm(point + "=kill"))
		if rig.Poll(p.Context(), 2*p.window(), func() bool { return !r.Running() }) {
			p.hits.Add(1)
		}
		r.Kill()
		p.pause(m.span)
	})
}

// catchIngress waits for a replica whose request was done and is not answered
// yet, and does something to it at this moment.
func (p *party) catchIngress(m mishap, route string, do func(*replica, mishap)) {
	p.discord.Lock()
	before := len(p.Discord.Held())
	_, err := p.Discord.Order("/break", fmt.Sprintf(`{"route": %q, "linger": "800ms", "times": 1}`, route))
	p.note(err)
	defer p.discord.Unlock()
	defer p.mend()
	var victim *replica
	rig.Poll(p.Context(), p.window(), func() bool {
		if hosts := p.Discord.Held(); len(hosts) > before {
			victim = p.hosted(hosts[before])
		}
		return victim != nil
	})
	if victim != nil {
		p.hits.Add(1)
		do(victim, m)
	}
}

func (p *party) hosted(host string) *replica {
	for _, r := range p.ingress {
		if r.Host() == host {
			return r
		}
	}
	p.Errorf("no replica reaches Discord as %s", host)
	return nil
}

func (p *party) cutNATS(m mishap, d rig.Direction) {
	r := p.ingress[m.who]
	r.handled.cut.Lock()
	defer r.handled.cut.Unlock()
	release := r.NATS.Stop(d)
	defer release()
	p.pause(m.span)
}

func (p *party) cutDiscord(m mishap, d rig.Direction) {
	r := p.ingress[m.who]
	r.handled.cut.Lock()
	defer r.handled.cut.Unlock()
	release := r.CutOff(d)
	defer release()
	p.pause(m.span)
}

// gateway says something to the socket of one replica.
func (p *party) gateway(m mishap, say string) {
	p.troubled(m, "/gateway", fmt.Sprintf(`{"say": %q, "hosts": [%q]}`, say, p.ingress[m.who].Host()))
}

// troubled has something wrong with Discord for a while. One fault of Discord
// has it at a time.
func (p *party) troubled(m mishap, path, body string) {
	p.discord.Lock()
	defer p.discord.Unlock()
	if _, err := p.Discord.Order(path, body); err != nil && p.Context().Err() == nil {
		p.Errorf("nothing was broken by %s %s: %v", path, body, err)
	}
	p.pause(m.span)
	p.mend()
}

// deafened is troubled with something that keeps all replicas from hearing.
func (p *party) deafened(m mishap, path, body string) {
	for _, r := range p.ingress {
		defer r.Deafen()()
	}
	p.troubled(m, path, body)
}

func (p *party) mend() {
	p.insist("Discord is mended", func() error { _, err := p.Discord.Order("/mend", "{}"); return err })
}
