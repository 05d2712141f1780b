//go:build linux

package proof_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/proof/internal/rig"
)

// faultKind is a kind of fault, with the bounds of how long it lasts.
type faultKind struct {
	name        string
	least, most time.Duration
	point       bool // it happens at a failpoint
	strike      func(*chaos, fault)
}

// lease is that of the bridges; some freezes are longer, and some shorter.
const lease = time.Second

// faultKinds is filled by kinds, whose functions lead back to it.
var faultKinds = kinds()

func kinds() []faultKind {
	const ms = time.Millisecond
	list := []faultKind{
		{"kill bridge at a failpoint", 50 * ms, 500 * ms, true, (*chaos).failpointKill},
		{"freeze bridge at a failpoint", 1300 * ms, 2500 * ms, true, (*chaos).failpointFreeze},
		{"delay bridge at a failpoint", 100 * ms, 1500 * ms, true, (*chaos).failpointDelay},
		{"kill bridge", 50 * ms, 3000 * ms, false, (*chaos).killBridge},
		{"kill both bridges", 50 * ms, 2000 * ms, false, (*chaos).killBothBridges},
		{"stop bridge", 50 * ms, 2000 * ms, false, (*chaos).stopBridge},
		{"freeze bridge shortly", 100 * ms, 800 * ms, false, (*chaos).freezeBridge},
		{"freeze bridge for longer than its lease", 1300 * ms, 5000 * ms, false, (*chaos).freezeBridge},
		{"bridge is not heard by NATS", 300 * ms, 4000 * ms, false,
			func(c *chaos, f fault) { c.cutOff(f, rig.ToNATS) }},
		{"bridge hears nothing from NATS", 300 * ms, 4000 * ms, false,
			func(c *chaos, f fault) { c.cutOff(f, rig.FromNATS) }},
		{"kill NATS", 50 * ms, 3000 * ms, false, (*chaos).killNATS},
		{"stop NATS", 50 * ms, 1000 * ms, false, (*chaos).stopNATS},
		{"freeze NATS", 100 * ms, 4000 * ms, false, (*chaos).freezeNATS},
		{"slow NATS", 500 * ms, 3000 * ms, false, (*chaos).slowNATS},
		{"full NATS", 500 * ms, 3000 * ms, false, (*chaos).fullNATS},
		{"full results", 500 * ms, 3000 * ms, false, (*chaos).fullResults},
		{"kill ComfyUI", 50 * ms, 3000 * ms, false, (*chaos).killComfyUI},
		{"freeze ComfyUI", 100 * ms, 4000 * ms, false, (*chaos).freezeComfyUI},
	}
	for _, command := range []string{"restart", "drop_sockets", "deafen", "half_open", "clear_history"} {
		list = append(list, faultKind{"ComfyUI: " + command, 500 * ms, 2000 * ms, false,
			func(c *chaos, f fault) { c.command(f, command) }})
	}
	for _, switches := range []string{
		`{"drop_every": 7}`, `{"deaf_next": 2}`, `{"silence": true}`, `{"corrupt_text_next": 3}`, `{"cut_binary_next": 3}`,
		`{"oversized_next": 1}`, `{"oom_next": 1}`, `{"node_error_next": 1}`, `{"hang_next": 1}`, `{"history_delay": "400ms"}`,
		`{"disk_full": true}`,
		`{"http": [{"route": "POST /prompt", "mode": "late", "delay": "700ms", "times": 2}]}`,
		`{"http": [{"route": "POST /prompt", "mode": "unanswered", "times": 2}]}`,
		`{"http": [{"route": "POST /prompt", "mode": "cut", "times": 1}]}`,
		`{"http": [{"route": "POST /prompt", "mode": "slow", "delay": "1500ms", "times": 2}]}`,
		`{"http": [{"route": "POST /prompt", "mode": "refuse", "times": 2}]}`,
		`{"http": [{"route": "POST /prompt", "mode": "fail", "status": 502, "times": 2}]}`,
		`{"http": [{"route": "GET /view", "mode": "cut", "times": 2}]}`,
		`{"http": [{"route": "GET /view", "mode": "fail", "times": 2}]}`,
		`{"http": [{"route": "GET /history/*", "mode": "fail", "times": 4}]}`,
		`{"http": [{"route": "GET /queue", "mode": "fail", "times": 4}]}`,
		`{"http": [{"route": "*", "mode": "slow", "delay": "200ms"}]}`,
		`{"http": [{"route": "*", "mode": "fail"}]}`,
	} {
		list = append(list, faultKind{"ComfyUI: " + switches, 500 * ms, 2500 * ms, false,
			func(c *chaos, f fault) { c.switched(f, switches) }})
	}
	return list
}

