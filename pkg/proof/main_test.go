//go:build linux

package proof_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"discomfy/pkg/proof/internal/rig"
)

// programs builds what the rigs start, once and when the first asks for it.
var programs = sync.OnceValues(func() (rig.Programs, error) {
	dir, err := os.MkdirTemp("", "discomfy-proof")
	if err != nil {
		return rig.Programs{}, err
	}
	built.dir = dir
	return rig.Build(context.Background(), dir)
})

// built is where they are.
var built struct{ dir string }

// TestMain lets more tests run at once than there are processors: what they do
// most is wait for leases to expire.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	goleak.VerifyTestMain(cleaner{m})
}

// cleaner removes the programs after the tests.
type cleaner struct{ m *testing.M }

func (c cleaner) Run() int {
	code := c.m.Run()
	if built.dir != "" {
		if err := os.RemoveAll(built.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	return code
}

// start starts a rig for the test.
func start(t *testing.T, cfg rig.Config) *rig.Rig {
	t.Helper()
	if testing.Short() {
		t.Skip("it starts processes")
	}
	var err error
	if cfg.Programs, err = programs(); err != nil {
		t.Fatal(err)
	}
	if cfg.NATSConfig, err = filepath.Abs(filepath.Join("..", "..", "nats.conf")); err != nil {
		t.Fatal(err)
	}
	return rig.Start(t, cfg)
}
