//go:build failpoints && linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The environment variables of a build with failpoints.
const (
	// failpointList is a list, separated by commas, of point=action or
	// point=action@n: what to do at a point that is passed for the n-th time.
	// The actions are kill, freeze and delay:DURATION.
	failpointList = "DISCOMFY_FAILPOINTS"
	// failpointLog names a file to which a line is appended for every point
	// that is passed: the time and the point.
	failpointLog = "DISCOMFY_FAILPOINT_LOG"
	// vitalsLog names a file to which SIGUSR1 appends a line of JSON about the
	// process, and beside it a heap profile: what a soak test watches, without a
	// port that production has not.
	vitalsLog = "DISCOMFY_VITALS_LOG"
)

// failpoints reads the environment and returns what is to be called at each
// point, nil when nothing was asked for.
func failpoints(getenv func(string) string) (func(context.Context, string), error) {
	p := &points{passed: map[string]int{}}
	for text := range strings.SplitSeq(getenv(failpointList), ",") {
		if text == "" {
			continue
		}
		f, err := parseFailpoint(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", failpointList, err)
		}
		p.set = append(p.set, f)
	}
	var err error
	if p.log, err = openLog(getenv, failpointLog); err != nil {
		return nil, err
	}
	vitals, err := openLog(getenv, vitalsLog)
	if err != nil {
		return nil, err
	}
	if vitals != nil {
		go reportVitals(vitals)
	}
	if p.log == nil && len(p.set) == 0 {
		return nil, nil
	}
	return p.at, nil
}

// openLog opens the file that a variable names, to append to it; nil where it
// names none.
func openLog(getenv func(string) string, variable string) (*os.File, error) {
	name := getenv(variable)
	if name == "" {
		return nil, nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", variable, err)
	}
	return f, nil
}

// reportVitals lasts as long as the process.
func reportVitals(log *os.File) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	for range asked {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if f, err := os.Create(log.Name() + ".heap"); err == nil {
			_ = pprof.WriteHeapProfile(f) // nobody would hear of it
			f.Close()
		}
		fmt.Fprintf(log, `{"goroutines": %d, "heap_bytes": %d}`+"\n", runtime.NumGoroutine(), m.HeapAlloc)
	}
}

// failpoint is an action at a point.
type failpoint struct {
	point string
	nth   int
	act   func(context.Context)
}

func parseFailpoint(text string) (failpoint, error) {
	point, rest, ok := strings.Cut(text, "=")
	if !ok || point == "" {
		return failpoint{}, fmt.Errorf("%q is not point=action", text)
	}
	action, nth, counted := strings.Cut(rest, "@")
	f := failpoint{point: point, nth: 1}
	if counted {
		n, err := strconv.Atoi(nth)
		if err != nil || n < 1 {
			return failpoint{}, fmt.Errorf("%q: %q is no count", text, nth)
		}
		f.nth = n
	}
	var err error
	if f.act, err = parseAction(action); err != nil {
		return failpoint{}, fmt.Errorf("%q: %w", text, err)
	}
	return f, nil
}

func parseAction(text string) (func(context.Context), error) {
	name, argument, _ := strings.Cut(text, ":")
	switch name {
	case "kill":
		return func(context.Context) { signalSelf(syscall.SIGKILL) }, nil
	case "freeze":
		return func(context.Context) { signalSelf(syscall.SIGSTOP) }, nil
	case "delay":
		d, err := time.ParseDuration(argument)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) { sleep(ctx, d) }, nil
	}
	return nil, fmt.Errorf("unknown action %q", text)
}

// signalSelf sends the signal to this very thread, which handles it on its way
// out of the call: what stops or ends us does so here and no later, and nothing
// lies between the waking and what follows the point.
func signalSelf(s syscall.Signal) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = syscall.Tgkill(os.Getpid(), syscall.Gettid(), s)
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// points are the failpoints of this process.
type points struct {
	set []failpoint

	mu     sync.Mutex
	log    *os.File
	passed map[string]int
}

// at is called whenever a point is passed.
func (p *points) at(ctx context.Context, point string) {
	n := p.note(point)
	for _, f := range p.set {
		if f.point == point && f.nth == n {
			f.act(ctx)
		}
	}
}

// note counts and records the passing, before anything is done about it.
func (p *points) note(point string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passed[point]++
	if p.log != nil {
		fmt.Fprintf(p.log, "%s %s\n", time.Now().UTC().Format(time.RFC3339Nano), point)
	}
	return p.passed[point]
}
