package comfy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

// play runs a test in virtual time, against a stage, with a running Conn.
func play(t *testing.T, test func(*testing.T, *running)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &running{stage: newStage(t), t: t}
		r.begin()
		test(t, r)
	})
}

// running is a Conn that runs, and what it told.
type running struct {
	t      *testing.T
	stage  *stage
	conn   *Conn
	open   atomic.Int64
	cancel context.CancelFunc
	result chan error

	mu   sync.Mutex
	told []string
	last []Event
}

func (r *running) begin() {
	r.conn = r.stage.client.Conn(ConnConfig{
		ClientID: "ours",
		Sink:     r.sink,
		Open:     func() int { return int(r.open.Load()) },
	})
	ctx, cancel := context.WithCancel(r.t.Context())
	r.cancel, r.result = cancel, make(chan error, 1)
	go func() { r.result <- r.conn.Run(ctx) }()
	r.t.Cleanup(func() { r.stop() })
}

// stop ends the Conn and gives what Run returned.
func (r *running) stop() error {
	r.cancel()
	err := <-r.result
	r.result <- err
	return err
}

func (r *running) sink(generation uint64, e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := strings.TrimPrefix(fmt.Sprintf("%T", e), "comfy.")
	if d, ok := e.(Disconnected); ok && d.Deaf {
		name += " deaf"
	}
	r.told = append(r.told, fmt.Sprintf("%d %s", generation, name))
	r.last = append(r.last, e)
}

func (r *running) events() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

func (r *running) find(name string) Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.told, name); i >= 0 {
		return r.last[i]
	}
	r.t.Fatalf("no event %q in %q", name, r.told)
	return nil
}

func (r *running) want(events ...string) {
	r.t.Helper()
	if diff := cmp.Diff(events, r.events()); diff != "" {
		r.t.Errorf("events (-want +got):\n%s", diff)
	}
}

// order checks what the server saw of its sockets.
func (r *running) order(want ...string) {
	r.t.Helper()
	synctest.Wait()
	r.stage.mu.Lock()
	defer r.stage.mu.Unlock()
	if diff := cmp.Diff(want, r.stage.log); diff != "" {
		r.t.Errorf("sockets (-want +got):\n%s", diff)
	}
}

// reopened waits for the nth socket and checks how long after a moment it came.
func (r *running) reopened(n int, since time.Time, within time.Duration) *peer {
	r.t.Helper()
	p := r.stage.socket(n)
	if took := p.opened.Sub(since); took > within {
		r.t.Errorf("socket %d came after %v, want at most %v", n, took, within)
	}
	return p
}

func TestConnBeginsAGenerationWithStatusAndFlags(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		p := r.stage.socket(1)
		if p.clientID != "ours" {
			t.Errorf("client id %q", p.clientID)
		}
		p.start("p1")
		r.want("1 Connected", "1 Status", "1 ExecutionStart")
		connected, _ := r.find("1 Connected").(Connected)
		if connected.ClientID != "ours" || string(connected.Flags["supports_preview_metadata"]) != "true" {
			t.Errorf("connected with %+v", connected)
		}
		if r.conn.Generation() != 1 {
			t.Errorf("generation %d", r.conn.Generation())
		}
	})
}

func TestConnStopsWithACloseHandshake(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		r.stage.socket(1)
		synctest.Wait()
		began := time.Now()
		if err := r.stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("stopping took %v", took)
		}
		r.order("open 1", "close 1")
		r.want("1 Connected", "1 Status", "1 Disconnected")
	})
}

func TestConnStopsAlthoughThePeerNeverCloses(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		r.stage.set(func() { r.stage.stuck = true })
		r.stage.socket(1).ws.Close() // the first was opened before
		r.stage.socket(2)
		synctest.Wait()
		began := time.Now()
		_ = r.stop()
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("stopping took %v", took)
		}
	})
}

func TestConnReconnectsAfterALoss(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		lost := time.Now()
		r.stage.socket(1).ws.Close()
		r.reopened(2, lost, time.Second)
		r.want("1 Connected", "1 Status", "1 Disconnected", "2 Connected", "2 Status")
	})
}

// The end of an old socket makes a newer one deaf: there must be none yet.
func TestConnClosesWhollyBeforeItOpens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &running{stage: newStage(t), t: t}
		r.stage.languid = true
		r.begin()
		r.stage.socket(1)
		synctest.Wait()
		suspected := time.Now()
		r.conn.Suspect(1)
		r.reopened(2, suspected, 2*time.Second)
		r.order("open 1", "close 1", "open 2")
	})
}

func TestConnReturnsSoonAfterALongLife(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		for life := range 20 {
			p := r.stage.socket(life + 1)
			time.Sleep(time.Minute)
			lost := time.Now()
			p.ws.Close()
			r.reopened(life+2, lost, time.Second)
		}
	})
}

func TestConnWaitsLongerTheLongerTheServerIsAway(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		first := r.stage.socket(1)
		r.stage.set(func() { r.stage.refuse = true })
		first.ws.Close()
		time.Sleep(10 * time.Minute)
		r.stage.set(func() { r.stage.refuse = false })
		r.reopened(2, time.Now(), 8*time.Second)
	})
}

