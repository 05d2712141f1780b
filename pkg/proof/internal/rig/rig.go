//go:build linux

package rig

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/proof/loopback"
	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

// Patience bounds every wait of a rig; it is never what is measured.
const Patience = 60 * time.Second

// Config says what a rig is made of.
type Config struct {
	Programs     Programs
	NATSConfig   string        // path of our nats.conf
	MaxFileStore string        // of NATS, such as "1GB"; as in nats.conf unless set
	ResultsBytes int64         // room for results; 256 MiB unless set
	Disk         string        // size of a disk of its own for NATS, as "64m"; needs the right to mount, else the test is skipped
	Queues       []job.Queue   // beside the default one
	Lease        time.Duration // of the bridges; a second unless set
	Speed        string        // of the fake ComfyUI; "50" unless set
	People       bool          // NATS is set up for the ingress of Discord, too
}

// Rig is a system of processes. It is used by one goroutine, but for what says
// otherwise.
type Rig struct {
	testing.TB
	NATS    *Process
	ComfyUI *ComfyUI       // of the default queue
	Broker  *broker.Broker // an ingress's connection

	cfg         Config
	dir         string
	natsURL     string
	monitorAddr string // of NATS
	servers     []*ComfyUI
	set         *workflow.Set
}

// Start starts NATS and the fake ComfyUI and sets NATS up. Everything ends
// with the test.
func Start(t testing.TB, cfg Config) *Rig {
	t.Helper()
	if cfg.Lease == 0 {
		cfg.Lease = time.Second
	}
	if cfg.Speed == "" {
		cfg.Speed = "50"
	}
	if cfg.ResultsBytes == 0 {
		cfg.ResultsBytes = 256 << 20
	}
	r := &Rig{TB: t, cfg: cfg, dir: t.TempDir()}
	set, problems := workflow.Load(workflows.FS)
	if len(problems) > 0 {
		t.Fatalf("workflows: %v", problems)
	}
	r.set = set
	r.mountDisk()
	r.startNATS()
	r.ComfyUI = r.startComfyUI(job.DefaultQueue)
	r.connect()
	return r
}

func (r *Rig) startNATS() {
	r.Helper()
	addr, err := loopback.Free()
	r.must(err)
	file := filepath.Join(r.dir, "nats.conf")
	r.monitorAddr, err = loopback.Free()
	r.must(err)
	r.must(writeNATSConfig(r.cfg.NATSConfig, file, addr, r.monitorAddr, r.natsDir(), r.cfg.MaxFileStore))
	r.natsURL = "nats://" + addr
	r.NATS = r.process("nats", r.cfg.Programs.NATS, "-c", file)
	r.must(r.NATS.Start())
	r.awaitPort(addr)
}

func (r *Rig) connect() {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), Patience)
	defer cancel()
	b, err := broker.Connect(ctx, broker.Config{URL: r.natsURL, Name: "proof", Wait: true})
	r.must(err)
	r.Cleanup(b.Close)
	r.must(b.Init(ctx, broker.InitConfig{Queues: r.queues(), ResultsBytes: r.cfg.ResultsBytes, InputsBytes: 64 << 20, Discord: r.cfg.People}))
	r.Broker = b
}

// NATSURL is where NATS listens, for a test that needs a connection of its own.
func (r *Rig) NATSURL() string { return r.natsURL }

func (r *Rig) queues() []job.Queue { return append([]job.Queue{job.DefaultQueue}, r.cfg.Queues...) }

// Bridge is a bridge of the default queue that has not been started yet.
func (r *Rig) Bridge(name string) *Bridge { return r.ComfyUI.Bridge(name, r.natsURL) }

// Submitter is a `discomfy submit` that has not been started yet.
func (r *Rig) Submitter(name string, args ...string) *Bridge {
	return r.discomfy("submit-"+name, append([]string{"submit", "--nats", r.natsURL}, args...)...)
}

func (r *Rig) discomfy(name string, args ...string) *Bridge {
	b := &Bridge{
		Process: r.process(name, r.cfg.Programs.Discomfy, args...),
		points:  r.path(name + ".points"), vitals: r.path(name + ".vitals"),
	}
	b.env = []string{"DISCOMFY_FAILPOINT_LOG=" + b.points, "DISCOMFY_VITALS_LOG=" + b.vitals}
	return b
}

// process is a process that ends with the test, which shows what it printed
// when it has failed.
func (r *Rig) process(name, path string, args ...string) *Process {
	r.Helper()
	p := newProcess(name, r.path(name+".log"), path, args...)
	r.Cleanup(func() {
		p.Kill()
		r.keep(p)
		if r.Failed() {
			r.Logf("%s printed last:\n%s", name, p.Tail(40))
		}
	})
	return p
}

// keep copies what a process left to the folder that DISCOMFY_PROOF_LOGS names.
func (r *Rig) keep(p *Process) {
	folder := os.Getenv("DISCOMFY_PROOF_LOGS")
	if folder == "" {
		return
	}
	if err := os.MkdirAll(folder, 0o700); err != nil { //nolint:gosec // the folder is named by whoever runs the tests
		r.Logf("keep %s: %v", p.Name, err)
		return
	}
	for _, file := range glob(r.path(p.Name + ".*")) {
		data, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, filepath.Base(file)), data, 0o600) //nolint:gosec // the folder is named by whoever runs the tests
		}
		if err != nil {
			r.Logf("keep %s: %v", filepath.Base(file), err)
		}
	}
}

func glob(pattern string) []string {
	names, _ := filepath.Glob(pattern) // the pattern is ours
	return names
}

func (r *Rig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *Rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// awaitPort waits until somebody accepts connections.
func (r *Rig) awaitPort(addr string) {
	r.Helper()
	r.Eventually("something listens at "+addr, func() bool {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(r.Context(), "tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// Eventually polls a condition that nothing announces, and ends the test when
// it never holds.
func (r *Rig) Eventually(what string, is func() bool) {
	r.Helper()
	if !Poll(r.Context(), Patience, is) {
		r.Fatalf("never: %s", what)
	}
}

// Poll waits for a condition, and reports whether it came to hold.
func Poll(ctx context.Context, within time.Duration, is func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	bound := time.NewTimer(within)
	defer bound.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-bound.C:
			return is()
		case <-ctx.Done():
			return false
		}
	}
	return true
}
