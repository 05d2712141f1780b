package delivery_test

import (
	"bytes"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/discord/delivery"
)

// Of all pictures that are to be made smaller, checked or masked at the same
// time as many are decoded as is set, whatever asks for it: what each takes of
// memory is bounded, so that what all take is.
func TestPicturesAreDecodedInTurns(t *testing.T) { // alone: it looks at the goroutines of the process
	for name, turns := range map[string]int{"one at a time": 1, "two at a time": 2} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			data := pngOf(t, noise(400, 400))
			for range 2 {
				f.add("a.png", "image/png", data)
			}
			p := f.preparer(delivery.Config{Pictures: turns})
			var group sync.WaitGroup
			for range 3 {
				group.Go(func() {
					plan, err := p.Prepare(t.Context(), f.order, delivery.Place{Limit: int64(len(data)) / 4})
					if err != nil {
						t.Error(err)
						return
					}
					_ = plan.Close()
				})
				group.Go(func() { checkAndMask(t, p, data) })
			}
			done := make(chan struct{})
			go func() { defer close(done); group.Wait() }()
			if most := mostAtWork(done); most != turns {
				t.Errorf("%d pictures were decoded at the same time, want %d", most, turns)
			}
		})
	}
}

func checkAndMask(t *testing.T, p *delivery.Preparer, data []byte) {
	t.Helper()
	in, err := p.Input(t.Context(), bytes.NewReader(data))
	if err != nil {
		t.Error(err)
		return
	}
	if _, err := p.Mask(t.Context(), in, in); err != nil {
		t.Error(err)
	}
	if _, err := p.Lightness(t.Context(), in, in); err != nil {
		t.Error(err)
	}
}

// mostAtWork looks, again and again, how many goroutines decode or encode a
// picture, until done.
func mostAtWork(done <-chan struct{}) (most int) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	stacks := make([]byte, 4<<20)
	for {
		select {
		case <-done:
			return most
		case <-tick.C:
		}
		n := 0
		for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			for _, call := range []string{"Decode(", "FitFile(", "WithMask(", "Lightness(", "EncodePNG(", "Plain("} {
				if strings.Contains(stack, "discomfy/pkg/picture."+call) {
					n++
					break
				}
			}
		}
		most = max(most, n)
	}
}
