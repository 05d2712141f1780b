package bridge

import (
	"testing"
	"time"
)

func TestDurationsAreLearnedAndSurvive(t *testing.T) {
	t.Parallel()
	m := newMemory()
	if _, ok := m.expect("w"); ok {
		t.Error("something is expected of a workflow that never ran")
	}
	m.learn("w", 10*time.Second, map[string]time.Duration{"2": 8 * time.Second})
	m.learn("w", 20*time.Second, map[string]time.Duration{"2": 18 * time.Second})
	m.learn("gone", time.Second, nil)
	data, err := m.store(func(name string) bool { return name == "w" })
	if err != nil {
		t.Fatal(err)
	}
	again := newMemory()
	if err := again.load(data); err != nil {
		t.Fatal(err)
	}
	if d, ok := again.expect("w"); !ok || d != 13*time.Second {
		t.Errorf("expect = %v, %v; want 13s", d, ok)
	}
	if w, known := again.weights("w", sampling); !known || w["2"] != 11 || w["1"] != unknownNode {
		t.Errorf("weights = %v, %v", w, known)
	}
	if _, ok := again.expect("gone"); ok {
		t.Error("a workflow that is no longer there is remembered")
	}
}

func TestTypicalIsTheMean(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.learn("a", 10*time.Second, nil)
	m.learn("b", 20*time.Second, nil)
	if d, ok := m.typical(); !ok || d != 15*time.Second {
		t.Errorf("typical = %v, %v", d, ok)
	}
}

func FuzzMemory(f *testing.F) {
	f.Add([]byte(`{"workflows":{"w":{"runs":1,"seconds":2,"nodes":{"1":0.5}}}}`))
	f.Add([]byte(`{"workflows":{"w":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := newMemory()
		if m.load(data) != nil {
			return
		}
		m.learn("w", time.Second, map[string]time.Duration{"2": time.Second})
		if d, ok := m.expect("w"); !ok || d < 0 {
			t.Errorf("expect = %v, %v", d, ok)
		}
	})
}
