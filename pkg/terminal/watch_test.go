package terminal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
)

// stage is a broker that tells what a test says.
type stage struct {
	store
	updates chan broker.Update

	mu     sync.Mutex
	status error // the answer to the question whether the bridge is there
}

func newStage() *stage { return &stage{store: store{}, updates: make(chan broker.Update)} }

func (s *stage) Follow(context.Context, job.Queue, ...job.ID) (<-chan broker.Update, error) {
	return s.updates, nil
}

func (s *stage) Status(context.Context, job.Queue) (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return json.RawMessage("{}"), s.status
}

func (s *stage) answer(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = err
}

func (s *stage) state(st job.State)      { s.updates <- broker.Update{State: &st} }
func (s *stage) progress(p job.Progress) { s.updates <- broker.Update{Progress: &p} }
func (s *stage) snapshot(q job.Snapshot) { s.updates <- broker.Update{Snapshot: &q} }

// screenLog counts what is written to a terminal.
type screenLog struct {
	mu     sync.Mutex
	all    bytes.Buffer
	writes []time.Time
}

func (l *screenLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes = append(l.writes, time.Now())
	return l.all.Write(p)
}

func (l *screenLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func request(t *testing.T, user string) job.Request {
	t.Helper()
	u, err := job.NewUser("terminal", user)
	if err != nil {
		t.Fatal(err)
	}
	return job.Request{
		ID: job.NewID(), Queue: job.DefaultQueue, User: u, Workflow: "txt2img",
		Params: job.Params{"prompt": "a red fox", "seed": json.Number("7")}, Created: time.Now(),
	}
}

func end(r job.Request, phase job.Phase, results ...job.Result) job.State {
	return job.State{Job: r.ID, Phase: phase, Epoch: 1, Attempt: 1, Request: &r, Results: results}
}

func place(r job.Request) job.Place {
	return job.Place{Job: r.ID, User: r.User, Workflow: r.Workflow, Seconds: 6}
}

// watch runs Watch in a bubble beside the story.
func watch(t *testing.T, c terminal.Config, s *stage, story func(), reqs ...job.Request) ([]job.State, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		story()
		synctest.Wait()
	}()
	return terminal.Watch(ctx, c, s, reqs...)
}

func TestWatchTellsAPlainStory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, dir := newStage(), request(t, "ann"), t.TempDir()
		var out bytes.Buffer
		states, err := watch(t, terminal.Config{Out: &out, Dir: dir}, s, func() {
			s.snapshot(job.Snapshot{Waiting: []job.Place{{}, place(r)}})
			s.snapshot(job.Snapshot{Waiting: []job.Place{place(r)}})
			s.snapshot(job.Snapshot{Waiting: []job.Place{place(r)}}) // no change, no line
			s.state(job.State{Job: r.ID, Phase: job.Running, Attempt: 1})
			for percent := range 100 {
				s.progress(job.Progress{Job: r.ID, Attempt: 1, Percent: float64(percent), Title: "Sample", At: time.Now()})
			}
			s.state(end(r, job.Done, s.put("j/1-1.png", r.ID.String()+"_00001_.png", "picture")))
		}, r)
		if err != nil || len(states) != 1 || states[0].Phase != job.Done {
			t.Errorf("states %v, error %v", states, err)
		}
		want := fmt.Sprintf(`ann txt2img: job %s, seed 7, "a red fox"
ann txt2img: position 2 of 2 in the queue, starts in about 6 s
ann txt2img: position 1 of 1 in the queue, starts in about 6 s
ann txt2img: running
ann txt2img: 25 %%, Sample, 0.0 s
ann txt2img: 50 %%, Sample, 0.0 s
ann txt2img: 75 %%, Sample, 0.0 s
ann txt2img: done, seed 7
ann txt2img: saved DIR/txt2img-a-red-fox.png  7 B
`, r.ID)
		if diff := cmp.Diff(want, strings.ReplaceAll(out.String(), dir, "DIR")); diff != "" {
			t.Errorf("the log differs (-want +got):\n%s", diff)
		}
	})
}

func TestWatchDrawsAtMostTenFramesASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(), request(t, "ann")
		var out screenLog
		screen := terminal.NewScreen(&out, func() (int, int) { return 80, 24 })
		_, err := watch(t, terminal.Config{Screen: screen, Dir: t.TempDir()}, s, func() {
			for i := range 5000 {
				s.progress(job.Progress{Job: r.ID, Attempt: 1, Percent: float64(i) / 50, Title: "Sample", At: time.Now()})
				time.Sleep(time.Millisecond)
			}
			s.state(end(r, job.Done))
		}, r)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(out.writes); n < 20 || n > 55 {
			t.Errorf("%d writes in five seconds, want at most ten a second", n)
		}
		for i := 2; i < len(out.writes); i++ {
			if out.writes[i].Sub(out.writes[i-2]) < 90*time.Millisecond && i < len(out.writes)-3 {
				t.Errorf("three frames within %v", out.writes[i].Sub(out.writes[i-2]))
			}
		}
	})
}

func TestWatchDrawsNothingWhileNothingChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(), request(t, "ann")
		var out screenLog
		screen := terminal.NewScreen(&out, func() (int, int) { return 80, 24 })
		if _, err := watch(t, terminal.Config{Screen: screen, Dir: t.TempDir()}, s, func() {
			time.Sleep(time.Hour)
			s.state(end(r, job.Done))
		}, r); err != nil {
			t.Fatal(err)
		}
		if n := len(out.writes); n > 6 {
			t.Errorf("%d writes while nothing changed", n)
		}
	})
}

