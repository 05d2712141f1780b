package bench_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/proof/loopback"
)

// patience bounds every wait.
const patience = 2 * time.Minute

// programs are what is measured, built once for a run.
type programs struct{ discomfy, nats string }

func build(b *testing.B) programs {
	b.Helper()
	dir := b.TempDir()
	p := programs{discomfy: filepath.Join(dir, "discomfy"), nats: filepath.Join(dir, "nats-server")}
	for out, pkg := range map[string]string{p.discomfy: "discomfy/cmd/discomfy", p.nats: "github.com/nats-io/nats-server/v2"} {
		args := []string{"build", "-o", out}
		args = append(args, strings.Fields(os.Getenv("DISCOMFY_BENCH_BUILD"))...)
		if text, err := exec.CommandContext(b.Context(), "go", append(args, pkg)...).CombinedOutput(); err != nil {
			b.Fatalf("build %s: %v\n%s", pkg, err, text)
		}
	}
	return p
}

// process is a program that runs until it is killed.
type process struct {
	cmd   *exec.Cmd
	began time.Time
	out   *output
	stop  func()
}

// run starts a program. What it says on standard error is kept.
func run(b *testing.B, name string, args ...string) *process {
	b.Helper()
	p := &process{cmd: exec.Command(name, args...), out: newOutput()}
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() { p.out.read(pipe) })
	p.stop = sync.OnceFunc(func() {
		_ = p.cmd.Process.Kill()
		reading.Wait()
		_ = p.cmd.Wait()
		if b.Failed() {
			b.Logf("%s said:\n%s", filepath.Base(name), p.out.tail())
		}
	})
	b.Cleanup(p.stop)
	return p
}

// says waits until the program has said the text, and returns when.
func (p *process) says(b *testing.B, text string) time.Time {
	b.Helper()
	at, ok := p.out.await(text, patience)
	if !ok {
		b.Fatalf("%s never said %q", p.cmd.Path, text)
	}
	return at
}

// memory is what the system holds for the program now, and at most so far, in
// bytes.
func (p *process) memory(b *testing.B) (now, most int64) {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	return kilobytes(string(status), "VmRSS:"), kilobytes(string(status), "VmHWM:")
}

func kilobytes(status, name string) int64 {
	_, rest, _ := strings.Cut(status, name)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[0], 10, 64)
	return n << 10
}

// output is what a program said, with the time of each line.
type output struct {
	mu      sync.Mutex
	lines   []string
	times   []time.Time
	changed chan struct{}
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

func (o *output) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		o.mu.Lock()
		o.lines, o.times = append(o.lines, lines.Text()), append(o.times, time.Now())
		close(o.changed)
		o.changed = make(chan struct{})
		o.mu.Unlock()
	}
}

func (o *output) await(text string, within time.Duration) (time.Time, bool) {
	late := time.After(within)
	for from := 0; ; {
		o.mu.Lock()
		for ; from < len(o.lines); from++ {
			if strings.Contains(o.lines[from], text) {
				defer o.mu.Unlock()
				return o.times[from], true
			}
		}
		changed := o.changed
		o.mu.Unlock()
		select {
		case <-changed:
		case <-late:
			return time.Time{}, false
		}
	}
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.lines[max(0, len(o.lines)-20):], "\n")
}

// stack is the program with everything around it.
type stack struct {
	*testing.B
	programs
	fake   *fake
	url    string // of NATS
	nats   *process
	bridge *process
	broker *broker.Broker // the submitter's connection
	dir    string         // where the submitter stores files
}

// start runs NATS, a fake and, once it has served a job, a bridge.
func start(b *testing.B, p programs, maxJobs int) *stack {
	b.Helper()
	s := &stack{B: b, programs: p, fake: startFake(b), dir: b.TempDir()}
	s.startNATS()
	conn, err := broker.Connect(b.Context(), broker.Config{URL: s.url, Name: "bench", Wait: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(conn.Close)
	s.broker = conn
	if err := conn.Init(b.Context(), broker.InitConfig{MaxJobs: maxJobs}); err != nil {
		b.Fatal(err)
	}
	s.bridge = s.startBridge()
	s.warm()
	return s
}

// startNATS runs a server with our configuration on a free port.
func (s *stack) startNATS() {
	s.Helper()
	addr := freeAddress(s.B)
	config, err := os.ReadFile(filepath.FromSlash("../../nats.conf"))
	if err != nil {
		s.Fatal(err)
	}
	dir := s.TempDir()
	text := strings.NewReplacer(
		"listen: 127.0.0.1:4222", "listen: "+addr,
		"http: 127.0.0.1:8222", "",
		`"./data/nats"`, strconv.Quote(filepath.Join(dir, "store")),
	).Replace(string(config))
	file := filepath.Join(dir, "nats.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	s.nats = run(s.B, s.programs.nats, "-c", file)
	s.url = "nats://" + addr
	s.nats.says(s.B, "Server is ready")
}

func (s *stack) startBridge() *process {
	s.Helper()
	p := run(s.B, s.discomfy, "bridge", "--nats", s.url, "--comfyui", s.fake.url,
		"--workflows", filepath.FromSlash("testdata/workflows"), "--log-format", "json")
	return p
}

// warm runs a few jobs, so that every path was taken once.
func (s *stack) warm() {
	s.Helper()
	for range 5 {
		s.fetch(s.submit(request("work", 0.01, 1)))
	}
}

func freeAddress(b *testing.B) string {
	b.Helper()
	addr, err := loopback.Free()
	if err != nil {
		b.Fatal(err)
	}
	return addr
}

// rest lets what goes on in the background end before the next measurement.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
