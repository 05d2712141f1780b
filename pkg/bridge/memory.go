package bridge

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"discomfy/pkg/workflow"
)

const (
	// learning is the weight of a new run against what is remembered.
	learning = 0.3
	// unknownNode and unknownSampler are the shares of the bar, in seconds, of
	// nodes that have never run here: samplers do most of the work.
	unknownNode, unknownSampler = 0.2, 4.0
)

// memory is what earlier runs taught about durations. It is kept in NATS, so
// that a restart forgets nothing. It is safe for concurrent use.
type memory struct {
	mu        sync.Mutex
	workflows map[string]*learned
}

// learned is the memory of one workflow.
type learned struct {
	Runs    int                `json:"runs"`
	Seconds float64            `json:"seconds"`         // of a whole run
	Nodes   map[string]float64 `json:"nodes"`           // seconds by node id, of runs in which the node was not cached
	Steps   map[string]float64 `json:"steps,omitempty"` // seconds a step by node id, of nodes that take the steps that are asked for
	Rest    float64            `json:"rest,omitempty"`  // seconds of a run without what those nodes take
}

// lesson is a run that ended well.
type lesson struct {
	total time.Duration
	steps int    // that were asked for; 0 where the workflow has none
	whole bool   // everything of it was heard, so that nodes is all that ran
	nodes stints // of those that were not cached
}

// stints are what the nodes of a run took, by node id.
type stints map[string]stint

type stint struct {
	spent time.Duration
	steps int // that the node told to have
}

// memoryForm is the stored form.
type memoryForm struct {
	Workflows map[string]*learned `json:"workflows"`
}

func newMemory() *memory { return &memory{workflows: map[string]*learned{}} }

// load replaces the memory by a stored one; empty data is an empty memory.
func (m *memory) load(data []byte) error {
	form := memoryForm{}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &form); err != nil {
			return fmt.Errorf("decode learned durations: %w", err)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.workflows = map[string]*learned{}
	for name, l := range form.Workflows {
		if l != nil && l.Seconds >= 0 {
			l.Rest = max(l.Rest, 0)
			maps.DeleteFunc(l.Steps, func(_ string, each float64) bool { return each < 0 })
			m.workflows[name] = l
		}
	}
	return nil
}

// store is the form that load reads, without workflows that are no longer
// there, so that it does not grow for ever.
func (m *memory) store(known func(name string) bool) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.workflows, func(name string, _ *learned) bool { return !known(name) })
	return json.Marshal(memoryForm{m.workflows})
}

// learn adds a run that ended well.
func (m *memory) learn(name string, run lesson) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, ok := m.workflows[name]
	if !ok {
		l = &learned{Seconds: run.total.Seconds()}
		m.workflows[name] = l
	}
	l.Runs++
	l.Seconds = mixed(l.Seconds, run.total, true)
	if !run.whole {
		return // how its time was shared is not known
	}
	if l.Nodes == nil {
		l.Nodes = map[string]float64{}
	}
	if l.Steps == nil {
		l.Steps = map[string]float64{}
	}
	for id, n := range run.nodes {
		old, known := l.Nodes[id]
		l.Nodes[id] = mixed(old, n.spent, known)
	}
	l.learnSteps(run)
}

// learnSteps tells the time of the nodes whose steps were asked for from that of
// the rest. A node that has another number of steps has it always.
func (l *learned) learnSteps(run lesson) {
	rest, before := run.total, len(l.Steps)
	for id, n := range run.nodes {
		switch old, known := l.Steps[id]; {
		case run.steps > 0 && n.steps == run.steps:
			l.Steps[id] = mixed(old, n.spent/time.Duration(n.steps), known)
			rest -= n.spent
		case known && n.steps > 0:
			delete(l.Steps, id)
		}
	}
	l.Rest = mixed(l.Rest, max(rest, 0), before > 0)
}

// mixed is what is remembered after one more value.
func mixed(old float64, d time.Duration, known bool) float64 {
	if !known {
		return d.Seconds()
	}
	return old + learning*(d.Seconds()-old)
}

// expect is how long a run of the workflow should take in which so many steps
// are asked for, 0 where it has none; false when none has ended here yet.
func (m *memory) expect(name string, steps int) (time.Duration, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, ok := m.workflows[name]
	switch {
	case !ok:
		return 0, false
	case steps <= 0 || len(l.Steps) == 0:
		return seconds(l.Seconds), true
	}
	all := l.Rest
	for _, each := range l.Steps {
		all += each * float64(steps)
	}
	return seconds(all), true
}

// typical is the mean over all workflows, for prompts of which nothing is
// known.
func (m *memory) typical() (time.Duration, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.workflows) == 0 {
		return 0, false
	}
	sum := 0.0
	for _, l := range m.workflows {
		sum += l.Seconds
	}
	return seconds(sum / float64(len(m.workflows))), true
}

// weights gives every node its expected seconds, in a run in which so many
// steps are asked for, and whether they were learned.
func (m *memory) weights(name string, steps int, nodes []workflow.BoundNode) (weights map[string]float64, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.workflows[name]
	weights = make(map[string]float64, len(nodes))
	for _, n := range nodes {
		weights[n.ID] = unknownWeight(n.Class)
		if l == nil {
			continue
		}
		if s, ok := l.node(n.ID, steps); ok {
			// A node that takes no time at all still gets a sliver of the bar.
			weights[n.ID] = max(s, 0.001)
		}
	}
	return weights, l != nil
}

// node is the seconds that are expected of a node; false when it never ran.
func (l *learned) node(id string, steps int) (float64, bool) {
	if each, ok := l.Steps[id]; ok && steps > 0 {
		return each * float64(steps), true
	}
	s, ok := l.Nodes[id]
	return s, ok
}

func unknownWeight(class string) float64 {
	if strings.Contains(class, "Sampler") {
		return unknownSampler
	}
	return unknownNode
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
