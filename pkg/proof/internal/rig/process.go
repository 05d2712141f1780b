//go:build linux

package rig

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a program that can be started again and again. Its methods may be
// called concurrently.
type Process struct {
	Name string
	Log  string // the file that holds what it printed, in all its lives

	path string
	args []string
	env  []string

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // of this life; closed at the beginning
}

func newProcess(name, log, path string, args ...string) *Process {
	exited := make(chan struct{})
	close(exited)
	return &Process{Name: name, Log: log, path: path, args: args, exited: exited}
}

// Start begins a life with variables added to the environment.
func (p *Process) Start(env ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.exited:
	default:
		return fmt.Errorf("start %s: it runs already", p.Name)
	}
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	defer log.Close()
	cmd := exec.Command(p.path, p.args...) //nolint:noctx,gosec // it outlives any one call, and is what the test built
	cmd.Env = append(append(os.Environ(), p.env...), env...)
	cmd.Stdout, cmd.Stderr = log, log
	// A group of its own keeps it from the terminal's signals, and it does not
	// outlive a test that is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	exited := make(chan struct{})
	p.cmd, p.exited = cmd, exited
	go func() {
		_ = cmd.Wait() // how it ended is told by Killed
		close(exited)
	}()
	return nil
}

// Exited is closed when the present life has ended.
func (p *Process) Exited() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exited
}

// Running reports whether it lives; one that is frozen does.
func (p *Process) Running() bool {
	select {
	case <-p.Exited():
		return false
	default:
		return true
	}
}

// Kill ends it at once, and returns when it is gone.
func (p *Process) Kill() {
	p.signal(syscall.SIGKILL)
	<-p.Exited()
}

// Stop asks it to stop, and kills it when it does not within a bound, which is
// an error.
func (p *Process) Stop(within time.Duration) error {
	p.signal(syscall.SIGCONT)
	p.signal(syscall.SIGTERM)
	select {
	case <-p.Exited():
		return nil
	case <-time.After(within):
		p.Kill()
		return fmt.Errorf("%s did not stop within %v", p.Name, within)
	}
}

// Freeze stops its clock hands; Thaw lets it go on.
func (p *Process) Freeze() { p.signal(syscall.SIGSTOP) }

// Thaw undoes Freeze.
func (p *Process) Thaw() { p.signal(syscall.SIGCONT) }

func (p *Process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(s) // one that has exited needs none
	}
}

// Pid is the process id of the present life, or of the last one.
func (p *Process) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// Killed reports whether its last life was ended by SIGKILL.
func (p *Process) Killed() bool {
	<-p.Exited()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return false
	}
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// Frozen reports whether it is stopped by a signal.
func (p *Process) Frozen() bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Pid()))
	if err != nil {
		return false
	}
	// The state follows the name in parentheses.
	_, rest, ok := bytes.Cut(data, []byte(") "))
	return ok && len(rest) > 0 && rest[0] == 'T'
}

// Said reports whether it has printed the text, in any of its lives.
func (p *Process) Said(text string) bool {
	data, err := os.ReadFile(p.Log)
	return err == nil && bytes.Contains(data, []byte(text))
}

// Mark is how much it has printed until now; SaidSince looks behind it.
func (p *Process) Mark() int64 {
	info, err := os.Stat(p.Log)
	if err != nil {
		return 0
	}
	return info.Size()
}

// SaidSince reports whether it has printed the text behind a mark.
func (p *Process) SaidSince(mark int64, text string) bool {
	data, err := os.ReadFile(p.Log)
	return err == nil && int64(len(data)) >= mark && bytes.Contains(data[mark:], []byte(text))
}

// Tail is the last lines that it printed.
func (p *Process) Tail(lines int) string {
	data, err := os.ReadFile(p.Log)
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	all := strings.SplitAfter(string(data), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "")
}
