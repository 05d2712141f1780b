package source

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"discomfy/pkg/discord/api"
)

// beat is an interval of heartbeats that a busy machine can keep.
const beat = 400 * time.Millisecond

func TestInteractionsAreHandled(t *testing.T) {
	t.Parallel()
	codes := make(chan int, 1)
	f := newFake(t, func(p *peer) {
		p.hello(time.Minute)
		identify := p.expect(2)
		var d struct {
			Token   string
			Intents *int
		}
		if err := json.Unmarshal(identify.D, &d); err != nil || d.Token != "Bot bot.token" || d.Intents == nil || *d.Intents != 0 {
			t.Errorf("identified by %s", identify.D)
		}
		p.event("READY", `{"v":9,"session_id":"s1","user":{"id":"10"},"guilds":[]}`)
		p.interaction(id(1))
		p.interaction(id(2))
		codes <- p.ends()
	})
	h := &sizes{make(chan int64, 2)}
	g, stop := start(t, quick(f), h)
	for range 2 {
		if size := <-h.limits; size != 12345 {
			t.Errorf("the size limit is %d", size)
		}
	}
	until(t, "it is ready", func() bool { return g.Ready() == nil })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if code := <-codes; code != websocket.CloseNormalClosure {
		t.Errorf("closed with %d", code)
	}
	if g.Ready() == nil {
		t.Error("it is still ready")
	}
	if s := g.Stats(); s.Identified != 1 || s.Handled != 2 || s.Stuck+s.Dropped+s.Odd+s.Refused != 0 {
		t.Errorf("counted %+v", s)
	}
}

func TestASilentConnectionIsResumed(t *testing.T) {
	t.Parallel()
	codes, last := make(chan int, 1), make(chan int, 1)
	f := newFake(t,
		func(p *peer) {
			p.deaf()
			p.greet(beat)
			codes <- p.ends()
		},
		func(p *peer) {
			last <- p.resume(beat, id(1))
			p.ends()
		})
	h := newSeen()
	g, _ := start(t, quick(f), h)
	if code := <-codes; code != 4000 { // any but 1000 and 1001 would do
		t.Errorf("closed with %d, which ends the session", code)
	}
	h.await(t, id(1))
	if seq := <-last; seq != 1 {
		t.Errorf("resumed after event %d", seq)
	}
	until(t, "it is ready again", func() bool { return g.Ready() == nil })
	if s := g.Stats(); s.Zombies != 1 || s.Identified != 1 || s.Resumed != 1 || s.Stuck != 0 {
		t.Errorf("counted %+v", s)
	}
}

func TestAHealthyConnectionIsLeftAlone(t *testing.T) {
	t.Parallel()
	const interval = time.Second
	f := newFake(t, func(p *peer) {
		p.greet(interval)
		p.ends()
	})
	h := newSeen()
	g, _ := start(t, quick(f), h)
	until(t, "it is ready", func() bool { return g.Ready() == nil })
	select {
	case <-time.After(3 * interval):
	case <-t.Context().Done():
	}
	if s := g.Stats(); s.Zombies+s.Dropped+s.Stuck != 0 || f.connections() != 1 {
		t.Errorf("counted %+v in %d connections", s, f.connections())
	}
}

func TestWhatEndsAConnectionButNotTheSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*peer){
		"op 7":                      func(p *peer) { p.send(`{"op":7,"d":null}`) },
		"op 9 that may be resumed":  func(p *peer) { p.send(`{"op":9,"d":true}`) },
		"a dropped socket":          func(p *peer) { _ = p.conn.UnderlyingConn().Close() },
		"a close code":              func(p *peer) { p.close(4000) },
		"a session that timed out?": func(p *peer) { p.close(4009) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t,
				func(p *peer) {
					p.greet(time.Minute)
					end(p)
					p.ends()
				},
				func(p *peer) {
					p.resume(time.Minute, id(1))
					p.interaction(id(2))
					p.ends()
				})
			h := newSeen()
			g, _ := start(t, quick(f), h)
			seen := map[string]bool{<-h.ids: true, <-h.ids: true}
			if !seen[id(1)] || !seen[id(2)] {
				t.Errorf("handled %v", seen)
			}
			if s := g.Stats(); s.Identified != 1 || s.Resumed != 1 || s.Dropped != 1 {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

func TestASessionThatDiscordForgotBeginsAnew(t *testing.T) {
	t.Parallel()
	greet := func(p *peer) {
		p.greet(time.Minute)
		p.interaction(id(1))
		p.ends()
	}
	drop := func(p *peer) {
		p.greet(time.Minute)
		_ = p.conn.UnderlyingConn().Close()
	}
	for name, c := range map[string]struct {
		script []func(*peer)
		stuck  int64
	}{
		"op 9 while it runs": {[]func(*peer){
			func(p *peer) { p.greet(time.Minute); p.send(`{"op":9,"d":false}`); p.ends() },
			// discordgo would identify here by itself, without the lock.
			func(p *peer) { p.hello(time.Minute); p.ends() },
			greet,
		}, 0},
		"op 9 in answer to IDENTIFY": {[]func(*peer){
			func(p *peer) { p.hello(time.Minute); p.expect(2); p.send(`{"op":9,"d":false}`); p.ends() }, greet,
		}, 1},
		"op 9 in answer to RESUME": {[]func(*peer){
			drop, func(p *peer) { p.hello(time.Minute); p.expect(6); p.send(`{"op":9,"d":false}`); p.ends() }, greet,
		}, 1},
		"op 7 in answer to RESUME": {[]func(*peer){
			drop, func(p *peer) { p.hello(time.Minute); p.expect(6); p.send(`{"op":7,"d":null}`); p.ends() }, greet,
		}, 1},
		"a closed RESUME, over and over": {[]func(*peer){
			drop,
			func(p *peer) { p.hello(time.Minute); p.expect(6); p.close(4000); p.ends() },
			func(p *peer) { p.hello(time.Minute); p.expect(6); p.close(4000); p.ends() },
			func(p *peer) { p.hello(time.Minute); p.expect(6); p.close(4000); p.ends() },
			func(p *peer) { p.hello(time.Minute); p.expect(6); p.close(4000); p.ends() },
			greet,
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, c.script...)
			h := newSeen()
			g, stop := start(t, quick(f), h)
			h.await(t, id(1))
			until(t, "it is ready", func() bool { return g.Ready() == nil })
			if s := g.Stats(); s.Stuck != c.stuck {
				t.Errorf("counted %+v", s)
			}
			if n := f.connections(); n != len(c.script) {
				t.Errorf("%d connections", n)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAServerThatIsGoneForAWhile(t *testing.T) {
	t.Parallel()
	f := newFake(t,
		func(p *peer) { p.greet(time.Minute); p.ends() },
		func(p *peer) { p.greet(time.Minute); p.interaction(id(1)); p.ends() })
	h := newSeen()
	g, _ := start(t, quick(f), h)
	until(t, "it is ready", func() bool { return g.Ready() == nil })
	f.shut(true)
	until(t, "it has tried to resume often enough", func() bool { return f.connections() > 6 })
	if g.Ready() == nil {
		t.Error("it claims to be ready")
	}
	f.mu.Lock()
	f.script = f.script[1:]
	f.mu.Unlock()
	f.shut(false)
	h.await(t, id(1))
}

func TestWhatAPersonMustMend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status, code int
		want         string
	}{
		"a wrong token, asked":      {status: 401, want: "DISCORD_TOKEN"},
		"a wrong token, identified": {code: 4004, want: "DISCORD_TOKEN"},
		"an invalid shard":          {code: 4010, want: "shard"},
		"too few shards":            {code: 4011, want: "--shard"},
		"an old version":            {code: 4012, want: "release"},
		"invalid intents":           {code: 4013, want: "intents"},
		"disallowed intents":        {code: 4014, want: "intents"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, func(p *peer) { p.hello(time.Minute); p.expect(2); p.close(c.code); p.ends() })
			f.status = c.status
			err := NewGateway(quick(f), newSeen()).Run(t.Context())
			if !isPermanent(err) || !contains(err, c.want) {
				t.Errorf("Run returned %v", err)
			}
			if n := f.connections(); n > 1 {
				t.Errorf("after %d connections", n)
			}
		})
	}
}

func TestASilentServerIsLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		silent func(*peer)
		stuck  int64
	}{
		"before HELLO": {func(p *peer) { p.ends() }, 0},
		"before READY": {func(p *peer) { p.hello(time.Minute); p.expect(2); p.ends() }, 0},
		// discordgo notes the acknowledgement under the lock that it holds.
		"but for a heartbeat": {func(p *peer) { p.hello(time.Minute); p.expect(2); p.send(`{"op":11}`); p.ends() }, 1},
		"but for an event":    {func(p *peer) { p.hello(time.Minute); p.expect(2); p.event("GUILD_CREATE", `{"id":"7"}`); p.ends() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, c.silent, func(p *peer) { p.greet(time.Minute); p.interaction(id(1)); p.ends() })
			cfg := quick(f)
			cfg.OpenWithin = 2 * time.Second
			h := newSeen()
			g, _ := start(t, cfg, h)
			h.await(t, id(1))
			if s := g.Stats(); s.Stuck != c.stuck {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

func TestStoppingWhileConnecting(t *testing.T) {
	t.Parallel()
	connected := make(chan struct{})
	f := newFake(t, func(p *peer) { close(connected); p.ends() })
	_, stop := start(t, quick(f), newSeen())
	<-connected
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestDiscordIsDownAtStart(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(p *peer) { p.greet(time.Minute); p.interaction(id(1)); p.ends() })
	f.status = 502
	h := newSeen()
	g, _ := start(t, quick(f), h)
	until(t, "it says so", func() bool { return contains(g.Ready(), "down") })
	f.mu.Lock()
	f.status = 0
	f.mu.Unlock()
	h.await(t, id(1))
}

// sizes notes what discordgo would drop.
type sizes struct{ limits chan int64 }

func (s *sizes) Handle(_ context.Context, i api.Interaction) { s.limits <- i.SizeLimit }

func contains(err error, text string) bool {
	return err != nil && strings.Contains(err.Error(), text)
}
