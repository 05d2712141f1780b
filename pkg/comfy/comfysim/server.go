package comfysim

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// Server is the fake. It is an http.Handler; prompts are executed while Run runs.
type Server struct {
	cfg     Config
	log     *slog.Logger
	traits  traits
	catalog *catalog
	disk    *disk
	runs    *runLog
	faults  *faultBox
	handler http.Handler
	// pace lets time pass: d for a step, 0 before whatever the executor tells. Tests replace it to hold the
	// executor where they want it.
	pace func(ctx context.Context, d time.Duration) error
	// arrange puts the output nodes of a prompt in the order to execute. ComfyUI's is that of a Python set, which
	// differs from one start of the server to the next; here it is the prompt's unless a test replaces it.
	arrange func(outputs []string) []string

	mu    sync.Mutex
	proc  *process
	ended bool
}

// New makes a server. It answers at once; Run makes it execute.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("fake ComfyUI: %w", err)
	}
	t, err := traitsOf(cfg.Version)
	if err != nil {
		return nil, fmt.Errorf("fake ComfyUI: %w", err)
	}
	var custom []string
	for name := range cfg.Nodes {
		custom = append(custom, name)
	}
	c, err := loadCatalog(cfg.Version, custom)
	if err != nil {
		return nil, fmt.Errorf("fake ComfyUI: %w", err)
	}
	b, err := newFaultBox(cfg.Faults)
	if err != nil {
		return nil, fmt.Errorf("fake ComfyUI: %w", err)
	}
	d, err := newDisk(cfg.Dir, func() bool { return b.on(func(f *Faults) bool { return f.DiskFull }) })
	if err != nil {
		return nil, fmt.Errorf("fake ComfyUI: %w", err)
	}
	s := &Server{
		cfg: cfg, log: cfg.Log, traits: t, catalog: c, disk: d, runs: &runLog{out: cfg.RunLog}, faults: b,
		pace: sleep, arrange: slices.Clone[[]string],
	}
	s.proc = newProcess(s)
	s.handler = s.control(s.faulty(s.routes()))
	s.runs.note(Event{Kind: EventRestart})
	return s, nil
}

// ServeHTTP answers every route of ComfyUI that is known here, also under /api.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Run executes prompts until ctx ends; then all sockets are closed, a temporary folder is removed, and nothing of
// the server runs any more. It may be called once.
func (s *Server) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		s.current().run(ctx)
	}
	s.mu.Lock()
	s.ended = true
	last := s.proc
	s.mu.Unlock()
	last.end()
	if err := s.runs.failure(); err != nil {
		return fmt.Errorf("write the run log: %w", err)
	}
	if s.cfg.Dir == "" {
		if err := os.RemoveAll(s.disk.root); err != nil {
			return fmt.Errorf("remove the fake's files: %w", err)
		}
	}
	return nil
}

// Restart is what a kill and a new start of ComfyUI leave: queue, history and cache are lost, sockets dropped;
// files stay. It returns when the new process answers.
func (s *Server) Restart() {
	s.mu.Lock()
	old := s.proc
	s.proc = newProcess(s)
	s.proc.hub.closed = s.ended
	s.mu.Unlock()
	s.log.Info("restart")
	old.stop()
}

// DropSockets breaks the connections of a client id without a close frame; "" is everybody's. It returns how many.
func (s *Server) DropSockets(clientID string) int { return s.current().hub.drop(clientID) }

func (s *Server) current() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc
}

// pause lets d pass, as fast as the configuration says.
func (s *Server) pause(ctx context.Context, d time.Duration) error {
	return s.pace(ctx, time.Duration(float64(d)/s.cfg.Speed))
}
