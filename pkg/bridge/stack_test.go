package bridge_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"discomfy/pkg/bridge"
	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/comfy"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

// patience bounds every wait of these tests.
const patience = time.Minute

// stack is everything below an ingress: a real NATS server, the fake ComfyUI,
// and bridges between them.
type stack struct {
	*testing.T
	nats   *embedded.Server
	store  string // the folder of nats
	tcp    bool
	sim    *comfysim.Server
	url    string
	broker *broker.Broker // the ingress's connection
	set    *workflow.Set
	log    *logs
}

// settings of a stack.
type settings struct {
	tcp     bool // connect over TCP, so that the server can be stopped and started again
	sim     comfysim.Config
	bridge  bridge.Config
	lease   time.Duration
	natsURL string // of the bridge, where its way to NATS is another
	none    bool   // no bridge yet
}

func start(t *testing.T, s settings) *stack {
	t.Helper()
	st := &stack{T: t, log: &logs{}, store: t.TempDir(), tcp: s.tcp}
	st.nats = embeddedtest.StartWith(t, embedded.Config{Dir: st.store})
	st.sim, st.url = comfysimtest.Start(t, s.sim)
	st.broker = st.connect("ingress", broker.Config{})
	if err := st.broker.Init(t.Context(), broker.InitConfig{}); err != nil {
		t.Fatal(err)
	}
	st.set = testWorkflows(t)
	if !s.none {
		st.bridge(s)
	}
	return st
}

// testWorkflows is those of the tests and those that are shipped.
func testWorkflows(t *testing.T) *workflow.Set {
	t.Helper()
	both := fstest.MapFS{}
	for _, from := range []fs.FS{os.DirFS("testdata/workflows"), workflows.FS} {
		names, err := fs.Glob(from, "*.*")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(from, name)
			if err != nil {
				t.Fatal(err)
			}
			both[name] = &fstest.MapFile{Data: data}
		}
	}
	set, problems := workflow.Load(both)
	if len(problems) > 0 {
		t.Fatalf("workflows: %v", problems)
	}
	return set
}

func (s *stack) connect(name string, cfg broker.Config) *broker.Broker {
	s.Helper()
	cfg.Name = name
	switch {
	case cfg.URL != "":
	case s.tcp:
		cfg.URL = s.nats.ClientURL()
	default:
		cfg.InProcess = s.nats
	}
	b, err := broker.Connect(s.Context(), cfg)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(b.Close)
	return b
}

// bridge runs a bridge until the returned function is called, or the test ends.
func (s *stack) bridge(cfg settings) (stop func()) {
	s.Helper()
	b, release := s.newBridge(cfg)
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.Errorf("bridge: %v", err)
		}
		release()
	})
	s.Cleanup(stop)
	return stop
}

// drainable runs a bridge that ends when it is drained.
func (s *stack) drainable() (drain func(), done <-chan error) {
	s.Helper()
	b, release := s.newBridge(settings{})
	s.Cleanup(release)
	ended := make(chan error, 1)
	go func() { ended <- b.Run(s.Context()) }()
	return b.Drain, ended
}

func (s *stack) newBridge(cfg settings) (b *bridge.Bridge, release func()) {
	s.Helper()
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	conn := s.connect("bridge", broker.Config{URL: cfg.natsURL, Lease: cfg.lease, Log: log})
	c, err := comfy.New(comfy.Config{URL: s.url, Log: log})
	if err != nil {
		s.Fatal(err)
	}
	cfg.bridge.Log = log
	if cfg.bridge.Looks == 0 {
		cfg.bridge.Looks = 200 * time.Millisecond
	}
	return bridge.New(cfg.bridge, conn, c, s.set), func() { c.CloseIdle(); conn.Close() }
}

// front puts a server before ComfyUI: handle answers a request, or passes it on.
func (s *stack) front(handle func(pass http.Handler, w http.ResponseWriter, r *http.Request)) {
	s.Helper()
	target, err := url.Parse(s.url)
	if err != nil {
		s.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(pass, w, r) }))
	s.Cleanup(server.Close)
	s.url = server.URL
}

// ask submits a job as a user would.
func (s *stack) ask(user, workflow string, args map[string]string) job.Request {
	s.Helper()
	r := s.request(user, workflow, args)
	s.submit(r)
	return r
}

func (s *stack) request(user, workflow string, args map[string]string) job.Request {
	s.Helper()
	u, err := job.NewUser("test", user)
	if err != nil {
		s.Fatal(err)
	}
	params, err := s.set.Catalog(nil).Resolve(workflow, args)
	if err != nil {
		s.Fatal(err)
	}
	return job.Request{
		ID: job.NewID(), Queue: job.DefaultQueue, User: u, Workflow: workflow,
		Params: params, Created: time.Now().UTC(),
	}
}

