package bridge_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/job"
)

// direction is a way through a line.
type direction int

const (
	toNATS direction = iota
	fromNATS
)

// line is a network between a bridge and NATS, of which each direction can be
// stopped for a while: what is sent then is on its way until it goes on.
type line struct {
	listener net.Listener
	to       string
	open     [2]sync.RWMutex // held for writing while the direction is stopped
	conns    sync.WaitGroup
}

func (s *stack) line() *line {
	s.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	l := &line{listener: listener, to: strings.TrimPrefix(s.nats.ClientURL(), "nats://")}
	l.conns.Go(l.accept)
	s.Cleanup(func() {
		_ = listener.Close()
		l.conns.Wait()
	})
	return l
}

func (l *line) url() string { return "nats://" + l.listener.Addr().String() }

func (l *line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		l.conns.Go(func() { l.pass(far, near, toNATS) })
		l.conns.Go(func() { l.pass(near, far, fromNATS) })
	}
}

func (l *line) pass(to, from net.Conn, d direction) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.open[d].RLock()
		_, werr := to.Write(buffer[:n])
		l.open[d].RUnlock()
		if err != nil || werr != nil {
			return
		}
	}
}

// TestABridgeThatLosesItsNetworkIsReplaced stops one direction, or both, for
// longer than the lease while a job runs, and lets it go on afterwards.
func TestABridgeThatLosesItsNetworkIsReplaced(t *testing.T) {
	t.Parallel()
	for name, stopped := range map[string][]direction{
		"it is not heard":      {toNATS},
		"it hears nothing":     {fromNATS},
		"neither gets through": {toNATS, fromNATS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const lease = 2 * time.Second
			s := start(t, settings{none: true, tcp: true, sim: comfysim.Config{Speed: 1}})
			l := s.line()
			s.bridge(settings{natsURL: l.url(), lease: lease})
			running := s.ask("ann", "work", map[string]string{"seconds": "5", "steps": "50"})
			s.phase(running, job.Running)
			first := s.epoch()
			s.bridge(settings{lease: lease})
			for _, d := range stopped {
				l.open[d].Lock()
			}
			s.eventually("the standby has taken over", func() bool { return s.epoch() > first })
			waiting := s.ask("bob", "work", map[string]string{"salt": "1"})
			<-time.After(lease)
			for _, d := range stopped {
				l.open[d].Unlock()
			}
			s.completed(running, waiting, s.ask("ann", "work", map[string]string{"salt": "2"}))
		})
	}
}

// completed holds that each job ended well after one completed run, whichever
// attempt that was: a bridge that is cut off may have got no further than to say
// that it is about to submit.
func (s *stack) completed(jobs ...job.Request) {
	s.Helper()
	for _, r := range jobs {
		s.done(r)
		if _, completed := s.runsOf(r.ID); completed != 1 {
			s.Errorf("job %s: completed %d times", r.ID, completed)
		}
	}
	s.emptied()
}

// epoch is that of the bridge which answers now, 0 when none does.
func (s *stack) epoch() uint64 {
	snap, err := s.broker.Snapshot(s.Context(), job.DefaultQueue)
	if err != nil {
		return 0
	}
	return snap.Epoch
}

// fill leaves a results store of that many bytes almost without room.
func (s *stack) fill(size int64) {
	s.Helper()
	s.limitResults(64 << 20)
	s.byHand(func(ctx context.Context, t *broker.Term) error {
		_, _, err := t.PutResult(ctx, "old/1-1.bin", bytes.NewReader(make([]byte, size)))
		return err
	})
	s.limitResults(size + 500)
}

func (s *stack) limitResults(bytes int64) {
	s.Helper()
	if err := s.broker.Init(s.Context(), broker.InitConfig{ResultsBytes: bytes}); err != nil {
		s.Fatal(err)
	}
}

// byHand does something as the bridge of the default queue, and leaves.
func (s *stack) byHand(f func(ctx context.Context, t *broker.Term) error) {
	s.Helper()
	done := errors.New("done")
	err := s.connect("hand", broker.Config{}).Lead(s.Context(), job.DefaultQueue, func(ctx context.Context, t *broker.Term) error {
		return cmp.Or(f(ctx, t), done)
	})
	if !errors.Is(err, done) {
		s.Fatal(err)
	}
}

// TestAFullResultsStoreKeepsTheJob makes room only after the job has run.
func TestAFullResultsStoreKeepsTheJob(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	s.fill(4 << 20)
	s.bridge(settings{})
	large := s.ask("ann", "txt2img", map[string]string{"prompt": "x", "steps": "2"})
	s.eventually("the queue says why nothing moves", func() bool {
		snap, err := s.broker.Snapshot(t.Context(), job.DefaultQueue)
		return err == nil && strings.Contains(snap.Server, "store is full")
	})
	next := s.ask("bob", "work", nil)
	s.eventually("the next one waits", func() bool {
		snap, err := s.broker.Snapshot(t.Context(), job.DefaultQueue)
		return err == nil && len(snap.Waiting) == 1 && snap.Waiting[0].Job == next.ID
	})
	if started, _ := s.runsOf(next.ID); started != 0 {
		t.Error("something new was submitted while the store is full")
	}
	s.limitResults(64 << 20)
	s.once(large, next)
}
