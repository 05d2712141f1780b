package comfy

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

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
