package broker_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/job"
	"discomfy/pkg/proof/loopback"
)

// TestMain lets more tests run side by side than there are processors: they wait
// for leases and deliveries far more than they compute.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

const (
	queue = job.DefaultQueue
	// patience bounds every wait of these tests; it is never what is measured.
	patience = 20 * time.Second
)

// setUp is a server of the test's own with everything that Init makes.
func setUp(t testing.TB) (*embedded.Server, *broker.Broker) {
	t.Helper()
	s := embeddedtest.Start(t)
	b := connect(t, s, nil)
	initialise(t, b)
	return s, b
}

func initialise(t testing.TB, b *broker.Broker) {
	t.Helper()
	err := b.Init(context.Background(), broker.InitConfig{ResultsBytes: 256 << 20, InputsBytes: 64 << 20})
	if err != nil {
		t.Fatalf("Init: %v", err)
	}
}

// connect opens a Broker whose lease outlasts a machine that is busy; change
// edits its settings.
func connect(t testing.TB, s *embedded.Server, change func(*broker.Config)) *broker.Broker {
	t.Helper()
	c := broker.Config{URL: s.ClientURL(), Name: t.Name(), Lease: 30 * time.Second}
	if change != nil {
		change(&c)
	}
	b, err := broker.Connect(context.Background(), c)
	if err != nil {
		t.Fatalf("Connect: %v", err)
	}
	t.Cleanup(b.Close)
	return b
}

// brief is the shortest lease, for tests that wait for its end.
func brief(c *broker.Config) { c.Lease = time.Second }

// raw is a connection beside the Broker, for what the Broker does not allow.
func raw(t testing.TB, s *embedded.Server) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := nats.Connect(s.ClientURL(), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatalf("jetstream: %v", err)
	}
	return nc, js
}

func request() job.Request {
	return job.Request{
		ID: job.NewID(), Queue: queue, User: "terminal-ann", Workflow: "txt2img",
		Params: job.Params{"prompt": "a fish"}, Created: time.Now().UTC(),
	}
}

func submit(t testing.TB, b *broker.Broker, requests ...job.Request) {
	t.Helper()
	for _, r := range requests {
		if _, err := b.Submit(t.Context(), r); err != nil {
			t.Fatalf("Submit: %v", err)
		}
	}
}

// leader is a Lead that runs beside the test.
type leader struct {
	*broker.Term
	ctx  context.Context // of run
	stop context.CancelFunc
	done chan struct{}
	err  error // after done
}

// lead waits for a term of the Broker. The term lasts until stop is called or
// the lease is lost.
func lead(t testing.TB, b *broker.Broker) *leader {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &leader{done: make(chan struct{}), stop: cancel}
	begun := make(chan struct{})
	var once sync.Once
	go func() {
		defer close(l.done)
		l.err = b.Lead(ctx, queue, func(ctx context.Context, term *broker.Term) error {
			once.Do(func() {
				l.Term, l.ctx = term, ctx
				close(begun)
			})
			<-ctx.Done()
			return nil
		})
	}()
	t.Cleanup(func() { l.end(t) })
	wait(t, begun, "the term begins")
	return l
}

// end stops the Lead and waits for it.
func (l *leader) end(t testing.TB) {
	t.Helper()
	l.stop()
	wait(t, l.done, "Lead returns")
	if l.err != nil {
		t.Errorf("Lead: %v", l.err)
	}
}

func wait(t testing.TB, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("waited %v in vain: %s", patience, what)
	}
}

// next receives from a channel, within a bound.
func next[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v, ok := <-c:
		if !ok {
			t.Fatalf("the channel was closed: %s", what)
		}
		return v
	case <-time.After(patience):
		t.Fatalf("waited %v in vain: %s", patience, what)
	}
	panic("unreachable")
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// write stores a state of the job, which has to succeed.
func write(t testing.TB, term *broker.Term, s job.State) {
	t.Helper()
	if err := term.Write(t.Context(), s); err != nil {
		t.Fatalf("Write %s: %v", s.Phase, err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func wantCode(t testing.TB, err error, want job.Code) {
	t.Helper()
	if got := job.CodeOf(err); got != want {
		t.Fatalf("error %v has code %q, want %q", err, got, want)
	}
}

// restartable is a server that can be stopped and started on its port with its
// data.
type restartable struct {
	*embedded.Server
	config embedded.Config
}

func setUpRestartable(t testing.TB) (*restartable, *broker.Broker) {
	t.Helper()
	c := embedded.Config{Dir: t.TempDir(), Addr: freeAddr(t)}
	r := &restartable{embeddedtest.StartWith(t, c), c}
	b := connect(t, r.Server, nil)
	initialise(t, b)
	return r, b
}

func (r *restartable) restart(t testing.TB) {
	t.Helper()
	r.Shutdown()
	r.Server = embeddedtest.StartWith(t, r.config)
}

func freeAddr(t testing.TB) string {
	t.Helper()
	addr, err := loopback.Free()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// logBuffer collects log lines.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func logger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

// diff compares values that hold ids; -want +got.
func diff(want, got any) string {
	return cmp.Diff(want, got, cmpopts.EquateComparable(job.ID{}))
}

// message is a NATS message with a JSON body.
func message(t testing.TB, subject string, v any) *nats.Msg {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	return &nats.Msg{Subject: subject, Data: data, Header: nats.Header{}}
}
