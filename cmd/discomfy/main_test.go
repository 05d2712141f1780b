package main

import (
	"context"
	"strings"
	"testing"
)

func TestAfterCtrlCTheLineOfTheTerminalEnds(t *testing.T) {
	t.Parallel()
	interrupted, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	for name, tc := range map[string]struct {
		ctx      context.Context
		terminal bool
		err      error
		want     string
		code     int
	}{
		"Ctrl-C, nothing to say":     {interrupted, true, nil, "\n", exitOK},
		"Ctrl-C, something to say":   {interrupted, true, endedError{exitInterrupted, "stopped"}, "\ndiscomfy: stopped\n", exitInterrupted},
		"a signal without terminal":  {interrupted, false, nil, "", exitOK},
		"an end without interrupted": {t.Context(), true, nil, "", exitOK},
	} {
		var told strings.Builder
		if code := finish(tc.ctx, &told, tc.terminal, tc.err); code != tc.code || told.String() != tc.want {
			t.Errorf("%s: exit code %d, said %q; want %d, %q", name, code, told.String(), tc.code, tc.want)
		}
	}
}
