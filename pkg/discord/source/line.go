package source

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

// line is one session with Discord's gateway: it begins once, by IDENTIFY, and may go
// on over several connections, by RESUME.
type line struct {
	g       *Gateway
	session *discordgo.Session
	socket  atomic.Pointer[socket]

	ready chan struct{} // READY or RESUMED came
	down  chan struct{} // discordgo closed the connection
	left  atomic.Bool   // nothing that it brings counts any more

	begun bool      // it has identified
	over  bool      // Discord does not know it any more
	lost  time.Time // when the connection ended
	tries int       // to resume, since then
}

func newLine(ctx context.Context, g *Gateway, url string) *line {
	l := &line{g: g, session: g.cfg.Client.Session(), ready: make(chan struct{}, 1), down: make(chan struct{}, 1)}
	s := l.session
	s.Client = &http.Client{Transport: told{url}}
	s.ShardID, s.ShardCount = g.cfg.Shard.ID, g.cfg.Shard.Count
	s.Compress = false
	s.Dialer = &websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: g.cfg.OpenWithin / 2,
		NetDialContext: func(dialCtx context.Context, network, address string) (net.Conn, error) {
			dialCtx, cancel := context.WithCancel(dialCtx)
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			conn, err := dial(dialCtx, network, address)
			if err != nil {
				return nil, err
			}
			l.socket.Store(conn)
			return conn, nil
		},
	}
	s.AddHandler(func(_ *discordgo.Session, e *discordgo.Event) { l.event(ctx, e) })
	s.AddHandler(func(*discordgo.Session, *discordgo.Disconnect) { signal(l.down) })
	return l
}

// event is called by the goroutine that reads, while connecting with the session locked.
func (l *line) event(ctx context.Context, e *discordgo.Event) {
	if l.left.Load() {
		return
	}
	switch e.Type {
	case "READY":
		l.g.counts.identified.Add(1)
		signal(l.ready)
	case "RESUMED":
		l.g.counts.resumed.Add(1)
		signal(l.ready)
	case "INTERACTION_CREATE":
		l.g.desk.hand(ctx, e.RawData)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func drain(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}

// resumable says whether the session may still be known to Discord. Resuming one that
// is not is answered by "invalid session", in which discordgo gets stuck.
func (l *line) resumable() bool {
	return l != nil && l.begun && !l.over && !l.left.Load() && l.tries < 4 && time.Since(l.lost) < l.g.cfg.ResumeWithin
}

// open connects: by IDENTIFY the first time, by RESUME after that.
func (l *line) open(ctx context.Context) error {
	drain(l.ready)
	drain(l.down)
	l.socket.Store(nil)
	l.tries++
	opened := make(chan error, 1)
	go func() { opened <- l.session.Open() }()
	if err := l.opened(ctx, opened); err != nil {
		l.over = l.begun && strings.Contains(err.Error(), discordgo.ErrWSShardBounds.Error())
		return explain(err)
	}
	select {
	case <-l.ready:
	case <-l.down:
		return errDropped
	case <-time.After(l.g.cfg.OpenWithin):
		return also(errors.New("discord did not greet"), l.shut(closeAgain))
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	l.begun, l.tries = true, 0
	l.identifyNoMore()
	return nil
}

// opened waits for Open, which does not know contexts and may never return.
func (l *line) opened(ctx context.Context, opened <-chan error) error {
	tick := time.NewTicker(l.g.cfg.Tick)
	defer tick.Stop()
	began := time.Now()
	for {
		select {
		case err := <-opened:
			return err
		case <-ctx.Done():
			return l.giveUp(opened, context.Cause(ctx))
		case <-tick.C:
		}
		switch {
		case l.socket.Load().unread() > l.g.cfg.StuckAfter:
			return l.giveUp(opened, errors.New("nobody reads"))
		case time.Since(began) > l.g.cfg.OpenWithin:
			return l.giveUp(opened, errors.New("connecting took too long"))
		}
	}
}

// giveUp closes the socket under Open. Where that does not end it, nothing does.
func (l *line) giveUp(opened <-chan error, why error) error {
	l.hangUp()
	select {
	case err := <-opened:
		if err == nil {
			err = l.shut(closeAgain)
		}
		return also(why, err)
	case <-time.After(l.g.cfg.StuckAfter):
		l.left.Store(true)
		return also(errStuck, why)
	}
}

// identifyNoMore makes any further IDENTIFY of this session fail before it is sent:
// after an "invalid session" discordgo would send one, without the lock and the budget.
// It checks the shard at that moment only.
func (l *line) identifyNoMore() {
	l.session.Lock()
	defer l.session.Unlock()
	l.session.ShardID, l.session.ShardCount = 2, 2
}

func (l *line) hangUp() {
	if s := l.socket.Load(); s != nil {
		_ = s.Close()
	}
}

const (
	closeAgain = 4000 // keeps the session: any code but 1000 and 1001 does
	closeEnd   = websocket.CloseNormalClosure
)

// shut closes the connection, which takes discordgo a second, or says that it is stuck.
func (l *line) shut(code int) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = l.session.CloseWithCode(code)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(l.g.cfg.StuckAfter):
	}
	l.hangUp() // a write that does not end holds the lock too
	select {
	case <-done:
		return nil
	case <-time.After(l.g.cfg.StuckAfter):
		l.left.Store(true)
		return errStuck
	}
}

// close ends the session.
func (l *line) close() {
	if l == nil || l.left.Swap(true) {
		return
	}
	if err := l.shut(closeEnd); err != nil {
		l.g.counts.stuck.Add(1)
		l.g.cfg.Log.Warn("a session with discord could not be closed", slog.Any("error", err))
	}
}
