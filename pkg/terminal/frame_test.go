package terminal

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/job"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// noon is the present of the golden frames.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// askedBy is a request with an id of its own for each user.
func askedBy(t testing.TB, user, prompt string) job.Request {
	t.Helper()
	u, err := job.NewUser("terminal", user)
	if err != nil {
		t.Fatal(err)
	}
	return job.Request{
		ID: job.FromInteraction(user), Queue: job.DefaultQueue, User: u, Workflow: "txt2img", Created: noon(),
		Params: job.Params{"prompt": prompt, "seed": json.Number("8123")},
	}
}

func snapshotOf(running, waiting []job.Request, seconds ...float64) job.Snapshot {
	s := job.Snapshot{Queue: job.DefaultQueue, Epoch: 1}
	place := func(r job.Request) job.Place {
		p := job.Place{Job: r.ID, User: r.User, Workflow: r.Workflow}
		if len(seconds) > 0 {
			p.Seconds, seconds = seconds[0], seconds[1:]
		}
		return p
	}
	for _, r := range running {
		s.Running = append(s.Running, place(r))
	}
	for _, r := range waiting {
		s.Waiting = append(s.Waiting, place(r))
	}
	return s
}

func progressOf(r job.Request, percent float64, step int) job.Progress {
	return job.Progress{
		Job: r.ID, Epoch: 1, Attempt: 1, Percent: percent, Node: "3", Title: "KSampler", Step: step, Steps: 20,
		Started: noon().Add(-3400 * time.Millisecond), At: noon(), ETA: noon().Add(2 * time.Second),
	}
}

func endOf(r job.Request, phase job.Phase, e *job.Error) job.State {
	return job.State{
		Job: r.ID, Phase: phase, At: noon(), Epoch: 1, Attempt: 1, Request: &r, Error: e,
		Timings: &job.Timings{Created: noon().Add(-10 * time.Second), Started: noon().Add(-4 * time.Second), Ended: noon()},
		Nodes:   &job.Nodes{Total: 7, Done: 5, Cached: 2},
	}
}

const hostile = "\x1b[2J\x1b]0;owned\x07fox\r\n\u202e" + "🦊狐"

// scenes are boards in each state that a person can meet.
func scenes(t testing.TB) map[string]*board {
	ann, bob := askedBy(t, "ann", "a lighthouse at dusk, oil painting"), askedBy(t, "bob", "a red fox asleep in the snow")
	scene := func(steps ...func(b *board)) *board {
		b := newBoard([]job.Request{ann, bob})
		for _, step := range steps {
			step(b)
		}
		return b
	}
	waiting := func(b *board) { b.snapshot(snapshotOf(nil, []job.Request{bob, ann}, 0, 6), noon()) }
	running := func(b *board) {
		b.snapshot(snapshotOf([]job.Request{bob}, []job.Request{ann}, 2, 2.2), noon())
		b.progress(progressOf(bob, 58.3, 12), noon())
	}
	end := func(r job.Request, phase job.Phase, e *job.Error, err error, files ...Saved) func(*board) {
		return func(b *board) {
			s := endOf(r, phase, e)
			if phase == job.Cancelled {
				s.Stop = &job.Stop{Code: job.CodeCancelled, By: string(bob.User)}
			}
			b.state(s, noon())
			b.saved(r.ID, files, err, noon())
		}
	}
	file := Saved{Path: "pictures/fox_00001_.png", Type: "image/png", Size: 412_345}
	return map[string]*board{
		"handed in": scene(),
		"waiting":   scene(waiting),
		"running":   scene(waiting, running),
		"no title":  scene(func(b *board) { b.progress(job.Progress{Job: ann.ID, Attempt: 1, Percent: 3, At: noon()}, noon()) }),
		"trying once more": scene(running, func(b *board) {
			b.state(job.State{Job: bob.ID, Phase: job.Submitted, Attempt: 2, Note: "out of memory, trying once more"}, noon())
		}),
		"stopping":       scene(running, func(b *board) { b.state(job.State{Job: bob.ID, Phase: job.Stopping, Attempt: 1}, noon()) }),
		"bridge offline": scene(waiting, func(b *board) { b.answered(&job.Error{Code: job.CodeBridgeOffline}, noon()) }),
		"NATS is away":   scene(waiting, func(b *board) { b.answered(errors.New("timeout"), noon()) }),
		"ComfyUI is away": scene(func(b *board) {
			s := snapshotOf(nil, []job.Request{bob, ann})
			s.Server = "ComfyUI does not answer at http://gpu:8188"
			b.snapshot(s, noon())
		}),
		"fetching": scene(func(b *board) { b.state(endOf(ann, job.Done, nil), noon()) }),
		"done":     scene(end(ann, job.Done, nil, nil, file, file), end(bob, job.Done, nil, nil)),
		"failed": scene(
			end(ann, job.Failed, &job.Error{Code: job.CodeOutOfMemory, Title: "KSampler", Message: "tried to allocate 20.00 GiB"}, nil),
			end(bob, job.Rejected, &job.Error{Code: job.CodeMissingModel, Input: "checkpoint", Message: `the server has no "sdxl.safetensors"; it has tiny.safetensors`}, nil)),
		"cancelled": scene(end(ann, job.Cancelled, &job.Error{Code: job.CodeCancelled}, nil)),
		"unsaved":   scene(end(ann, job.Done, nil, errors.New("write result: no space left on device"))),
		"hostile": func() *board {
			eve := askedBy(t, hostile, hostile)
			eve.Workflow = hostile
			b := newBoard([]job.Request{eve, ann})
			p := progressOf(eve, 40, 8)
			p.Title = hostile + strings.Repeat("x", 10_000)
			b.progress(p, noon())
			b.state(endOf(ann, job.Failed, &job.Error{Code: job.CodeNodeFailed, Title: hostile, Message: hostile}), noon())
			b.saved(ann.ID, nil, nil, noon())
			return b
		}(),
	}
}

