package discordsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"discomfy/pkg/discord/discordsim"
)

func TestSessionBegins(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	c := f.connect(t)
	var hello struct {
		Interval int `json:"heartbeat_interval"`
	}
	if err := json.Unmarshal(c.next(10, "").D, &hello); err != nil || hello.Interval != 41250 {
		t.Errorf("HELLO says %+v, %v", hello, err)
	}
	c.send(1, nil)
	c.next(11, "")
	c.send(2, identity(f, object{"compress": true}))
	p := c.next(0, "READY")
	var r ready
	if err := json.Unmarshal(p.D, &r); err != nil {
		t.Fatal(err)
	}
	if p.S != 1 || r.Session == "" || r.Shard != [2]int{0, 1} || len(r.Guilds) != 1 || !strings.HasPrefix(r.Resume, "ws://") {
		t.Errorf("READY %d %s", p.S, p.D)
	}
	f.noViolations(t)
}

// Everything that the gateway refuses, with the code that Discord closes with.
func TestMisuseIsClosedAndNoted(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 4097)
	for name, c := range map[string]struct {
		code   int
		quiet  bool // no violation: it happens to the innocent too
		frames func(f *fake) []string
	}{
		"no JSON":             {code: 4002, frames: func(*fake) []string { return []string{"{"} }},
		"no op":               {code: 4002, frames: func(*fake) []string { return []string{`{"d":1}`} }},
		"too long":            {code: 4002, frames: func(*fake) []string { return []string{`{"op":1,"d":"` + long + `"}`} }},
		"unknown op":          {code: 4001, frames: func(*fake) []string { return []string{`{"op":99}`} }},
		"presence at first":   {code: 4003, frames: func(*fake) []string { return []string{`{"op":3,"d":{}}`} }},
		"a wrong token":       {code: 4004, quiet: true, frames: identifyWith(object{"token": "Bot nobody"})},
		"no properties":       {code: 4002, frames: identifyWith(object{"properties": nil})},
		"a wrong shard":       {code: 4010, frames: identifyWith(object{"shard": [2]int{2, 2}})},
		"no intents":          {code: 4013, frames: identifyWith(object{"intents": nil})},
		"unknown intents":     {code: 4013, frames: identifyWith(object{"intents": 1 << 30})},
		"message content":     {code: 4014, frames: identifyWith(object{"intents": 1 << 15})},
		"identified twice":    {code: 4005, frames: func(f *fake) []string { return append(identifyWith(nil)(f), identifyWith(nil)(f)...) }},
		"a future heartbeat":  {code: 4007, frames: func(f *fake) []string { return append(identifyWith(nil)(f), `{"op":1,"d":99}`) }},
		"resume with a wrong": {code: 4004, quiet: true, frames: func(*fake) []string { return []string{`{"op":6,"d":{"token":"no","session_id":"a","seq":1}}`} }},
		"frames without end": {code: 4008, frames: func(*fake) []string {
			return strings.Split(strings.Repeat(`{"op":1,"d":null}`+"\n", 121), "\n")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, quick())
			client := f.connect(t)
			for _, frame := range c.frames(f) {
				if err := client.ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
					break
				}
			}
			client.closed(c.code)
			if n := len(f.Violations()); c.quiet != (n == 0) {
				t.Errorf("violations: %q", f.Violations())
			}
			if strings.Contains(fmt.Sprint(f.Violations()), f.Token()) {
				t.Error("the token is in the log")
			}
		})
	}
}

func identifyWith(change object) func(f *fake) []string {
	return func(f *fake) []string {
		data, _ := json.Marshal(object{"op": 2, "d": identity(f, change)})
		return []string{string(data)}
	}
}

func TestForeignVersionsAreClosed(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	dial(t, f.url+"/gateway?v=8").closed(4012)
	dial(t, f.url+"/gateway?encoding=etf").closed(4002)
	f.violated(t, "invalid API version", "plain JSON")
}

func TestResumeReplaysWhatWasMissed(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.command(t, "ping")
	c, r := f.session(t, nil)
	f.DropSockets(r.Session)
	if _, err := c.read(); err == nil {
		t.Fatal("the socket lives")
	}
	f.until(t, "the gateway notices", func() bool { return !f.Sessions()[0].Connected })
	first, second := f.invoke(t, "ping"), f.invoke(t, "ping")
	again := dial(t, r.Resume+"?v=9&encoding=json")
	again.next(10, "")
	again.send(6, object{"token": "Bot " + f.Token(), "session_id": r.Session, "seq": 1})
	for n, id := range []discordsim.ID{first, second} {
		if p := again.next(0, "INTERACTION_CREATE"); p.S != int64(n+2) || idOf(t, p) != id {
			t.Errorf("event %d is %d, want %s", n, p.S, id)
		}
	}
	again.next(0, "RESUMED")
	if s := f.GatewayStats(); s.Resumes != 1 || s.Identifies != 1 {
		t.Errorf("stats %+v", s)
	}
	f.noViolations(t)
}

