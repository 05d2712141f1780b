package embedded_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/broker/embedded/embeddedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

func TestStartTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := embeddedtest.StartWith(t, embedded.Config{Dir: dir})
	for name, c := range map[string]embedded.Config{
		"directory": {Dir: dir},
		"port":      {Dir: t.TempDir(), Addr: strings.TrimPrefix(s.ClientURL(), "nats://")},
	} {
		second, err := embedded.Start(c)
		if !errors.Is(err, embedded.ErrInUse) {
			t.Errorf("two servers share a %s: %v", name, err)
		}
		if err == nil {
			second.Shutdown()
		}
	}
	s.Shutdown()
	s.Shutdown() // again is harmless
	embeddedtest.StartWith(t, embedded.Config{Dir: dir})
}

func TestRunStopsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stop  func(cancel func(), s *embedded.Server)
		fails bool
	}{
		"asked":     {func(cancel func(), _ *embedded.Server) { cancel() }, false},
		"by itself": {func(_ func(), s *embedded.Server) { s.Shutdown() }, true},
	} {
		s := embeddedtest.Start(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		test.stop(cancel, s)
		select {
		case err := <-done:
			if (err != nil) != test.fails {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(patience):
			t.Fatalf("%s: Run does not return", name)
		}
		cancel()
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:-2"} {
		if s, err := embedded.Start(embedded.Config{Dir: t.TempDir(), Addr: addr}); err == nil {
			s.Shutdown()
			t.Errorf("%q was taken", addr)
		}
	}
	for _, addr := range []string{"", "127.0.0.1:0", "127.0.0.1:-1", "[::1]:0"} {
		s, err := embedded.Start(embedded.Config{Dir: t.TempDir(), Addr: addr})
		if err != nil {
			if strings.HasPrefix(addr, "[") {
				continue // a machine without IPv6
			}
			t.Errorf("%q: %v", addr, err)
			continue
		}
		if s.ClientURL() == "" {
			t.Errorf("%q: no address", addr)
		}
		s.Shutdown()
	}
	if _, err := embedded.Start(embedded.Config{}); err == nil {
		t.Error("a server without a directory")
	}
}

// The nats.conf at the root of the repository starts a server that is fit.
func TestShippedConfiguration(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "nats.conf")
	opts, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !opts.JetStream || !opts.SyncAlways || opts.StreamMaxBufferedSize != 512<<20 || opts.MaxPayload < 1<<20 ||
		opts.JetStreamMaxStore <= 0 || opts.HTTPHost != "127.0.0.1" || opts.HTTPPort != 8222 {
		t.Errorf("JetStream %v, sync always %v, buffered %d, payload %d, store %d, http %s:%d", opts.JetStream, opts.SyncAlways,
			opts.StreamMaxBufferedSize, opts.MaxPayload, opts.JetStreamMaxStore, opts.HTTPHost, opts.HTTPPort)
	}
	opts.StoreDir, opts.Port, opts.HTTPPort, opts.NoSigs, opts.NoLog = t.TempDir(), server.RANDOM_PORT, 0, true, true
	opts.JetStreamMaxStore = 1 << 30 // what the disk of a test machine has
	s := start(t, opts)
	b, err := broker.Connect(t.Context(), broker.Config{URL: s.ClientURL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.Init(t.Context(), broker.InitConfig{}); err != nil {
		t.Error(err)
	}
}

// A server without JetStream is refused with a sentence.
func TestConnectToAServerWithoutJetStream(t *testing.T) {
	t.Parallel()
	s := start(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	_, err := broker.Connect(t.Context(), broker.Config{URL: s.ClientURL()})
	if !errors.Is(err, broker.ErrUnfit) {
		t.Errorf("error %v", err)
	}
}

func start(t *testing.T, opts *server.Options) *server.Server {
	t.Helper()
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(patience) {
		t.Fatal("not ready")
	}
	return s
}
