package bridge

import (
	"encoding/json"
	"testing"
	"time"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

func TestDurationsAreLearnedAndSurvive(t *testing.T) {
	t.Parallel()
	m := newMemory()
	if _, ok := m.expect("w", 0); ok {
		t.Error("something is expected of a workflow that never ran")
	}
	m.learn("w", lesson{total: 10 * time.Second, whole: true, nodes: stints{"2": {spent: 8 * time.Second}}})
	m.learn("w", lesson{total: 20 * time.Second, whole: true, nodes: stints{"2": {spent: 18 * time.Second}}})
	m.learn("gone", lesson{total: time.Second})
	data, err := m.store(func(name string) bool { return name == "w" })
	if err != nil {
		t.Fatal(err)
	}
	again := newMemory()
	if err := again.load(data); err != nil {
		t.Fatal(err)
	}
	if d, ok := again.expect("w", 0); !ok || d != 13*time.Second {
		t.Errorf("expect = %v, %v; want 13s", d, ok)
	}
	if w, known := again.weights("w", 0, sampling); !known || w["2"] != 11 || w["1"] != unknownNode {
		t.Errorf("weights = %v, %v", w, known)
	}
	if _, ok := again.expect("gone", 0); ok {
		t.Error("a workflow that is no longer there is remembered")
	}
}

func TestTypicalIsTheMean(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.learn("a", lesson{total: 10 * time.Second})
	m.learn("b", lesson{total: 20 * time.Second})
	if d, ok := m.typical(); !ok || d != 15*time.Second {
		t.Errorf("typical = %v, %v", d, ok)
	}
}

// sampled is a whole run of a sampler: three seconds, and half a second a step.
func sampled(steps int) lesson {
	sampler := time.Duration(steps) * 500 * time.Millisecond
	return lesson{
		total: 3*time.Second + sampler, whole: true, steps: steps,
		nodes: stints{"1": {spent: 2 * time.Second}, "2": {spent: sampler, steps: steps}, "3": {spent: time.Second, steps: 4}},
	}
}

// A request for four times the steps is not done in the time of the last one.
func TestARunIsExpectedToTakeAsLongAsItsSteps(t *testing.T) {
	t.Parallel()
	m := newMemory()
	for _, steps := range []int{20, 20, 5, 10} {
		m.learn("w", sampled(steps))
	}
	data, err := m.store(func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if err := m.load(data); err != nil {
		t.Fatal(err)
	}
	for _, steps := range []int{1, 20, 80} {
		want := sampled(steps).total
		if d, ok := m.expect("w", steps); !ok || d.Round(time.Millisecond) != want {
			t.Errorf("%d steps are expected to take %v, %v; want %v", steps, d, ok, want)
		}
		w, _ := m.weights("w", steps, sampling)
		if sampler, decoder := seconds(w["2"]), seconds(w["3"]); sampler.Round(time.Millisecond) != want-3*time.Second || decoder != time.Second {
			t.Errorf("%d steps: the sampler is expected to take %v, the decoder %v", steps, sampler, decoder)
		}
	}
}

func TestWhatIsNotLearnedFromSteps(t *testing.T) {
	t.Parallel()
	long := sampled(40).total
	for name, test := range map[string]struct {
		later lesson
		steps int // asked for afterwards
		want  time.Duration
	}{
		"a request without steps":            {sampled(40), 0, sampled(20).total + (long-sampled(20).total)*3/10},
		"a run of which a part was missed":   {lesson{total: time.Second, steps: 20, nodes: stints{"2": {spent: time.Second, steps: 20}}}, 40, long},
		"a run that had it all in the cache": {lesson{total: 3 * time.Second, whole: true, steps: 20, nodes: stints{}}, 40, long},
		"a node that takes as many whatever is asked for": {
			lesson{total: sampled(20).total, whole: true, steps: 30, nodes: stints{"2": {spent: 10 * time.Second, steps: 20}}}, 40, sampled(20).total,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			m.learn("w", sampled(20))
			m.learn("w", test.later)
			if d, _ := m.expect("w", test.steps); d.Round(time.Millisecond) != test.want {
				t.Errorf("expect = %v, want %v", d, test.want)
			}
		})
	}
}

func TestTheStepsOfARequest(t *testing.T) {
	t.Parallel()
	set, problems := workflow.Load(workflows.FS)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, test := range map[string]struct {
		workflow string
		params   job.Params
		want     int
	}{
		"as asked for":            {"txt2img", job.Params{"steps": json.Number("35")}, 35},
		"not a number":            {"txt2img", job.Params{"steps": "many"}, 0},
		"not a whole number":      {"txt2img", job.Params{"steps": json.Number("3.5")}, 0},
		"too large":               {"txt2img", job.Params{"steps": json.Number("1e99")}, 0},
		"absent":                  {"txt2img", nil, 0},
		"a workflow without":      {"test-pattern", job.Params{"steps": json.Number("35")}, 0},
		"a workflow that is gone": {"gone", job.Params{"steps": json.Number("35")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flow, _ := set.Get(test.workflow)
			if got := stepsOf(flow, job.Request{Workflow: test.workflow, Params: test.params}); got != test.want {
				t.Errorf("%d steps, want %d", got, test.want)
			}
		})
	}
}

func FuzzMemory(f *testing.F) {
	f.Add([]byte(`{"workflows":{"w":{"runs":1,"seconds":2,"nodes":{"1":0.5}}}}`))
	f.Add([]byte(`{"workflows":{"w":null}}`))
	f.Add([]byte(`{"workflows":{"w":{"runs":1,"seconds":2,"nodes":{"2":0.5},"steps":{"2":-0.25},"rest":-1}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := newMemory()
		if m.load(data) != nil {
			return
		}
		for _, steps := range []int{0, 1, 7} {
			if d, _ := m.expect("w", steps); d < 0 {
				t.Errorf("expect = %v at first", d)
			}
			m.learn("w", lesson{total: time.Second, whole: true, steps: steps, nodes: stints{"2": {spent: time.Second, steps: 7}}})
			if d, ok := m.expect("w", steps); !ok || d < 0 {
				t.Errorf("expect = %v, %v", d, ok)
			}
		}
	})
}
