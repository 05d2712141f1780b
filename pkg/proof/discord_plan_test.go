//go:build linux

package proof_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// How many people and places there are.
const (
	mostPeople = 12
	mostPlaces = 6
)

// gathering is a campaign with people before it begins.
type gathering struct {
	asks   []ask
	faults []mishap
	jobs   []order // of the terminal, beside them
}

// ask is what somebody wants of the bot.
type ask struct {
	person, place int // place -1 is the direct messages
	command       string
	options       map[string]any
	picture       bool // attached as the option image
	private       bool
	then          deed          // what the person does later
	after         time.Duration // how much later
}

// deed is what somebody does with the card of their job.
type deed string

const (
	nothingMore deed = ""
	cancels     deed = "cancel"  // while it may still wait or run
	removes     deed = "remove"  // the message, as a moderator does
	refreshes   deed = "refresh" // a card that only they can have refreshed
	varies      deed = "vary"    // the others: once it is done
	upscales    deed = "upscale"
	redoes      deed = "redo"
	shows       deed = "show"
)

// mishap is a fault, of those that strike people's side or of the others.
type mishap struct {
	fault

	who int // the replica that is meant, where one is
}

func (m mishap) String() string {
	if strings.Contains(m.kind, "ingress") {
		return fmt.Sprintf("%s (%d)", m.fault, m.who)
	}
	return m.fault.String()
}

func (g gathering) long() bool { return len(g.asks) >= longParty }

// newGathering draws a campaign; a sixth of its jobs is asked for by the
// terminal.
func newGathering(seed uint64, asks, faults int) gathering {
	var g gathering
	r := rand.New(rand.NewPCG(seed, 2))
	for range asks {
		g.asks = append(g.asks, newAsk(r))
	}
	for range asks / 6 {
		o := newOrder(r)
		o.old = o.old && g.long()
		g.jobs = append(g.jobs, o)
	}
	for i := range faults {
		g.faults = append(g.faults, newMishap(r, asks, i))
	}
	slices.SortStableFunc(g.faults, func(a, b mishap) int { return a.at - b.at })
	return g
}

// hostile is what people type who want to bother others.
var hostile = []string{"", "", "", " @everyone", " <@1>", " <@&2> @here", " `code` **bold** [link](https://example.org)"}

func newAsk(r *rand.Rand) ask {
	a := ask{person: r.IntN(mostPeople), place: r.IntN(mostPlaces), options: map[string]any{}}
	if r.IntN(8) == 0 {
		a.place = -1
	}
	size := 64 + 8*r.IntN(8)
	switch n := r.IntN(20); {
	case n < 13:
		a.command = "generate"
		a.options["prompt"] = fmt.Sprintf("fish %d%s", r.IntN(1000), hostile[r.IntN(len(hostile))])
		a.options["workflow"], a.options["steps"], a.options["seed"] = "txt2img", 2+r.IntN(20), r.IntN(1<<31)
		a.options["width"], a.options["height"] = size, size
		if r.IntN(4) == 0 {
			a.options["batch"] = 3
		}
	case n < 15:
		a.command = "generate"
		a.options["workflow"], a.options["width"], a.options["height"] = "test-pattern", size, size
	case n < 18:
		a.command, a.picture = "upscale", true
		a.options["factor"] = 2
	default:
		a.command = "animate"
		a.options["workflow"], a.options["frames"] = "test-video", 2+r.IntN(6)
		a.options["width"], a.options["height"] = 64, 64
	}
	if a.private = r.IntN(8) == 0; a.private {
		a.options["private"] = true
	}
	a.then, a.after = newDeed(r, a), time.Duration(1+r.IntN(1500))*time.Millisecond
	return a
}

func newDeed(r *rand.Rand, a ask) deed {
	switch n := r.IntN(24); {
	case n < 2:
		return cancels
	case n == 2 && !a.private:
		return removes
	case n == 3:
		return refreshes
	case n < 6:
		return varies
	case n < 8 && a.command != "animate":
		return upscales
	case n == 8:
		return redoes
	case n == 9:
		return shows
	}
	return nothingMore
}

// newMishap draws three of people's side, and then one of the others.
func newMishap(r *rand.Rand, asks, i int) mishap {
	if i%4 == 3 {
		f := newFault(r, asks, i)
		for asks < longParty && f.point != "" {
			f = newFault(r, asks, i)
		}
		f.old = f.old && asks >= longParty
		return mishap{fault: f}
	}
	kinds := kindsFor(asks, i%4 == 0)
	k := kinds[r.IntN(len(kinds))]
	m := mishap{fault: fault{at: r.IntN(max(1, asks*9/10)), kind: k.name}, who: r.IntN(replicas)}
	m.span = k.least + time.Duration(r.Int64N(int64(k.most-k.least)+1)).Round(time.Millisecond)
	return m
}

// kindsFor are the kinds that a campaign of that length has time for; those that
// strike whole replicas, where such are meant.
func kindsFor(asks int, ingress bool) []mishapKind {
	return slices.DeleteFunc(slices.Clone(mishapKinds), func(k mishapKind) bool {
		rare := k.most > 3*time.Second || strings.Contains(k.name, atPoint) || strings.Contains(k.name, aPicture)
		return asks < longParty && rare || ingress && !strings.Contains(k.name, "ingress")
	})
}

func TestTheGatheringIsMadeBySeed(t *testing.T) {
	t.Parallel()
	one, same, other := newGathering(7, 200, 60), newGathering(7, 200, 60), newGathering(8, 200, 60)
	allow := cmp.AllowUnexported(gathering{}, ask{}, mishap{}, fault{}, order{})
	if diff := cmp.Diff(one, same, allow); diff != "" {
		t.Errorf("the same seed made another gathering:\n%s", diff)
	}
	if cmp.Equal(one, other, allow) {
		t.Error("another seed made the same gathering")
	}
}
