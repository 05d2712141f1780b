package board

import (
	"context"
	"errors"
	"sync"
	"time"

	"discomfy/pkg/discord/api"
)

const (
	// muteAfter is how long Discord may be silent to us before the cards are
	// left to other replicas, which may reach it.
	muteAfter = 10 * time.Second
	// muteCalls is how many calls must have failed in that time.
	muteCalls = 3
	// probeEvery is how often we try to reach it again.
	probeEvery = 2 * time.Second
)

// line is our way to Discord, as far as the calls of the cards tell.
type line struct {
	Discord
	now   func() time.Time
	mu    sync.Mutex
	since time.Time // of the first failure in a row; zero where the last call was answered
	fails int
	mute  chan struct{} // closed when Discord is not reached any more
}

func newLine(to Discord) *line { return &line{Discord: to, now: time.Now, mute: make(chan struct{})} }

// heard notes what became of a call. Every answer is a good one, whatever it
// says.
func (l *line) heard(ctx context.Context, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if api.KindOf(err) != api.Down {
		l.since, l.fails = time.Time{}, 0
		return
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return // it was us who gave up; that its time is over is a call's failure
	}
	if l.fails++; l.fails == 1 {
		l.since = l.now()
	}
	if l.fails >= muteCalls && l.now().Sub(l.since) >= muteAfter {
		select {
		case <-l.mute:
		default:
			close(l.mute)
		}
	}
}

// lost is closed when Discord is not reached any more.
func (l *line) lost() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mute
}

// reachable reports whether Discord is reached, as far as we know.
func (l *line) reachable() bool {
	select {
	case <-l.lost():
		return false
	default:
		return true
	}
}

// recover waits until Discord is reached again, or ctx ends.
func (l *line) recover(ctx context.Context) {
	for {
		if sleep(ctx, probeEvery) != nil {
			return
		}
		if _, err := l.Application(ctx); api.KindOf(err) != api.Down {
			break
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since, l.fails, l.mute = time.Time{}, 0, make(chan struct{})
}

// EditOriginal, and what follows, are calls whose fate is noted.
func (l *line) EditOriginal(ctx context.Context, t api.Token, m api.Message) (api.Posted, error) {
	p, err := l.Discord.EditOriginal(ctx, t, m)
	l.heard(ctx, err)
	return p, err
}

// Followup posts another answer to an interaction.
func (l *line) Followup(ctx context.Context, t api.Token, m api.Message) (api.Posted, error) {
	p, err := l.Discord.Followup(ctx, t, m)
	l.heard(ctx, err)
	return p, err
}

// Edit edits a message by the bot's token.
func (l *line) Edit(ctx context.Context, channel, message string, m api.Message) (api.Posted, error) {
	p, err := l.Discord.Edit(ctx, channel, message, m)
	l.heard(ctx, err)
	return p, err
}

// Post sends a message.
func (l *line) Post(ctx context.Context, channel string, m api.Message) (api.Posted, error) {
	p, err := l.Discord.Post(ctx, channel, m)
	l.heard(ctx, err)
	return p, err
}
