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
	Seconds float64            `json:"seconds"` // of a whole run
	Nodes   map[string]float64 `json:"nodes"`   // seconds by node id, of runs in which the node was not cached
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
func (m *memory) learn(name string, total time.Duration, nodes map[string]time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, ok := m.workflows[name]
	if !ok {
		l = &learned{Seconds: total.Seconds()}
		m.workflows[name] = l
	}
	if l.Nodes == nil {
		l.Nodes = map[string]float64{}
	}
	l.Runs++
	l.Seconds += learning * (total.Seconds() - l.Seconds)
	for id, d := range nodes {
		old, ok := l.Nodes[id]
		if !ok {
			old = d.Seconds()
		}
		l.Nodes[id] = old + learning*(d.Seconds()-old)
	}
}

// expect is how long a run of the workflow should take; false when none has
// ended here yet.
func (m *memory) expect(name string) (time.Duration, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, ok := m.workflows[name]
	if !ok {
		return 0, false
	}
	return seconds(l.Seconds), true
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

// weights gives every node its expected seconds, and whether they were learned.
func (m *memory) weights(name string, nodes []workflow.BoundNode) (weights map[string]float64, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.workflows[name]
	weights = make(map[string]float64, len(nodes))
	for _, n := range nodes {
		weights[n.ID] = unknownWeight(n.Class)
		if l == nil {
			continue
		}
		if s, ok := l.Nodes[n.ID]; ok {
			// A node that takes no time at all still gets a sliver of the bar.
			weights[n.ID] = max(s, 0.001)
		}
	}
	return weights, l != nil
}

func unknownWeight(class string) float64 {
	if strings.Contains(class, "Sampler") {
		return unknownSampler
	}
	return unknownNode
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