// side is the queue that a fault is about, with its ComfyUI and its bridges.
func (c *chaos) side(f fault) *side {
	if f.old {
		return c.sides[1]
	}
	return c.sides[0]
}

// victim is the bridge that a fault is about.
func (c *chaos) victim(f fault) *slot {
	bridges := c.side(f).bridges
	if bridges[0].leads() == f.active {
		return bridges[0]
	}
	return bridges[1]
}

func (c *chaos) killBridge(f fault) {
	c.victim(f).hold(func(b *rig.Bridge) {
		b.Kill()
		c.pause(f.span)
	})
}

func (c *chaos) killBothBridges(f fault) {
	bridges := c.side(f).bridges
	bridges[0].hold(func(a *rig.Bridge) {
		bridges[1].hold(func(b *rig.Bridge) {
			a.Kill()
			b.Kill()
			c.pause(f.span)
		})
	})
}

func (c *chaos) stopBridge(f fault) {
	c.victim(f).hold(func(b *rig.Bridge) {
		c.note(b.Stop(rig.StopWithin))
		c.pause(f.span)
	})
}

func (c *chaos) freezeBridge(f fault) {
	c.victim(f).hold(func(b *rig.Bridge) {
		b.Freeze()
		c.pause(f.span)
		b.Thaw()
	})
}

// cutOff stops one direction of the line between a bridge and NATS.
func (c *chaos) cutOff(f fault, d rig.Direction) {
	s := c.victim(f)
	s.cut.Lock()
	defer s.cut.Unlock()
	release := s.line.Stop(d)
	defer release()
	c.pause(f.span)
}

func (c *chaos) failpointKill(f fault) {
	c.atFailpoint(f, "kill", func(b *rig.Bridge) { rig.Poll(c.Context(), window10s, func() bool { return !b.Running() }) })
}

func (c *chaos) failpointFreeze(f fault) {
	c.atFailpoint(f, "freeze", func(b *rig.Bridge) {
		if rig.Poll(c.Context(), window10s, b.Struck) {
			c.pause(f.span)
		}
		b.Thaw()
	})
}

func (c *chaos) failpointDelay(f fault) {
	c.atFailpoint(f, "delay:"+f.span.String(), func(*rig.Bridge) { c.pause(f.span) })
}

// window10s is how long a failpoint may take to be passed; after that the
// campaign goes on without it.
const window10s = 10 * time.Second

// atFailpoint starts one bridge anew with a failpoint, and makes it the active
// one by stopping the other.
func (c *chaos) atFailpoint(f fault, action string, then func(*rig.Bridge)) {
	armed, other := c.side(f).bridges[0], c.side(f).bridges[1]
	if c.victim(f) == other {
		armed, other = other, armed
	}
	armed.hold(func(b *rig.Bridge) {
		c.note(b.Stop(rig.StopWithin))
		c.note(b.Arm(fmt.Sprintf("%s=%s@%d", f.point, action, f.nth)))
		if other.mu.TryLock() { // else a fault of its own has it
			c.note(other.Stop(rig.StopWithin))
			other.mu.Unlock()
		}
		rig.Poll(c.Context(), window10s, func() bool { return b.Passed(f.point) >= f.nth || b.Struck() })
		if b.Passed(f.point) >= f.nth {
			c.hits.Add(1)
		}
		then(b)
	})
}

func (c *chaos) killNATS(f fault) {
	c.nats.Lock()
	defer c.nats.Unlock()
	c.NATS.Kill()
	c.pause(f.span)
	c.note(c.NATS.Start())
}