// picture is all that the scene shows: the ended jobs, then the frame.
func picture(b *board, width int, p paint) string {
	var out strings.Builder
	for _, e := range b.entries {
		if e.final {
			out.WriteString(strings.Join(e.ending(width, p), "\n") + "\n")
		}
	}
	out.WriteString(strings.Join(b.frame(noon().Add(200*time.Millisecond), width, 24, p), "\n"))
	return strings.TrimRight(out.String(), "\n") + "\n"
}

func TestFramesLookAsTheyShould(t *testing.T) {
	t.Parallel()
	for name, b := range scenes(t) {
		for _, width := range []int{40, 80, 120} {
			t.Run(fmt.Sprintf("%s at %d", name, width), func(t *testing.T) {
				golden := filepath.Join("testdata", "frames", fmt.Sprintf("%s-%d.txt", strings.ReplaceAll(name, " ", "-"), width))
				got := picture(b, width, paint{})
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("%s differs (-want +got), -update writes it anew:\n%s", golden, diff)
				}
			})
		}
	}
}

func TestFramesFitTheTerminal(t *testing.T) {
	t.Parallel()
	for name, b := range scenes(t) {
		for width := minWidth; width <= 160; width++ {
			for _, line := range b.frame(noon(), width, 24, paint{color: true}) {
				if got := ansi.StringWidth(line); got > width {
					t.Fatalf("%s: %d cells in a terminal of %d: %q", name, got, width, line)
				}
			}
		}
	}
}

func TestFramesHoldNoSequenceButColours(t *testing.T) {
	t.Parallel()
	for name, b := range scenes(t) {
		rest := picture(b, 80, paint{color: true})
		for _, r := range ansi.Strip(rest) {
			if r != '\n' && r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u202e' {
				t.Errorf("%s: %U reaches the terminal", name, r)
			}
		}
		for _, sequence := range strings.Split(rest, "\x1b")[1:] {
			if end := strings.IndexFunc(sequence, func(r rune) bool { return r >= '@' && r != '[' }); end < 0 || sequence[end] != 'm' {
				t.Errorf("%s: a sequence that is no colour: %q", name, sequence)
			}
		}
	}
}

func TestFrameFitsAShortTerminal(t *testing.T) {
	t.Parallel()
	var reqs []job.Request
	for i := range 20 {
		reqs = append(reqs, askedBy(t, fmt.Sprint("user", i), "fox"))
	}
	b := newBoard(reqs)
	for height := 4; height < 60; height++ {
		lines := b.frame(noon(), 80, height, paint{})
		if len(lines) > height-1 {
			t.Errorf("%d lines in a terminal of %d", len(lines), height)
		}
		if shown := len(lines) / 2; shown < 20 && !strings.Contains(lines[len(lines)-1], "more") {
			t.Errorf("height %d hides jobs without a word: %q", height, lines)
		}
	}
}
