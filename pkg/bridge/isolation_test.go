package bridge_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/jpeg" // of previews
	"image/png"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/job"
)

// expected is how one job can be told from every other.
type expected struct {
	request job.Request
	steps   int    // of the node with steps, no other job of its kind has as many
	color   uint32 // of the picture, 0xRRGGBB; of work only
	width   int    // of the picture in pixels, and so of its previews; of txt2img only
}

// height of the pictures that are told by their width, in pixels.
const height = 64

// previews reports whether a preview of that size can be of this job: ComfyUI
// scales it to the width of 512 pixels, as high as the picture is in proportion.
func (e expected) previews(size image.Point) bool {
	return e.width > 0 && size.X == 512 && math.Abs(float64(size.Y)-512*height/float64(e.width)) <= 1
}

// observed is everything that was ever said about one job.
type observed struct {
	progress []job.Progress
	previews []image.Point // sizes
	end      job.State
	picture
}

// picture is what a result shows.
type picture struct {
	color uint32 // of its corner, 0xRRGGBB
	size  image.Point
}

// TestJobsNeverHearOfEachOther runs 500 jobs of 20 users and holds every
// message about each against what only that job can say.
func TestJobsNeverHearOfEachOther(t *testing.T) {
	t.Parallel()
	const jobs, users = 500, 20
	s := start(t, settings{sim: comfysim.Config{Speed: 200, StepTime: 3 * time.Second, Stride: 20, PreviewMethod: "latent2rgb"}})
	want := map[job.ID]expected{}
	for i := range jobs {
		e := s.distinct(i, fmt.Sprintf("user%d", i%users))
		want[e.request.ID] = e
	}
	got := s.observe(want)
	for _, complaint := range mixUps(want, got) {
		t.Error(complaint)
	}

	heard := 0
	for _, o := range got {
		heard += len(o.previews)
	}
	if heard == 0 {
		t.Error("no preview was heard")
	}

	swaps := map[string]func(a, b *observed){
		"progress": func(a, b *observed) { a.progress, b.progress = b.progress, a.progress },
		"previews": func(a, b *observed) { a.previews, b.previews = b.previews, a.previews },
		"end":      func(a, b *observed) { a.end, b.end = b.end, a.end },
		"pictures": func(a, b *observed) { a.picture, b.picture = b.picture, a.picture },
	}
	for name, swap := range swaps {
		t.Run("the check sees a swap of "+name, func(t *testing.T) {
			checkSeesSwap(t, want, got, swap)
		})
	}
}

// checkSeesSwap exchanges one thing between two jobs of the same kind, for every
// kind of which two jobs have it, and holds that this is noticed.
func checkSeesSwap(t *testing.T, want map[job.ID]expected, got map[job.ID]observed, swap func(a, b *observed)) {
	first, tried := map[string]job.ID{}, 0
	for id, e := range want {
		one, ok := first[e.request.Workflow]
		if !ok {
			first[e.request.Workflow] = id
			continue
		}
		a, b := got[one], got[id]
		swap(&a, &b)
		if reflect.DeepEqual(a, got[one]) { // neither has any
			continue
		}
		swapped := maps.Clone(got)
		swapped[one], swapped[id] = a, b
		if tried++; len(mixUps(want, swapped)) == 0 {
			t.Errorf("two jobs of %s were swapped and nothing was noticed", e.request.Workflow)
		}
	}
	if tried == 0 {
		t.Error("there was nothing to swap")
	}
}

