package board

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWhenNewsIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		news  news
		byBot bool
		after time.Duration // since the last edit
		never bool
	}{
		"nothing is never told":                           {nothing, false, 0, true},
		"a token's card follows every two seconds":        {ticked, false, tickGap, false},
		"a waiting card is calmer":                        {shifted, false, placeGap, false},
		"another phase is told soon":                      {begun, false, beginGap, false},
		"the bot's token tells a beginning":               {begun, true, beginGap, false},
		"and progress now and then":                       {ticked, true, botGap, false},
		"but no place in line: times count by themselves": {shifted, true, 0, true},
		"last words are told soon":                        {farewell, false, beginGap, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			due, ok := tempo{last: epoch}.due(c.news, c.byBot)
			if ok == c.never {
				t.Fatalf("told: %v", ok)
			}
			if ok && due.Sub(epoch) != c.after {
				t.Errorf("told after %v", due.Sub(epoch))
			}
		})
	}
}

// A card whose news never ends keeps to its rates, whatever Discord answers.
func TestTempoKeepsItsRates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var p tempo
		now := epoch
		var edits []time.Time
		for range rapid.IntRange(1, 60).Draw(t, "turns") {
			n := news(rapid.IntRange(int(shifted), int(farewell)).Draw(t, "news"))
			byBot := rapid.Bool().Draw(t, "by the bot")
			due, ok := p.due(n, byBot)
			if !ok {
				continue
			}
			if due.After(now) {
				now = due
			}
			p.begin(now)
			edits = append(edits, now)
			asked := time.Duration(rapid.IntRange(0, 8000).Draw(t, "retry after")) * time.Millisecond
			if rapid.Bool().Draw(t, "refused") {
				p.failed(now, asked)
				if next, ok := p.due(begun, false); ok && next.Sub(now) < max(asked, firstPause) {
					t.Fatalf("tried again after %v, Discord asked for %v", next.Sub(now), asked)
				}
			} else {
				p.worked()
			}
		}
		for i := 1; i < len(edits); i++ {
			if edits[i].Sub(edits[i-1]) < beginGap {
				t.Fatalf("two edits within %v", edits[i].Sub(edits[i-1]))
			}
		}
	})
}

func TestPausesGrowAndEnd(t *testing.T) {
	t.Parallel()
	last := time.Duration(0)
	for fails := 1; fails < 100; fails++ {
		d := backOff(fails)
		if d < last || d > longestPause || d < firstPause {
			t.Fatalf("pause %v after %d failures", d, fails)
		}
		last = d
	}
}
