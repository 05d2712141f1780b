//go:build failpoints && linux

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFailpointsAreReadFromTheEnvironment(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                          "",
		"a.b=kill":                  "",
		"a.b=freeze@3,c=delay:10ms": "",
		"a.b":                       "not point=action",
		"=kill":                     "not point=action",
		"a=explode":                 "unknown action",
		"a=kill@0":                  "no count",
		"a=delay:soon":              "invalid duration",
	} {
		_, err := failpoints(func(name string) string { return map[string]string{failpointList: text}[name] })
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestADelayComesAtItsPassingAndEveryPassingIsLogged(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "points")
	synctest.Test(t, func(t *testing.T) {
		hook, err := failpoints(func(name string) string {
			return map[string]string{failpointList: "here=delay:1h@2", failpointLog: log}[name]
		})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		for i, point := range []string{"here", "there", "here", "here"} {
			hook(context.Background(), point)
			if want := i >= 2; (time.Since(begin) == time.Hour) != want {
				t.Errorf("after passing %d points %v went by", i+1, time.Since(begin))
			}
		}
	})
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var passed []string
	for line := range strings.Lines(string(data)) {
		passed = append(passed, strings.Fields(line)[1])
	}
	if got := strings.Join(passed, " "); got != "here there here here" {
		t.Errorf("logged %q", got)
	}
}
