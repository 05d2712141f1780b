package source

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"discomfy/pkg/discord/api"
)

// patient makes a line that nothing connects, and the time at which it was opened.
func patient(t *testing.T) (*line, time.Time) {
	t.Helper()
	c, err := api.New(api.Config{Token: "bot.token"})
	if err != nil {
		t.Fatal(err)
	}
	l := newLine(t.Context(), NewGateway(GatewayConfig{Client: c, StuckAfter: 5 * time.Second}, newSeen()), "ws://127.0.0.1:0")
	now := time.Now()
	l.session.LastHeartbeatAck = now
	return l, now
}

// live lets a session beat with an interval until end, and acknowledge until deaf. It
// returns how long it was left alone.
func live(t *testing.T, l *line, begin time.Time, interval, deaf, end time.Duration) (time.Duration, error) {
	t.Helper()
	var p pulse
	for at, next := time.Duration(0), time.Duration(0); at < end; at += 250 * time.Millisecond {
		if at >= next {
			l.session.DataReady = true
			if at <= deaf {
				l.session.LastHeartbeatAck = begin.Add(at)
			}
			next += interval
		}
		if err := l.check(&p, begin.Add(at)); err != nil {
			return at, err
		}
	}
	return end, nil
}

func TestAPulseIsKept(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{5 * time.Second, 41250 * time.Millisecond, time.Minute} {
		l, begin := patient(t)
		if after, err := live(t, l, begin, interval, time.Hour, time.Hour); err != nil {
			t.Errorf("with an interval of %v it was closed after %v: %v", interval, after, err)
		}
	}
}

func TestADeadPulseIsNoticedWithinOneAndAHalfIntervals(t *testing.T) {
	t.Parallel()
	const interval = 41250 * time.Millisecond
	for name, deaf := range map[string]time.Duration{"later": 10 * interval, "from the start": -1} {
		l, begin := patient(t)
		after, err := live(t, l, begin, interval, deaf, time.Hour)
		if silent := after - max(deaf, 0); !errors.Is(err, errZombie) || silent > interval*3/2+time.Second || silent < interval {
			t.Errorf("deaf %s, it was closed after %v of silence: %v", name, silent, err)
		}
		if n := l.g.Stats().Zombies; n != 1 {
			t.Errorf("counted %d", n)
		}
	}
}

func TestAStuckLockIsNoticed(t *testing.T) {
	t.Parallel()
	l, now := patient(t)
	var p pulse
	l.session.RLock()
	for _, step := range []struct {
		after time.Duration
		want  error
	}{{0, nil}, {4 * time.Second, nil}, {5500 * time.Millisecond, errStuck}} {
		if err := l.check(&p, now.Add(step.after)); !errors.Is(err, step.want) {
			t.Errorf("after %v: %v", step.after, err)
		}
	}
	if l.resumable() {
		t.Error("the session is used again")
	}
}

func TestALockThatWasFreedIsNotStuck(t *testing.T) {
	t.Parallel()
	l, now := patient(t)
	var p pulse
	for second := range 20 {
		held := second%2 == 0
		if held {
			l.session.Lock()
		}
		if err := l.check(&p, now.Add(time.Duration(second)*3*time.Second)); err != nil {
			t.Errorf("second %d: %v", second, err)
		}
		if held {
			l.session.Unlock()
		}
	}
}

func TestTheLastConnectionIsNotTakenForTheNext(t *testing.T) {
	t.Parallel()
	l, now := patient(t)
	l.g.cfg.Tick = time.Millisecond
	old := &socket{}
	old.last.Store(now.Add(-time.Hour).UnixNano())
	l.socket.Store(old)
	refused := errors.New("refused")
	l.session.Dialer.NetDialContext = func(context.Context, string, string) (net.Conn, error) {
		<-time.After(100 * time.Millisecond)
		return nil, refused
	}
	if err := l.open(t.Context()); !errors.Is(err, refused) || errors.Is(err, errStuck) {
		t.Errorf("got %v", err)
	}
}
