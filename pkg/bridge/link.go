package bridge

import (
	"sync"

	"discomfy/pkg/comfy"
	"discomfy/pkg/workflow"
)

// link is what is known of the server and the connection to it. It is safe for
// concurrent use.
type link struct {
	mu      sync.Mutex
	gen     uint64 // of the socket, 0 while there is none
	told    int    // prompts in the server, as the socket told last
	version comfy.Version
	fresh   bool // version is that of the server behind this socket
	devices []string
	nodes   *workflow.Nodes // nil until the server told them
	change  chan struct{}   // closed and replaced at each change
	refresh chan struct{}   // receives at each new generation
}

func newLink() *link {
	return &link{change: make(chan struct{}), refresh: make(chan struct{}, 1)}
}

func (l *link) connected(gen uint64) {
	l.update(func() { l.gen, l.fresh = gen, false })
	poke(l.refresh)
}

// status notes the length of the server's queue as the socket told it.
func (l *link) status(remaining int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = remaining
}

func (l *link) disconnected() { l.update(func() { l.gen = 0 }) }

// learned stores what a look at the server told.
func (l *link) learned(v comfy.Version, devices []string, nodes *workflow.Nodes) {
	l.update(func() { l.version, l.devices, l.nodes, l.fresh = v, devices, nodes, true })
}

// renew replaces the node list.
func (l *link) renew(nodes *workflow.Nodes) { l.update(func() { l.nodes = nodes }) }

func (l *link) update(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	close(l.change)
	l.change = make(chan struct{})
}

// linkState is the link at one moment.
type linkState struct {
	gen     uint64
	told    int
	version comfy.Version
	fresh   bool
	devices []string
	nodes   *workflow.Nodes
	change  <-chan struct{} // closed when this is no longer true
}

func (l *link) state() linkState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return linkState{gen: l.gen, told: l.told, version: l.version, fresh: l.fresh, devices: l.devices, nodes: l.nodes, change: l.change}
}

// ready reports whether prompts can be submitted.
func (s linkState) ready() bool { return s.gen != 0 && s.nodes != nil }

// words says why nothing moves, or "".
func (s linkState) words() string {
	switch {
	case s.gen == 0:
		return "ComfyUI does not answer; jobs wait until it does"
	case s.nodes == nil:
		return "ComfyUI is starting"
	}
	return ""
}
