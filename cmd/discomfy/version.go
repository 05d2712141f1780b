package main

import (
	"fmt"
	"runtime/debug"
	"strings"
)

type versionCommand struct{}

// Run shows what this program was built from.
func (versionCommand) Run(s *session) error {
	if _, err := fmt.Fprintln(s.stdout, version()); err != nil {
		return fmt.Errorf("write version: %w", err)
	}
	return nil
}

// version is the module's version, the commit where it is known, and Go's.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "discomfy, built without module information"
	}
	words := []string{"discomfy", info.Main.Version}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			words = append(words, "commit", setting.Value[:min(12, len(setting.Value))])
		}
	}
	return strings.Join(append(words, "built with", info.GoVersion), " ")
}