func TestConnIsSilentOnAnIdleServer(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		r.stage.socket(1)
		time.Sleep(3 * time.Hour)
		r.order("open 1")
		if looks := r.stage.looks; looks != 0 {
			t.Errorf("%d looks at the queue without an open prompt", looks)
		}
	})
}

func TestConnLeavesADeadPeer(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		r.stage.socket(1)
		r.stage.set(func() { r.stage.dead = true })
		dead := time.Now()
		time.Sleep(time.Minute)
		r.order("open 1")
		r.reopened(2, dead, 90*time.Second)
	})
}

// A socket that is deaf from the start hears no answer to its hello.
func TestConnIsDeafAfterConnecting(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		first := r.stage.socket(1)
		r.stage.set(func() { r.stage.mute = true })
		first.ws.Close()
		second := r.stage.socket(2)
		r.stage.set(func() { r.stage.mute = false })
		r.reopened(3, second.opened, 5*time.Second)
		r.order("open 1", "close 1", "open 2", "close 2", "open 3")
		r.want("1 Connected", "1 Status", "1 Disconnected", "2 Connected", "2 Status")
		if n := r.conn.Stats().Deaf; n != 1 {
			t.Errorf("%d deaf sockets", n)
		}
	})
}

func TestConnTakesAServerWithoutFeatureFlags(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &running{stage: newStage(t), t: t}
		r.stage.features = 404
		r.stage.mute = true
		r.begin()
		p := r.stage.socket(1)
		p.start("p1")
		p.send("progress", `{"value":1,"max":4}`)
		time.Sleep(4 * time.Second)
		r.want("1 Connected", "1 Status", "1 ExecutionStart", "1 StepProgress")
		if step, _ := r.find("1 StepProgress").(StepProgress); step.Prompt != "p1" {
			t.Errorf("progress belongs to %q", step.Prompt)
		}
		r.order("open 1")
	})
}

func TestConnIsConnectedByWhatItHears(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &running{stage: newStage(t), t: t}
		r.stage.mute = true
		r.begin()
		p := r.stage.socket(1)
		for i := range mostHeld + 8 {
			p.send("progress", fmt.Sprintf(`{"value":%d,"max":1000,"prompt_id":"p1","node":"3"}`, i))
		}
		if got := r.events(); len(got) != mostHeld+10 || got[0] != "1 Connected" {
			t.Errorf("%d events, first %q", len(got), got[0])
		}
	})
}

func TestConnIsDeafAfterASubmission(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		r.stage.socket(1)
		synctest.Wait()
		arm := r.conn.Expect()
		arm()
		r.reopened(2, time.Now(), 5*time.Second)
		r.want("1 Connected", "1 Status", "1 Disconnected deaf", "2 Connected", "2 Status")
		r.order("open 1", "close 1", "open 2")
	})
}

func TestConnHearsTheStatusOfASubmission(t *testing.T) {
	const after = 1900 * time.Millisecond
	for name, when := range map[string]time.Duration{
		"before its answer": 0, "after its answer": after, "just after the bound": after + 400*time.Millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, r *running) {
				p := r.stage.socket(1)
				synctest.Wait()
				arm := r.conn.Expect()
				if when == 0 {
					p.status(1)
					synctest.Wait()
				}
				arm()
				if when > 0 {
					time.Sleep(when)
					p.status(1)
				}
				time.Sleep(time.Minute)
				r.order("open 1")
			})
		})
	}
}

func TestConnExpectsNothingBetweenGenerations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &running{stage: newStage(t), t: t}
		r.stage.refuse = true
		r.begin()
		arm := r.conn.Expect()
		r.stage.set(func() { r.stage.refuse = false })
		r.stage.socket(1)
		arm()
		time.Sleep(time.Minute)
		r.order("open 1")
	})
}

