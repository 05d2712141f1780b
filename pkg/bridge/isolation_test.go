package bridge_test

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"maps"
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
}

// observed is everything that was ever said about one job.
type observed struct {
	progress []job.Progress
	previews int
	end      job.State
	color    uint32
}

// TestJobsNeverHearOfEachOther runs 500 jobs of 20 users and holds every
// message about each against what only that job can say.
func TestJobsNeverHearOfEachOther(t *testing.T) {
	t.Parallel()
	const jobs, users = 500, 20
	s := start(t, settings{sim: comfysim.Config{Speed: 200, PreviewMethod: "latent2rgb"}})
	want := map[job.ID]expected{}
	for i := range jobs {
		e := s.distinct(i, fmt.Sprintf("user%d", i%users))
		want[e.request.ID] = e
	}
	got := s.observe(want)
	for _, complaint := range mixUps(want, got) {
		t.Error(complaint)
	}

	t.Run("the check sees a swap", func(t *testing.T) {
		byKind := map[string][]job.ID{}
		for id, e := range want {
			byKind[e.request.Workflow] = append(byKind[e.request.Workflow], id)
		}
		for kind, ids := range byKind {
			other := byKind["work"][0]
			if kind == "work" {
				other = ids[1]
			}
			swapped := maps.Clone(got)
			swapped[ids[0]], swapped[other] = got[other], got[ids[0]]
			if len(mixUps(want, swapped)) == 0 {
				t.Errorf("%s: two jobs were swapped and nothing was noticed", kind)
			}
		}
	})
}

// distinct makes the i-th job: most do work in a number of steps of their own
// and a colour of their own, some fail, some sample with previews.
func (s *stack) distinct(i int, user string) expected {
	n := strconv.Itoa(i)
	switch i % 20 {
	case 8, 18:
		return expected{request: s.request(user, "fail", map[string]string{"salt": n})}
	case 9:
		steps := 2 + i/20
		return expected{steps: steps, request: s.request(user, "txt2img", map[string]string{
			"prompt": "job " + n, "steps": strconv.Itoa(steps), "width": "64", "height": "64",
		})}
	}
	return expected{steps: 2 + i, color: uint32(i * 31), request: s.request(user, "work", map[string]string{
		"seconds": "0.4", "steps": strconv.Itoa(2 + i), "salt": n, "color": strconv.Itoa(i * 31),
	})}
}

// observe submits the jobs and listens until all have ended.
func (s *stack) observe(want map[job.ID]expected) map[job.ID]observed {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 2*time.Minute)
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
			o.previews++
			got[u.Preview.Job] = o
		case u.State != nil && u.State.Phase.Ended():
			o := got[u.State.Job]
			o.end = *u.State
			o.color = s.colorOf(*u.State)
			got[u.State.Job] = o
			open--
		}
	}
	return got
}

// colorOf is the corner of a job's first picture.
func (s *stack) colorOf(st job.State) uint32 {
	s.Helper()
	if len(st.Results) == 0 {
		return 0
	}
	picture, err := png.Decode(bytes.NewReader(s.read(st.Results[0])))
	if err != nil {
		s.Fatal(err)
	}
	r, g, b, _ := picture.At(0, 0).RGBA()
	return r>>8<<16 | g>>8<<8 | b>>8
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
		if o.previews > 0 && e.request.Workflow != "txt2img" {
			complain("%d previews of another", o.previews)
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
		if e.color != 0 && o.color != e.color {
			complain("a picture of colour %06x, its own is %06x", o.color, e.color)
		}
	}
	return out
}
