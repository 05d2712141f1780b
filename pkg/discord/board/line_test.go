package board

import (
	"context"
	"errors"
	"testing"
	"time"

	"discomfy/pkg/discord/api"
)

func TestALineIsLostAfterAWhileOfSilence(t *testing.T) {
	t.Parallel()
	now := epoch
	l := newLine(nil)
	l.now = func() time.Time { return now }
	down := &api.Error{Kind: api.Down}
	ctx := t.Context()
	for range 20 {
		l.heard(ctx, down)
	}
	if !l.reachable() {
		t.Fatal("lost at once")
	}
	now = now.Add(muteAfter)
	l.heard(ctx, &api.Error{Kind: api.Gone})
	l.heard(ctx, down)
	if !l.reachable() {
		t.Fatal("lost although Discord has answered")
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	now = now.Add(muteAfter)
	l.heard(gone, errors.Join(down, gone.Err()))
	l.heard(ctx, down)
	if !l.reachable() {
		t.Fatal("lost by what we gave up")
	}
	l.heard(ctx, down)
	if l.reachable() {
		t.Fatal("not lost")
	}
}
