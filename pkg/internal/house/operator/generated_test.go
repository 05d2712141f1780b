package operator_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the generated parts of the pages anew")

// A document has parts that are generated, between <!-- name:begin --> and
// <!-- name:end -->.
type document struct {
	path string
	mu   *sync.Mutex // one part is written at a time
}

var readme = document{path: filepath.FromSlash("../../../../README.md"), mu: new(sync.Mutex)}

// compare fails the test where a part is not what it should be, or writes it.
func (d document) compare(t *testing.T, part, want string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	data, err := os.ReadFile(d.path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+part+":begin -->\n", "<!-- "+part+":end -->"
	before, rest, begins := strings.Cut(string(data), begin)
	is, after, ends := strings.Cut(rest, end)
	switch {
	case !begins || !ends:
		t.Fatalf("%s lacks %q or %q", d.path, begin, end)
	case *update:
		if err := os.WriteFile(d.path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	case is != want:
		t.Errorf("the part %q of %s is not current: run make docs (-is +want)\n%s", part, d.path, cmp.Diff(is, want))
	}
}