func TestConnComparesASilentSocketWithTheQueue(t *testing.T) {
	const busy = `{"queue_running":[[1,%q,{},{"client_id":%q},["3"]]],"queue_pending":[]}`
	tests := map[string]struct {
		told  func(*peer) // before the silence
		queue string
		deaf  bool
	}{
		"the prompt that executes": {
			func(p *peer) { p.status(1); p.start("p1") }, fmt.Sprintf(busy, "p1", "ours"), false,
		},
		"a prompt of which nothing was told": {
			func(p *peer) { p.status(1) }, fmt.Sprintf(busy, "p1", "ours"), true,
		},
		"the next prompt": {
			func(p *peer) { p.status(1); p.start("p1") }, fmt.Sprintf(busy, "p2", "ours"), true,
		},
		"somebody else's prompt": {
			func(p *peer) { p.status(1) }, fmt.Sprintf(busy, "x", "theirs"), false,
		},
		"somebody else's prompt after ours": {
			func(p *peer) { p.status(1); p.start("p1") }, fmt.Sprintf(busy, "x", "theirs"), true,
		},
		"an empty queue": {
			func(p *peer) { p.status(1); p.start("p1") }, emptyQueue, true,
		},
		"a prompt that was running on connecting": {
			func(p *peer) { p.status(1); p.send("executing", `{"node":"2"}`) }, fmt.Sprintf(busy, "p1", "ours"), false,
		},
		"more than the last status said": {
			func(*peer) {}, fmt.Sprintf(busy, "x", "theirs"), true,
		},
		"no answer":  {func(p *peer) { p.status(1) }, "", false},
		"no queue":   {func(p *peer) { p.status(1) }, `{"queue_running":null}`, false},
		"no prompts": {func(*peer) {}, emptyQueue, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, r *running) {
				p := r.stage.socket(1)
				synctest.Wait()
				test.told(p)
				r.stage.set(func() { r.stage.queue = test.queue })
				r.open.Store(1)
				silent := time.Now()
				if test.deaf {
					r.reopened(2, silent, 5*time.Second)
					r.order("open 1", "close 1", "open 2")
					r.find("1 Disconnected deaf")
					r.stage.set(func() { r.stage.queue = emptyQueue })
					return
				}
				time.Sleep(time.Minute)
				r.order("open 1")
				if looks := r.stage.looks; looks < 15 || looks > 40 {
					t.Errorf("%d looks in a minute of silence", looks)
				}
			})
		})
	}
}

// The queue moves before its frames arrive: one look is not enough.
func TestConnLooksTwice(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		p := r.stage.socket(1)
		synctest.Wait()
		r.stage.set(func() { r.stage.queue = `{"queue_running":[[1,"p1",{},{"client_id":"ours"},[]]],"queue_pending":[]}` })
		r.open.Store(1)
		for r.looks() == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(secondLook / 2)
		p.status(1)
		p.start("p1")
		time.Sleep(time.Minute)
		r.order("open 1")
	})
}

func (r *running) looks() int {
	r.stage.mu.Lock()
	defer r.stage.mu.Unlock()
	return r.stage.looks
}

func TestConnCanBeSuspected(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		r.stage.socket(1)
		synctest.Wait()
		r.conn.Suspect(7)
		time.Sleep(time.Minute)
		r.order("open 1")
		suspected := time.Now()
		r.conn.Suspect(1)
		r.reopened(2, suspected, time.Second)
		r.conn.Suspect(1)
		time.Sleep(time.Minute)
		r.order("open 1", "close 1", "open 2")
		r.want("1 Connected", "1 Status", "1 Disconnected deaf", "2 Connected", "2 Status")
	})
}

// The half-open predecessor: its end comes much later, or never.
func TestConnGivesUpOnASocketThatDoesNotClose(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		r.stage.set(func() { r.stage.stuck = true })
		r.stage.socket(1).ws.Close()
		r.stage.socket(2)
		synctest.Wait()
		suspected := time.Now()
		r.conn.Suspect(2)
		third := r.reopened(3, suspected, 3*time.Second)
		if waited := third.opened.Sub(suspected); waited < time.Second {
			t.Errorf("the next socket was opened %v after, before the old one was given up on", waited)
		}
	})
}

func TestConnSkipsBadFrames(t *testing.T) {
	play(t, func(t *testing.T, r *running) {
		first := r.stage.socket(1)
		synctest.Wait()
		r.stage.client.maxFrame = 1000
		first.ws.Close()
		p := r.stage.socket(2)
		for _, frame := range []string{
			`{`, `[]`, `7`, `null`, `{"type":7}`, `{"data":{}}`, `{"type":"status"}`, `{"type":"status","data":[]}`,
			`{"type":"execution_success","data":{}}`, `{"type":"executing","data":null}`, strings.Repeat("x", 1001),
		} {
			p.raw(websocket.TextMessage, []byte(frame))
		}
		p.raw(websocket.BinaryMessage, []byte{0, 0, 0})
		p.raw(websocket.BinaryMessage, []byte{0, 0, 0, 4, 255, 255, 255, 255})
		p.raw(websocket.BinaryMessage, make([]byte, 5000))
		p.send("crystools.monitor", `{"cpu_utilization":NaN}`)
		p.start("p1")
		r.want("1 Connected", "1 Status", "1 Disconnected", "2 Connected", "2 Status", "2 ExecutionStart")
		want := ConnStats{Frames: 2 + 2 + 14 + 2, Bad: 14, Unknown: 1, Connected: 2, Disconnected: 1}
		if diff := cmp.Diff(want, r.conn.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
	})
}

// A server that takes the connection and says nothing more.
func TestConnStopsDuringTheHandshake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &running{stage: newStage(t), t: t}
		dials := 0
		r.stage.client.dial = func(context.Context, string, string) (net.Conn, error) {
			dials++
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			return ours, nil
		}
		r.begin()
		time.Sleep(time.Minute)
		stopping := time.Now()
		_ = r.stop()
		if took := time.Since(stopping); took != 0 || dials < 4 {
			t.Errorf("stopping took %v, after %d dials", took, dials)
		}
	})
}