func (s *stack) submit(r job.Request) {
	s.Helper()
	if _, err := s.broker.Submit(s.Context(), r); err != nil {
		s.Fatalf("submit: %v", err)
	}
}

// until waits for a state of a job that satisfies the condition.
func (s *stack) until(id job.ID, what string, is func(job.State) bool) job.State {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	updates, err := s.broker.Follow(ctx, job.DefaultQueue, id)
	if err != nil {
		s.Fatal(err)
	}
	var last job.State
	for u := range updates {
		if u.State == nil {
			continue
		}
		if last = *u.State; is(last) {
			return last
		}
	}
	s.Fatalf("job %s: never %s; the last state is %+v\n%s", id, what, last, s.log)
	return job.State{}
}

func (s *stack) ended(r job.Request) job.State {
	s.Helper()
	return s.until(r.ID, "ended", func(st job.State) bool { return st.Phase.Ended() })
}

func (s *stack) phase(r job.Request, want job.Phase) job.State {
	s.Helper()
	return s.until(r.ID, string(want), func(st job.State) bool { return st.Phase == want })
}

// done waits for a job's results and reads the first.
func (s *stack) done(r job.Request) (job.State, []byte) {
	s.Helper()
	st := s.ended(r)
	if st.Phase != job.Done || len(st.Results) == 0 {
		s.Fatalf("job %s ended as %s, %v, with %d files\n%s", r.ID, st.Phase, st.Error, len(st.Results), s.log)
	}
	return st, s.read(st.Results[0])
}

func (s *stack) read(r job.Result) []byte {
	s.Helper()
	body, err := s.broker.GetResult(s.Context(), r.Name)
	if err != nil {
		s.Fatal(err)
	}
	defer body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(body); err != nil || int64(b.Len()) != r.Size {
		s.Fatalf("result %s: %d of %d bytes, %v", r.Name, b.Len(), r.Size, err)
	}
	return b.Bytes()
}

// progress waits for a progress of a job that satisfies the condition.
func (s *stack) progress(id job.ID, what string, is func(job.Progress) bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	updates, err := s.broker.Follow(ctx, job.DefaultQueue, id)
	if err != nil {
		s.Fatal(err)
	}
	for u := range updates {
		if u.Progress != nil && is(*u.Progress) {
			return
		}
	}
	s.Fatalf("job %s: no progress %s\n%s", id, what, s.log)
}

// eventually polls a condition that nothing announces.
func (s *stack) eventually(what string, is func() bool) {
	s.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			s.Fatalf("never: %s\n%s", what, s.log)
		}
	}
}

// emptied waits until the queue holds no job: every one was acknowledged.
func (s *stack) emptied() {
	s.Helper()
	s.eventually("the queue is empty", func() bool {
		jobs, err := s.broker.PendingJobs(s.Context(), job.DefaultQueue)
		return err == nil && len(jobs) == 0
	})
}

// runsOf is how often a job ran to its end in ComfyUI.
func (s *stack) runsOf(id job.ID) (started, completed int) {
	for _, r := range s.sim.Runs() {
		if r.ExtraData["discomfy_job"] != id.String() {
			continue
		}
		started++
		if r.Outcome == comfysim.Success {
			completed++
		}
	}
	return started, completed
}

// hang has the next run stop at its first node until it is released.
func (s *stack) hang() (release func()) {
	s.Helper()
	if err := s.sim.ChangeFaults(func(f *comfysim.Faults) { f.HangNext = 1 }); err != nil {
		s.Fatal(err)
	}
	return func() {
		s.eventually("it hangs", func() bool { return s.sim.Faults().HangNext == 0 })
		s.eventually("it is released", func() bool { return s.sim.Release() > 0 })
	}
}

func codeOf(st job.State) job.Code {
	if st.Error == nil {
		return ""
	}
	return st.Error.Code
}

// logs keeps what a bridge logged.
type logs struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logs) has(text string) bool { return strings.Contains(l.String(), text) }

// when is the time of the last line that holds the text; zero when none does.
func (l *logs) when(text string) time.Time {
	var at time.Time
	for line := range strings.Lines(l.String()) {
		if stamp, ok := strings.CutPrefix(line, "time="); ok && strings.Contains(line, text) {
			stamp, _, _ = strings.Cut(stamp, " ")
			if t, err := time.Parse(time.RFC3339Nano, stamp); err == nil {
				at = t
			}
		}
	}
	return at
}

// errorLines are the lines that an operator would be worried by.
func (l *logs) errorLines() []string {
	var out []string
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, "level=ERROR") {
			out = append(out, line)
		}
	}
	return out
}