// distinct makes the i-th job: most do work in a number of steps of their own
// and a colour of their own, some fail, some sample with previews.
func (s *stack) distinct(i int, user string) expected {
	n := strconv.Itoa(i)
	switch i % 40 {
	case 8, 18, 28, 38:
		return expected{request: s.request(user, "fail", map[string]string{"salt": n})}
	case 9: // long enough for previews
		steps, width := 10+i/20, 64+8*(i/20)
		return expected{steps: steps, width: width, request: s.request(user, "txt2img", map[string]string{
			"prompt": "job " + n, "steps": strconv.Itoa(steps), "width": strconv.Itoa(width), "height": strconv.Itoa(height),
		})}
	}
	return expected{steps: 2 + i, color: uint32(i * 31), request: s.request(user, "work", map[string]string{
		"seconds": "0.4", "steps": strconv.Itoa(2 + i), "salt": n, "color": strconv.Itoa(i * 31),
	})}
}

// observe submits the jobs and listens until all have ended.
func (s *stack) observe(want map[job.ID]expected) map[job.ID]observed {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 5*time.Minute)
	defer cancel()
	updates, err := s.broker.Follow(ctx, job.DefaultQueue, slices.Collect(maps.Keys(want))...)
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range want {
		s.submit(e.request)
	}
	got := map[job.ID]observed{}
	for open := len(want); open > 0; {
		u, ok := <-updates
		if !ok {
			s.Fatalf("%d jobs have not ended\n%.4000s", open, s.log)
		}
		switch {
		case u.Progress != nil:
			o := got[u.Progress.Job]
			o.progress = append(o.progress, *u.Progress)
			got[u.Progress.Job] = o
		case u.Preview != nil:
			o := got[u.Preview.Job]
			preview, _, err := image.DecodeConfig(bytes.NewReader(u.Preview.Data))
			if err != nil {
				s.Errorf("preview of job %s: %v", u.Preview.Job, err)
			}
			o.previews = append(o.previews, image.Pt(preview.Width, preview.Height))
			got[u.Preview.Job] = o
		case u.State != nil && u.State.Phase.Ended():
			o := got[u.State.Job]
			o.end = *u.State
			o.picture = s.look(*u.State)
			got[u.State.Job] = o
			open--
		}
	}
	return got
}

// look is at a job's first picture; the zero picture when there is none.
func (s *stack) look(st job.State) picture {
	s.Helper()
	if len(st.Results) == 0 {
		return picture{}
	}
	decoded, err := png.Decode(bytes.NewReader(s.read(st.Results[0])))
	if err != nil {
		s.Fatal(err)
	}
	r, g, b, _ := decoded.At(0, 0).RGBA()
	return picture{color: r>>8<<16 | g>>8<<8 | b>>8, size: decoded.Bounds().Size()}
}

// mixUps names everything that was said about a job and belongs to another.
func mixUps(want map[job.ID]expected, got map[job.ID]observed) []string {
	var out []string
	for id, e := range want {
		o := got[id]
		complain := func(format string, args ...any) {
			out = append(out, fmt.Sprintf("job %s (%s): ", id, e.request.Workflow)+fmt.Sprintf(format, args...))
		}
		for _, p := range o.progress {
			if p.Job != id || p.Steps != 0 && p.Steps != e.steps {
				complain("progress of another: %+v, its own has %d steps", p, e.steps)
			}
		}
		for _, size := range o.previews {
			if !e.previews(size) {
				complain("a preview of %v, its own picture is %d wide", size, e.width)
			}
		}
		if o.end.Job != id || o.end.Request == nil || o.end.Request.ID != id || o.end.Request.User != e.request.User {
			complain("the record of another: %+v", o.end)
		}
		if failed := o.end.Phase == job.Failed; failed != (e.request.Workflow == "fail") {
			complain("ended as %s, %v", o.end.Phase, o.end.Error)
		}
		for _, r := range o.end.Results {
			if !strings.HasPrefix(r.Name, id.String()+"/") {
				complain("the file of another: %s", r.Name)
			}
		}
		if e.color != 0 && o.color != e.color || e.width != 0 && o.size != image.Pt(e.width, height) {
			complain("a picture %+v, its own has the colour %06x or the width %d", o.picture, e.color, e.width)
		}
	}
	return out
}
