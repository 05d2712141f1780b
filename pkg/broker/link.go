package broker

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/time/rate"
)

// link follows the connection's fate: it logs it, and tells who waits for the
// next reconnect.
type link struct {
	log    *slog.Logger
	where  string
	inside bool // the server is in this process, and its URL means nothing
	count  *counters
	errors rate.Sometimes // asynchronous errors come in floods

	mu     sync.Mutex
	gen    context.Context // ends with the next reconnect
	renew  context.CancelFunc
	joined chan struct{} // closed at the first connection
}

func newLink(c Config, count *counters) *link {
	l := &link{
		log: c.Log, where: c.address(), inside: c.InProcess != nil, count: count, joined: make(chan struct{}),
		errors: rate.Sometimes{First: 10, Interval: 10 * time.Second},
	}
	l.gen, l.renew = context.WithCancel(context.Background())
	return l
}

func (l *link) options() []nats.Option {
	joined := sync.OnceFunc(func() { close(l.joined) })
	return []nats.Option{
		nats.ConnectHandler(func(nc *nats.Conn) {
			joined()
			l.tell("connected to NATS", nc)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				l.log.Warn("disconnected from NATS, reconnecting", keyError, err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			l.tell("reconnected to NATS", nc)
			l.advance()
		}),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) { l.failed(sub, err) }),
	}
}

// tell says where we are connected to.
func (l *link) tell(words string, nc *nats.Conn) {
	if l.inside {
		l.log.Info(words + " in this process")
		return
	}
	l.log.Info(words, keyServer, nc.ConnectedUrlRedacted())
}

// await returns when the connection stands for the first time.
func (l *link) await(ctx context.Context, nc *nats.Conn) error {
	if nc.IsConnected() {
		return nil
	}
	l.log.WarnContext(ctx, "NATS does not answer: start it, or name another server; waiting", keyServer, l.where)
	select {
	case <-l.joined:
		return nil
	case <-ctx.Done():
		if err := nc.LastError(); err != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		return context.Cause(ctx)
	}
}

// Connected reports whether NATS is reached at this moment.
func (b *Broker) Connected() bool { return b.nc.IsConnected() }

// generation ends when the connection has been lost and made again.
func (l *link) generation() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gen
}

func (l *link) advance() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count.reconnects.Add(1)
	l.renew()
	l.gen, l.renew = context.WithCancel(context.Background())
}

// failed logs what NATS reports outside of any call. A refused permission
// appears only here: the call itself just times out.
func (l *link) failed(sub *nats.Subscription, err error) {
	l.count.asyncErrors.Add(1)
	subject := ""
	if sub != nil {
		subject = sub.Subject
	}
	l.errors.Do(func() {
		l.log.Error("NATS reports an error", keyError, err, keySubject, subject)
	})
}

// redact removes the user's part of each address in a list.
func redact(list string) string {
	addresses := strings.Split(list, ",")
	for i, a := range addresses {
		u, err := url.Parse(strings.TrimSpace(a))
		if err != nil {
			addresses[i] = "(unreadable address)"
			continue
		}
		if u.User != nil {
			u.User = url.User("xxxxx")
		}
		addresses[i] = u.String()
	}
	return strings.Join(addresses, ",")
}
