package broker

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"discomfy/pkg/job"
)

// Headers of a preview, whose body is the picture.
const (
	headerEpoch = "Discomfy-Epoch"
	headerType  = "Content-Type"
)

// liveTick is how often unsent live messages are tried again while NATS is
// away.
const liveTick = 100 * time.Millisecond

// live sends what is lossy: per subject the newest message that waits. Callers
// never block, not even when the connection does.
type live struct {
	b    *Broker
	held func() error // what a former bridge still has to say would replace what its successor said
	wake chan struct{}

	mu       sync.Mutex
	waiting  map[string]*nats.Msg
	order    []string  // the subjects that wait, oldest first
	snapshot *nats.Msg // the newest one, repeated after a reconnect
}

func newLive(b *Broker, held func() error) *live {
	return &live{b: b, held: held, wake: make(chan struct{}, 1), waiting: make(map[string]*nats.Msg)}
}

// put queues a message; one of the same subject that still waits is replaced.
func (l *live) put(m *nats.Msg) {
	l.mu.Lock()
	if _, ok := l.waiting[m.Subject]; ok {
		l.b.count.replaced.Add(1)
	} else {
		l.order = append(l.order, m.Subject)
	}
	l.waiting[m.Subject] = m
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *live) putSnapshot(m *nats.Msg) {
	l.mu.Lock()
	l.snapshot = m
	l.mu.Unlock()
	l.put(m)
}

// repeatSnapshot sends the last snapshot again where none waits: what was sent
// into a connection that broke may be lost, and no other snapshot follows
// until the order changes.
func (l *live) repeatSnapshot() {
	l.mu.Lock()
	m := l.snapshot
	waits := m != nil && l.waiting[m.Subject] != nil
	l.mu.Unlock()
	if m != nil && !waits {
		l.put(m)
	}
}

// run sends until ctx ends.
func (l *live) run(ctx context.Context) {
	generation := l.b.link.generation()
	tick := time.NewTicker(liveTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			l.flush()
			return
		case <-generation.Done():
			generation = l.b.link.generation()
			l.repeatSnapshot()
		case <-l.wake:
		case <-tick.C:
		}
		l.flush()
	}
}

// flush sends all that waits, while there is a connection and the lease.
func (l *live) flush() {
	for l.b.nc.IsConnected() && l.held() == nil {
		m := l.next()
		if m == nil {
			return
		}
		if err := l.b.nc.PublishMsg(m); err != nil {
			l.b.count.dropped.Add(1)
		}
	}
}

func (l *live) next() *nats.Msg {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.order) == 0 {
		return nil
	}
	subject := l.order[0]
	l.order = slices.Delete(l.order, 0, 1)
	m := l.waiting[subject]
	delete(l.waiting, subject)
	return m
}

// Progress publishes a snapshot of a running job. It never blocks; Epoch is
// set, At too where it is zero.
func (t *Term) Progress(p job.Progress) {
	p.Epoch = t.Epoch()
	if p.At.IsZero() {
		p.At = time.Now().UTC()
	}
	t.sendLive(perJob(KindProgress, p.Job), p, t.live.put)
}

// Snapshot publishes the order of the queue, as Progress does. One that
// exceeds what NATS takes loses the end of its waiting list.
func (t *Term) Snapshot(s job.Snapshot) {
	s.Queue, s.Epoch = t.queue, t.Epoch()
	if s.At.IsZero() {
		s.At = time.Now().UTC()
	}
	t.sendLive(perQueue(KindQueue, t.queue), fitting(s, int(t.b.nc.MaxPayload())), t.live.putSnapshot)
}

func (t *Term) sendLive(subject string, v any, put func(*nats.Msg)) {
	data, err := json.Marshal(v)
	if err != nil || t.Held() != nil {
		t.b.count.dropped.Add(1)
		return
	}
	put(&nats.Msg{Subject: subject, Data: data})
}

// fitting cuts the waiting list so that the snapshot fits limit bytes. A place
// is seldom above placeSize bytes.
func fitting(s job.Snapshot, limit int) job.Snapshot {
	const placeSize = 400
	if most := max(limit/placeSize-len(s.Running), 0); len(s.Waiting) > most {
		s.Waiting = s.Waiting[:most]
	}
	return s
}

// Preview publishes a picture that is still forming, as Progress does.
func (t *Term) Preview(p job.Preview) {
	if t.Held() != nil || int64(len(p.Data)) > t.b.nc.MaxPayload()-1<<10 {
		t.b.count.dropped.Add(1)
		return
	}
	m := &nats.Msg{Subject: perJob(KindPreview, p.Job), Data: p.Data, Header: nats.Header{}}
	m.Header.Set(headerEpoch, strconv.FormatUint(t.Epoch(), 10))
	m.Header.Set(headerType, p.Type)
	t.live.put(m)
}