func (c *chaos) stopNATS(f fault) {
	c.nats.Lock()
	defer c.nats.Unlock()
	c.note(c.NATS.Stop(rig.Patience))
	c.pause(f.span)
	c.note(c.NATS.Start())
}

func (c *chaos) freezeNATS(f fault) {
	c.nats.Lock()
	defer c.nats.Unlock()
	c.NATS.Freeze()
	c.pause(f.span)
	c.NATS.Thaw()
}

// slowNATS lets the server run for a third of the time only.
func (c *chaos) slowNATS(f fault) {
	c.nats.Lock()
	defer c.nats.Unlock()
	for end := time.Now().Add(f.span); time.Now().Before(end); {
		c.NATS.Freeze()
		c.pause(40 * time.Millisecond)
		c.NATS.Thaw()
		c.pause(20 * time.Millisecond)
	}
}

// fullNATS fills the whole store with a stream of its own.
func (c *chaos) fullNATS(f fault) {
	c.junk(func(js jetstream.JetStream) {
		_, err := js.CreateOrUpdateStream(c.Context(), jetstream.StreamConfig{Name: "JUNK", Subjects: []string{"junk"}})
		c.note(err)
		c.fill(js, "junk")
		c.pause(f.span)
		c.insist("the junk is removed", func() error { return js.DeleteStream(c.Context(), "JUNK") })
	})
}

// fullResults fills the results store.
func (c *chaos) fullResults(f fault) {
	const subject = "$O.DISCOMFY_RESULTS.C.junk"
	c.junk(func(js jetstream.JetStream) {
		c.fill(js, subject)
		c.pause(f.span)
		c.insist("the junk is removed", func() error {
			s, err := js.Stream(c.Context(), "OBJ_DISCOMFY_RESULTS")
			if err == nil {
				err = s.Purge(c.Context(), jetstream.WithPurgeSubject(subject))
			}
			return err
		})
	})
}

// junk lends a connection beside the broker's, for what the broker does not
// allow. Nobody kills NATS meanwhile, or the junk would stay.
func (c *chaos) junk(use func(jetstream.JetStream)) {
	c.nats.Lock()
	defer c.nats.Unlock()
	nc, err := nats.Connect(c.NATSURL(), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true))
	if err != nil {
		c.note(err)
		return
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		c.note(err)
		return
	}
	use(js)
}

// fill publishes until the server refuses.
func (c *chaos) fill(js jetstream.JetStream, subject string) {
	data := make([]byte, 1000<<10)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(data) // never fails
	for range 1000 {
		if _, err := js.Publish(c.Context(), subject, data); err != nil {
			return
		}
	}
	c.note(fmt.Errorf("%s was not filled", subject))
}

// insist repeats what must not fail in the end.
func (c *chaos) insist(what string, do func() error) {
	var err error
	if !rig.Poll(c.Context(), rig.Patience, func() bool { err = do(); return err == nil }) {
		c.Errorf("never: %s: %v", what, err)
	}
}

// atComfyUI lends the server that a fault is about.
func (c *chaos) atComfyUI(f fault, use func(*rig.ComfyUI)) {
	s := c.side(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	use(s.comfy)
}

func (c *chaos) killComfyUI(f fault) {
	c.atComfyUI(f, func(server *rig.ComfyUI) {
		server.Kill()
		c.pause(f.span)
		c.note(server.Start())
	})
}

func (c *chaos) freezeComfyUI(f fault) {
	c.atComfyUI(f, func(server *rig.ComfyUI) {
		server.Freeze()
		c.pause(f.span)
		server.Thaw()
	})
}

func (c *chaos) command(f fault, name string) {
	c.atComfyUI(f, func(server *rig.ComfyUI) {
		c.note(server.Command(name))
		if name == "half_open" {
			c.pause(f.span)
			c.note(server.Command("end_half_open"))
		}
	})
}

// switched switches faults of ComfyUI on for a while.
func (c *chaos) switched(f fault, switches string) {
	c.atComfyUI(f, func(server *rig.ComfyUI) {
		c.note(server.Faults(switches))
		c.pause(f.span)
		c.note(server.Mend())
		c.note(server.Command("release"))
	})
}