func idOf(t *testing.T, p packet) discordsim.ID {
	t.Helper()
	var d struct {
		ID discordsim.ID `json:"id"`
	}
	if err := json.Unmarshal(p.D, &d); err != nil {
		t.Fatal(err)
	}
	return d.ID
}

func TestSessionsThatAreGoneCannotBeResumed(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(f *fake, c *client, r ready){
		"an unknown one": func(f *fake, _ *client, _ ready) { f.CloseSockets(4009) },
		"a good-bye":     func(_ *fake, c *client, _ ready) { goodbye(c, 1000) },
		"too long ago": func(f *fake, c *client, _ ready) {
			f.DropSockets()
			_, _ = c.read()
			awaitGone(f, c)
			f.Advance(4 * time.Minute)
		},
		"forgotten events": func(f *fake, c *client, _ ready) {
			f.DropSockets()
			awaitGone(f, c)
			for range 5 {
				f.invoke(c.t, "ping")
			}
		},
		"invalid, by Discord": func(f *fake, _ *client, _ ready) { f.SayGateway(discordsim.InvalidForGood); f.DropSockets() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := quick()
			cfg.Gateway.Replay = 4
			f := newFake(t, cfg)
			f.command(t, "ping")
			c, r := f.session(t, nil)
			end(f, c, r)
			f.until(t, "the session ends", func() bool { return len(f.Sessions()) == 0 || !f.Sessions()[0].Connected })
			again := f.connect(t)
			again.next(10, "")
			again.send(6, object{"token": f.Token(), "session_id": r.Session, "seq": 1})
			if p := again.next(9, ""); string(p.D) != "false" {
				t.Errorf("op 9 says %s", p.D)
			}
			again.send(2, identity(f, nil))
			again.next(0, "READY")
			f.noViolations(t)
		})
	}
}

func goodbye(c *client, code int) {
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
	c.closed(code)
}

func awaitGone(f *fake, c *client) {
	f.until(c.t, "the gateway notices", func() bool { return !f.Sessions()[0].Connected })
}

func TestSessionSurvivesOtherCloseCodes(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	c, r := f.session(t, nil)
	goodbye(c, 4000)
	awaitGone(f, c)
	again := f.connect(t)
	again.next(10, "")
	again.send(6, object{"token": f.Token(), "session_id": r.Session, "seq": 1})
	again.next(0, "RESUMED")
	f.noViolations(t)
}

func TestMissedHeartbeatsEndTheSession(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Gateway.Heartbeat = 50 * time.Millisecond
	f := newFake(t, cfg)
	c := f.connect(t)
	c.next(10, "")
	c.send(2, identity(f, nil))
	c.closed(4009) // on a busy machine before READY
	if s := f.GatewayStats(); s.Zombies != 1 || len(f.Sessions()) != 0 {
		t.Errorf("stats %+v, sessions %+v", s, f.Sessions())
	}
}

func TestIdentifiesAreRationed(t *testing.T) {
	t.Parallel()
	limits := discordsim.DefaultLimits()
	limits.Identify, limits.Concurrency = 5, 2
	f := newFake(t, discordsim.Config{Limits: &limits, Gateway: discordsim.GatewayConfig{IdentifyWindow: time.Hour}})
	first, _ := f.session(t, object{"shard": [2]int{0, 4}})
	f.session(t, object{"shard": [2]int{1, 4}}) // another key
	hasty := f.connect(t)
	hasty.next(10, "")
	for range 2 {
		hasty.send(2, identity(f, object{"shard": [2]int{2, 4}}))
		if p := hasty.next(9, ""); string(p.D) != "false" {
			t.Errorf("op 9 says %s", p.D)
		}
	}
	f.noViolations(t)
	hasty.send(2, identity(f, object{"shard": [2]int{3, 4}})) // the last one of the day
	hasty.next(9, "")
	hasty.send(2, identity(f, nil))
	hasty.closed(4004)
	first.closed(4004)
	f.violated(t, "the token is reset")
	if f.Token() != "" || len(f.Sessions()) != 0 {
		t.Errorf("token %q, sessions %v", f.Token(), f.Sessions())
	}
}

func TestADayRenewsTheBudget(t *testing.T) {
	t.Parallel()
	limits := discordsim.DefaultLimits()
	limits.Identify = 1
	cfg := quick()
	cfg.Limits = &limits
	f := newFake(t, cfg)
	f.session(t, nil)
	f.Advance(25 * time.Hour)
	f.session(t, nil)
	f.noViolations(t)
}

func TestGatewayIsDown(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.FaultGateway(func(g *discordsim.GatewayFaults) { g.Down = true })
	_, answer, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(f.url, "http", "ws", 1)+"/gateway", nil)
	if err == nil || answer == nil || answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%v, %v", answer, err)
	}
	if answer != nil {
		answer.Body.Close()
	}
}
