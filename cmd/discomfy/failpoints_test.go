//go:build linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A build with the tag shows that the test would find them.
func TestAReleaseBuildHasNoFailpoints(t *testing.T) {
	t.Parallel()
	variable := []byte(strings.Join([]string{"DISCOMFY", "FAILPOINT"}, "_"))
	for _, tt := range []struct {
		tags string
		want bool
	}{{"", false}, {"failpoints", true}} {
		program := filepath.Join(t.TempDir(), "discomfy")
		build := exec.CommandContext(t.Context(), "go", "build", "-tags", tt.tags, "-o", program, ".")
		build.Env = append(os.Environ(), "GOFLAGS=")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		data, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(data, variable); got != tt.want {
			t.Errorf("built with the tags %q, the program knows %s: %v, want %v", tt.tags, variable, got, tt.want)
		}
	}
}
