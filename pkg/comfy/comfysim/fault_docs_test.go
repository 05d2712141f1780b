package comfysim_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"discomfy/pkg/comfy/comfysim"
)

var (
	rowNames = regexp.MustCompile("(?m)^\\| ((?:`[a-z_]+`(?:, )?)+) \\|")
	quoted   = regexp.MustCompile("`([a-z_]+)`")
)

// The page names every switch, mode, command and event, once, and nothing else.
func TestDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "faults.md"))
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, row := range rowNames.FindAllStringSubmatch(string(page), -1) {
		for _, name := range quoted.FindAllStringSubmatch(row[1], -1) {
			documented = append(documented, name[1])
		}
	}
	want := comfysim.Commands()
	for f := range reflect.TypeFor[comfysim.Faults]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		want = append(want, name)
	}
	want = append(want, "slow", "late", "drip", "fail", "refuse", "unanswered", "cut")
	want = append(want, "restart", "queued", "deleted", "started", "ended", "hang", "history_cleared", "free")
	slices.Sort(want)
	slices.Sort(documented)
	if !slices.Equal(documented, want) {
		t.Errorf("the page tells\n%q\nthere is\n%q", documented, want)
	}
}
