package comfysim

import (
	"bytes"
	"testing"
)

// Whatever is taken can be told and taken again.
func FuzzFaults(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"oom_next": 2, "silence": true, "client": "a"}`, `{"history_delay": "1.5s"}`, `{"oom_next": -1}`, `[]`, `{} {}`, `null`,
		`{"http": [{"route": "POST /prompt", "mode": "late", "delay": "1h", "times": 3}, {"route": "*", "mode": "fail", "status": 502}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := newFaultBox(Faults{})
		if err != nil {
			t.Fatal(err)
		}
		if b.change(func(f *Faults) error { return f.merge(data) }) != nil {
			if told := encode(b.get()); string(told) != "{}" {
				t.Errorf("refused, but changed: %s", told)
			}
			return
		}
		told := encode(b.get())
		if err := b.change(func(f *Faults) error { *f = Faults{}; return f.merge(told) }); err != nil {
			t.Fatalf("%s: %v", told, err)
		}
		if again := encode(b.get()); !bytes.Equal(told, again) {
			t.Errorf("%s became %s", told, again)
		}
	})
}
