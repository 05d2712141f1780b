package discordsim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

// Every session of a guild's shard hears, whatever its number of shards; those of other shards do not.
func TestEventsFollowTheShardRule(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.command(t, "ping")
	other := f.AddGuild(discordsim.NewGuild{Name: "Others"})
	for f.shard(other.ID, 2) == f.shard(f.guild.ID, 2) {
		f.Advance(time.Millisecond)
		other = f.AddGuild(discordsim.NewGuild{Name: "Others"})
	}
	mine := f.shard(f.guild.ID, 2)
	twin1, _ := f.session(t, nil)
	twin2, _ := f.session(t, nil)
	half, r := f.session(t, object{"shard": [2]int{mine, 2}})
	foreign, _ := f.session(t, object{"shard": [2]int{1 - mine, 2}})
	if got := fmt.Sprint(r.Guilds); !strings.Contains(got, f.guild.ID.String()) || strings.Contains(got, other.ID.String()) {
		t.Errorf("guilds of shard %d: %v", mine, got)
	}
	id := f.invoke(t, "ping")
	for _, c := range []*client{twin1, twin2, half} {
		if p := c.next(0, "INTERACTION_CREATE"); idOf(t, p) != id {
			t.Errorf("%s", p.D)
		}
	}
	direct, err := f.Invoke(t.Context(), discordsim.Invocation{User: f.ann.ID, Command: "ping"})
	if err != nil {
		t.Fatal(err)
	}
	zero := half
	if mine != 0 {
		zero = foreign
	}
	for _, c := range []*client{twin1, twin2, zero} { // the foreign shard has heard nothing before
		if p := c.next(0, "INTERACTION_CREATE"); idOf(t, p) != direct {
			t.Errorf("%s", p.D)
		}
	}
	if s := f.GatewayStats(); s.Unheard != 0 {
		t.Errorf("stats %+v", s)
	}
	f.noViolations(t)
}

func (f *fake) shard(guild discordsim.ID, n int) int { return int(uint64(guild) >> 22 % uint64(n)) }

func TestGatewaySpeaksUnasked(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	c, r := f.session(t, nil)
	f.AskHeartbeat()
	c.next(1, "")
	f.SayGateway(discordsim.Reconnect, r.Session)
	c.next(7, "")
	f.SayGateway(discordsim.InvalidResume)
	if p := c.next(9, ""); string(p.D) != "true" {
		t.Errorf("op 9 says %s", p.D)
	}
	if n := f.SayGateway(discordsim.Reconnect, "nobody"); n != 0 {
		t.Errorf("told %d", n)
	}
	f.CloseSockets(4000)
	c.closed(4000)
}

// The answers to RESUME and IDENTIFY that hang a client of a well-known library.
func TestAnswersOnDemand(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	c, r := f.session(t, nil)
	f.DropSockets()
	awaitGone(f, c)
	f.FaultGateway(func(g *discordsim.GatewayFaults) {
		g.AnswerResume = []discordsim.GatewayAnswer{discordsim.Reconnect, discordsim.InvalidResume, discordsim.AsAsked}
		g.AnswerIdentify = []discordsim.GatewayAnswer{discordsim.InvalidForGood}
	})
	for _, op := range []int{7, 9} {
		again := f.connect(t)
		again.next(10, "")
		again.send(6, object{"token": f.Token(), "session_id": r.Session, "seq": 1})
		again.next(op, "")
	}
	again := f.connect(t)
	again.next(10, "")
	again.send(6, object{"token": f.Token(), "session_id": r.Session, "seq": 1})
	again.next(0, "RESUMED")
	fresh := f.connect(t)
	fresh.next(10, "")
	fresh.send(2, identity(f, nil))
	fresh.next(9, "")
	fresh.send(2, identity(f, nil))
	fresh.next(0, "READY")
	f.noViolations(t)
}

func TestAFrozenSessionIsSilentUntilItThaws(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Gateway.Heartbeat = time.Minute
	f := newFake(t, cfg)
	f.command(t, "ping")
	c, r := f.session(t, nil)
	f.SayGateway(discordsim.Silence)
	c.send(1, nil)
	id := f.invoke(t, "ping")
	if s := f.Sessions(); !s[0].Frozen || s[0].Seq != 2 {
		t.Errorf("sessions %+v", s)
	}
	f.Thaw(r.Session)
	if p := c.next(0, "INTERACTION_CREATE"); idOf(t, p) != id { // and no ack before it
		t.Errorf("%s", p.D)
	}
}

func TestHeartbeatsWithoutAcks(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	f.FaultGateway(func(g *discordsim.GatewayFaults) { g.NoAcks = true })
	c, _ := f.session(t, nil)
	c.send(1, 1)
	f.AskHeartbeat()
	c.next(1, "")
	f.FaultGateway(func(g *discordsim.GatewayFaults) { *g = discordsim.GatewayFaults{} })
	c.send(1, 1)
	c.next(11, "")
}

// A session that is resumed elsewhere leaves its old socket.
func TestASessionHasOneSocket(t *testing.T) {
	t.Parallel()
	f := newFake(t, quick())
	c, r := f.session(t, nil)
	again := f.connect(t)
	again.next(10, "")
	again.send(6, object{"token": f.Token(), "session_id": r.Session, "seq": 1})
	again.next(0, "RESUMED")
	c.closed(4000)
	if s := f.Sessions(); len(s) != 1 || !s[0].Connected {
		t.Errorf("sessions %+v", s)
	}
}
