package board

import (
	"testing"
	"time"
)

// Many cards that wait cost little: the farther from its turn, the seldomer a
// card is edited.
func TestTheGapGrowsWithThePlace(t *testing.T) {
	t.Parallel()
	for place, want := range map[int]time.Duration{0: placeGap, 1: placeGap, 5: placeGap, 50: 10 * placeGap, 2000: 400 * placeGap} {
		due, ok := tempo{last: epoch, place: place}.due(shifted, false)
		if !ok || due.Sub(epoch) != want {
			t.Errorf("place %d is told after %v, want %v", place, due.Sub(epoch), want)
		}
	}
	if due, _ := (tempo{last: epoch, place: 2000}).due(begun, false); due.Sub(epoch) != beginGap {
		t.Errorf("a beginning is told after %v", due.Sub(epoch))
	}
}

func TestWhichPlacesAreWorthAnEdit(t *testing.T) {
	t.Parallel()
	start := epoch.Add(10 * time.Minute)
	for name, c := range map[string]struct {
		now, shown place
		want       bool
	}{
		"nothing is known":           {place{}, place{}, false},
		"the same":                   {place{Position: 3, Start: start}, place{Position: 3, Start: start}, false},
		"the first that is known":    {place{Position: 300}, place{}, true},
		"the next few count":         {place{Position: 9}, place{Position: 10}, true},
		"one of hundreds does not":   {place{Position: 299}, place{Position: 300}, false},
		"a tenth of them does":       {place{Position: 270}, place{Position: 300}, true},
		"backwards too":              {place{Position: 330}, place{Position: 290}, true},
		"a few seconds do not":       {place{Position: 300, Start: start.Add(9 * time.Second)}, place{Position: 300, Start: start}, false},
		"minutes do":                 {place{Position: 300, Start: start.Add(5 * time.Minute)}, place{Position: 300, Start: start}, true},
		"an estimate where none was": {place{Position: 300, Start: start}, place{Position: 300}, true},
		"no bridge":                  {place{Position: 300, Offline: true}, place{Position: 300}, true},
		"passed others":              {place{Position: 300, Raised: true}, place{Position: 300}, true},
	} {
		if got := visible(c.now, c.shown, epoch); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
