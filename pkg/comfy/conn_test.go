package comfy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

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

// Whoever has seen a count may look for what was counted: it is there.
func TestConnCountsWhatItHasTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &running{stage: newStage(t), t: t}
		var counted []ConnStats // when an event was told
		r.beginWith(func(c *ConnConfig) {
			sink := c.Sink
			c.Sink = func(generation uint64, e Event) {
				counted = append(counted, r.conn.Stats())
				sink(generation, e)
			}
		})
		p := r.stage.socket(1)
		p.start("p1")
		synctest.Wait()
		p.ws.Close()
		r.stage.socket(2)
		r.want("1 Connected", "1 Status", "1 ExecutionStart", "1 Disconnected", "2 Connected", "2 Status")
		start, end := counted[2], counted[3]
		if start.Frames != 2 || end.Frames != 3 || end.Disconnected != 0 {
			t.Errorf("counted before it was told: %+v, then %+v", start, end)
		}
		if stats := r.conn.Stats(); stats.Disconnected != 1 || stats.Frames != 5 {
			t.Errorf("in the end %+v", stats)
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

// A server that is away for hours is worth one line, and another when it is back.
func TestConnTellsOfAnAbsentServerOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lines strings.Builder
		r := &running{stage: newStage(t), t: t}
		r.stage.client.log = slog.New(slog.NewTextHandler(&lines, nil))
		r.stage.refuse = true
		r.begin()
		time.Sleep(5 * time.Hour)
		r.stage.set(func() { r.stage.refuse = false })
		r.stage.socket(1)
		synctest.Wait()
		got := lines.String()
		if strings.Count(got, "level=WARN") != 1 || strings.Count(got, "level=INFO") != 1 || !strings.Contains(got, "client_id=ours") {
			t.Errorf("the log says:\n%s", got)
		}
	})
}