func TestWatchGivesTheCursorBack(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{"done", "interrupted", "closed"} {
		synctest.Test(t, func(t *testing.T) {
			s, r := newStage(), request(t, "ann")
			var out screenLog
			screen := terminal.NewScreen(&out, func() (int, int) { return 80, 24 })
			ctx, cancel := context.WithCancelCause(t.Context())
			interrupted := errors.New("interrupted")
			go func() {
				time.Sleep(time.Second)
				switch ending {
				case "done":
					s.state(end(r, job.Done))
				case "interrupted":
					cancel(interrupted)
				case "closed":
					close(s.updates)
				}
			}()
			_, err := terminal.Watch(ctx, terminal.Config{Screen: screen, Dir: t.TempDir()}, s, r)
			want := map[string]error{"interrupted": interrupted, "closed": terminal.ErrClosed}[ending]
			if !errors.Is(err, want) {
				t.Errorf("%s: error %v, want %v", ending, err, want)
			}
			hides, shows := strings.Count(out.String(), ansi.HideCursor), strings.Count(out.String(), ansi.ShowCursor)
			if hides != 1 || shows != 1 || strings.LastIndex(out.String(), ansi.ShowCursor) < strings.LastIndex(out.String(), ansi.HideCursor) {
				t.Errorf("%s: the cursor is hidden %d times and shown %d times", ending, hides, shows)
			}
			cancel(nil)
		})
	}
}

func TestWatchSaysThatTheBridgeIsOffline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(), request(t, "ann")
		s.answer(fmt.Errorf("ask: %w", &job.Error{Code: job.CodeBridgeOffline}))
		var out bytes.Buffer
		if _, err := watch(t, terminal.Config{Out: &out, Dir: t.TempDir()}, s, func() {
			time.Sleep(time.Minute)
			s.answer(&job.Error{Code: job.CodeBridgeOffline, Message: "no answer"})
			time.Sleep(time.Minute)
			s.answer(nil)
			time.Sleep(time.Minute)
			s.state(end(r, job.Done))
		}, r); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		for i, words := range []string{"job ", "the bridge is offline", "no answer from NATS or the bridge", "the bridge is back", "done"} {
			if i >= len(lines) || !strings.Contains(lines[i], words) {
				t.Fatalf("line %d lacks %q:\n%s", i, words, out.String())
			}
		}
	})
}

func TestWatchWritesAnEventALine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, ann, bob := newStage(), request(t, "ann"), request(t, "bob")
		var out bytes.Buffer
		states, err := watch(t, terminal.Config{Out: &out, JSON: true, Dir: t.TempDir()}, s, func() {
			s.snapshot(job.Snapshot{Waiting: []job.Place{place(ann), place(bob)}})
			s.state(job.State{Job: ann.ID, Phase: job.Running, Attempt: 1})
			s.progress(job.Progress{Job: ann.ID, Attempt: 1, Percent: 50, Title: "\x1b[2J", At: time.Now()})
			s.state(end(ann, job.Done, s.put("j/1-1.png", "fox.png", "picture")))
			s.state(end(bob, job.Cancelled))
		}, ann, bob)
		if err != nil || len(states) != 2 || states[1].Phase != job.Cancelled {
			t.Errorf("states %v, error %v", states, err)
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Error("an escape sequence was written")
		}
		var kinds []string
		decoder := json.NewDecoder(&out)
		for {
			var ev terminal.Event
			if err := decoder.Decode(&ev); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, ev.Event)
		}
		got := strings.Join(kinds, " ")
		// The file is saved beside the watching, so its line may come later.
		got = strings.Replace(got, "ended saved ended", "ended ended saved", 1)
		if want := "submitted submitted position position state progress ended ended saved"; got != want {
			t.Errorf("events %s, want %s", got, want)
		}
	})
}

func TestWatchReportsAFileThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(), request(t, "ann")
		var out bytes.Buffer
		states, err := watch(t, terminal.Config{Out: &out, Dir: t.TempDir()}, s, func() {
			s.state(end(r, job.Done, job.Result{Name: "gone", File: "fox.png"}))
		}, r)
		if err == nil || states[0].Phase != job.Done || !strings.Contains(out.String(), "cannot save the result") ||
			!strings.Contains(out.String(), "discomfy show "+states[0].Job.String()+" --out DIR") {
			t.Errorf("error %v, states %v, log:\n%s", err, states, out.String())
		}
	})
}

func TestWatchKeepsToTheNewestTerm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(), request(t, "ann")
		var out bytes.Buffer
		if _, err := watch(t, terminal.Config{Out: &out, Dir: t.TempDir()}, s, func() {
			s.snapshot(job.Snapshot{Epoch: 5, Waiting: []job.Place{place(r)}})
			s.snapshot(job.Snapshot{Epoch: 4, Waiting: []job.Place{{}, {}, place(r)}})
			s.progress(job.Progress{Job: r.ID, Epoch: 5, Attempt: 2, Percent: 60, At: time.Now()})
			s.progress(job.Progress{Job: r.ID, Epoch: 4, Attempt: 2, Percent: 90, At: time.Now()})
			s.progress(job.Progress{Job: r.ID, Epoch: 5, Attempt: 1, Percent: 90, At: time.Now()})
			s.state(end(r, job.Done))
		}, r); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "position 3") || strings.Contains(out.String(), "90 %") {
			t.Errorf("news of an older term is shown:\n%s", out.String())
		}
	})
}
