package command_test

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"discomfy/pkg/discord/command"
	"discomfy/pkg/job"
)

func TestShapesKeepTheNumberOfPixels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sides  string // of both: default, min, max, step
		aspect string
		w, h   string
	}{
		{"default: 1024, min: 256, max: 4096, step: 8", "1:1", "1024", "1024"},
		{"default: 1024, min: 256, max: 4096, step: 8", "16:9", "1368", "768"},
		{"default: 1024, min: 64, max: 4096, step: 64", "16:9", "1344", "768"},
		{"default: 1024, min: 64, max: 4096, step: 64", "9:16", "768", "1344"},
		{"default: 1024, min: 64, max: 4096, step: 64", "21:9", "1536", "640"}, // 1564 × 670
		{"default: 512, min: 64, max: 640, step: 8", "2:1", "640", "320"},      // the bound would spoil it
		{"default: 512, min: 500, max: 4096, step: 4", "1:2", "500", "1000"},   // as would the other
		{"default: 512, min: 500, max: 520, step: 4", "21:9", "520", "500"},    // nothing fits: the nearest
		{"default: 768", "3:2", "944", "624"},
		{"help: x", "1:1", "1024", "1024"}, // nothing is known
		{"default: 512, min: 64, max: 4096, step: 8", "7:5", "608", "432"},
		{"default: 512, min: 64, max: 4096, step: 8", "16/9", "680", "384"},
	} {
		m := menu(offer(t, "x", "image", fmt.Sprintf("  - {name: width, type: integer, bind: 1.a, %s}\n  - {name: height, type: integer, bind: 1.b, %s}\n", c.sides, c.sides)))
		a := must[command.Ask](t)(m.Parse(typed(t, command.Generate, str("aspect", c.aspect))))
		if a.Raw["width"] != c.w || a.Raw["height"] != c.h {
			t.Errorf("%s of %s: %s × %s, want %s × %s", c.aspect, c.sides, a.Raw["width"], a.Raw["height"], c.w, c.h)
		}
	}
}

// Whatever the bounds: the sides are allowed, and where the bounds leave room,
// shape and pixels are those wanted, to a step.
func TestAShapeIsAlwaysAllowed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		step := rapid.SampledFrom([]int{1, 2, 8, 16, 64}).Draw(r, "step")
		least := step * rapid.IntRange(1, 512/step).Draw(r, "least")
		most := least + rapid.IntRange(0, 4096).Draw(r, "room")
		usual := least + step*rapid.IntRange(0, (most-least)/step).Draw(r, "usual")
		wide, high := rapid.IntRange(1, 30).Draw(r, "wide"), rapid.IntRange(1, 30).Draw(r, "high")
		if wide > 20*high || high > 20*wide {
			r.Skip("no shape")
		}
		sides := fmt.Sprintf("default: %d, min: %d, max: %d, step: %d", usual, least, most, step)
		m := menu(offer(t, "x", "image", fmt.Sprintf("  - {name: width, type: integer, bind: 1.a, %s}\n  - {name: height, type: integer, bind: 1.b, %s}\n", sides, sides)))
		a, err := m.Parse(typed(t, command.Generate, str("aspect", fmt.Sprintf("%d:%d", wide, high))))
		if err != nil {
			r.Fatal(err)
		}
		if _, err := m.Resolve(a); err != nil {
			r.Fatalf("%v is not allowed: %v", a.Raw, err)
		}
		w, _ := strconv.ParseFloat(a.Raw["width"], 64)
		h, _ := strconv.ParseFloat(a.Raw["height"], 64)
		ratio := float64(wide) / float64(high)
		idealW := math.Sqrt(float64(usual) * float64(usual) * ratio)
		idealH := idealW / ratio
		inside := func(v float64) bool { return v >= float64(least) && v <= float64(most-step) }
		if inside(idealW) && inside(idealH) && (math.Abs(w-idealW) > float64(step) || math.Abs(h-idealH) > float64(step)) {
			r.Fatalf("%v × %v, want about %v × %v", w, h, idealW, idealH)
		}
	})
}

func TestNoShapeIsALine(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"100:1", "0:1", "1:0", "1", "1:1:1", "-1:1", "99999:9999"} {
		_, err := shop().Parse(typed(t, command.Generate, str("prompt", "x"), str("aspect", s)))
		wantError(t, err, job.CodeInvalid, "is no shape")
	}
}
