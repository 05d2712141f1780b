package job_test

import (
	"strings"
	"testing"

	"discomfy/pkg/job"
)

func TestUsersBecomeSubjectTokens(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind, id string
		want     string
	}{
		"a snowflake":      {"discord", "80351110224678912", "discord-80351110224678912"},
		"a plain name":     {"terminal", "ann", "terminal-ann"},
		"a space":          {"terminal", "ann b", "terminal-ann_20b"},
		"an underscore":    {"terminal", "a_b", "terminal-a_5fb"},
		"wildcards":        {"terminal", "*.>", "terminal-_2a_2e_3e"},
		"another alphabet": {"terminal", "ü", "terminal-_c3_bc"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := job.NewUser(test.kind, test.id)
			if err != nil || string(got) != test.want {
				t.Errorf("NewUser(%q, %q) = %q, %v; want %q", test.kind, test.id, got, err, test.want)
			}
		})
	}
	if u, err := job.NewUser("terminal", strings.Repeat("x", 200)); err == nil {
		t.Errorf("a name that does not fit became %q", u)
	}
}

func TestQueueNames(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "a.b", "a b", "*", ">", "é", strings.Repeat("q", 129)} {
		if _, err := job.ParseQueue(bad); err == nil {
			t.Errorf("the queue name %q was accepted", bad)
		}
	}
	if q, err := job.ParseQueue("gpu-0_A"); err != nil || q != "gpu-0_A" {
		t.Errorf("ParseQueue = %q, %v", q, err)
	}
}

func FuzzNewUserIsInjective(f *testing.F) {
	f.Add("a", "b")
	f.Add("a_5f", "a_")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, errA := job.NewUser("k", a)
		y, errB := job.NewUser("k", b)
		if errA == nil && errB == nil && (x == y) != (a == b) {
			t.Errorf("%q and %q became %q and %q", a, b, x, y)
		}
	})
}
