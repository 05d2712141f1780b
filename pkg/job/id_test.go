package job_test

import (
	"encoding/json"
	"strings"
	"testing"

	"discomfy/pkg/job"
)

func TestParseIDTakesTheCanonicalFormOnly(t *testing.T) {
	t.Parallel()
	const good = "019412ab-7c1e-7def-8a31-0123456789ab"
	tests := map[string]struct {
		in string
		ok bool
	}{
		"canonical":      {good, true},
		"upper case":     {strings.ToUpper(good), false},
		"braces":         {"{" + good + "}", false},
		"urn":            {"urn:uuid:" + good, false},
		"without dashes": {strings.ReplaceAll(good, "-", ""), false},
		"nil UUID":       {"00000000-0000-0000-0000-000000000000", false},
		"empty":          {"", false},
		"path":           {"../../etc/passwd", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := job.ParseID(test.in)
			if (err == nil) != test.ok {
				t.Fatalf("ParseID(%q): error %v", test.in, err)
			}
			if err == nil && id.String() != test.in {
				t.Errorf("String() = %q, want %q", id, test.in)
			}
		})
	}
}

func TestEveryReplicaComputesTheSameID(t *testing.T) {
	t.Parallel()
	a, b := job.FromInteraction("1312345678901234567"), job.FromInteraction("1312345678901234567")
	if a != b || a == job.FromInteraction("1312345678901234568") {
		t.Errorf("ids of interactions: %s, %s", a, b)
	}
	// Replicas of different releases must agree as well.
	if want := "dd446399-0843-5299-b20a-f6098fe4750b"; a.String() != want {
		t.Errorf("id of the interaction = %s, want %s", a, want)
	}
}

func TestAttemptsNeverShareAnID(t *testing.T) {
	t.Parallel()
	id := job.NewID()
	seen := map[string]int{}
	for n := 1; n <= 50; n++ {
		prompt := id.Attempt(n)
		if _, err := job.ParseID(prompt); err != nil {
			t.Errorf("attempt %d: %v", n, err)
		}
		if before, ok := seen[prompt]; ok {
			t.Errorf("attempts %d and %d share the id %s", before, n, prompt)
		}
		seen[prompt] = n
	}
	if id.Attempt(1) != id.String() {
		t.Errorf("the first attempt is %s, want the job's own id", id.Attempt(1))
	}
}

func TestPartitionsAreUsedEvenly(t *testing.T) {
	t.Parallel()
	var count [job.Partitions]int
	const jobs = 8000
	for range jobs {
		count[job.NewID().Partition()]++
	}
	for p, n := range count {
		if n < jobs/job.Partitions/2 || n > jobs/job.Partitions*2 {
			t.Errorf("partition %d holds %d of %d jobs", p, n, jobs)
		}
	}
}

func TestIDTravelsAsText(t *testing.T) {
	t.Parallel()
	type envelope struct {
		ID    job.ID `json:"id"`
		Group job.ID `json:"group,omitzero"`
	}
	in := envelope{ID: job.NewID()}
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "group") {
		t.Errorf("the zero id was written: %s", data)
	}
	var out envelope
	if err := json.Unmarshal(data, &out); err != nil || out != in {
		t.Errorf("round trip of %s: %+v, %v", data, out, err)
	}
	if err := json.Unmarshal([]byte(`{"id":"nonsense"}`), &out); err == nil {
		t.Error("a malformed id was read")
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("019412ab-7c1e-7def-8a31-0123456789ab")
	f.Add("{}")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := job.ParseID(s); err == nil && (id.String() != s || id.IsZero()) {
			t.Errorf("ParseID(%q) = %q", s, id)
		}
	})
}
