//go:build linux

package proof_test

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"testing"
	"time"

	"discomfy/pkg/bridge"
	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/proof"
	"discomfy/pkg/proof/internal/rig"
)

var allPoints = flag.Bool("failpoints", false, "kill and freeze a bridge at every failpoint, not at a few")

// window is a failpoint and what makes a bridge pass it.
type window struct {
	point string
	few   bool // tested without -failpoints too
	// before is a failpoint at which another bridge is killed first, so that
	// this one finds something to clear up.
	before string
	cancel bool // the job is cancelled while it runs
	stop   bool // the bridge is asked to stop while the job runs
}

// windows is every failpoint that a bridge passes.
var windows = []window{
	{point: broker.BeforeAcquire}, {point: broker.AfterAcquire},
	{point: broker.BeforeEpoch}, {point: broker.AfterEpoch, few: true},
	{point: broker.BeforeReset}, {point: broker.AfterReset},
	{point: broker.BeforeValue}, {point: broker.AfterValue},
	{point: broker.BeforeRenew}, {point: broker.AfterRenew},
	{point: broker.BeforeRelease, stop: true}, {point: broker.AfterRelease, stop: true},
	{point: broker.BeforeState, few: true}, {point: broker.AfterState},
	{point: bridge.PointBeforeQueued}, {point: bridge.PointAfterQueued},
	{point: bridge.PointBeforeUpload},
	{point: bridge.PointBeforeSubmitted}, {point: bridge.PointAfterSubmitted},
	{point: bridge.PointBeforePost, few: true}, {point: bridge.PointAfterPost, few: true},
	{point: bridge.PointBetweenLooks, before: bridge.PointBeforePost},
	{point: bridge.PointBeforeRunning},
	{point: bridge.PointBeforeStopping, cancel: true}, {point: bridge.PointAfterStopping, cancel: true},
	{point: bridge.PointBeforeDownload},
	{point: broker.BeforeChunk}, {point: broker.BeforeMeta}, {point: broker.AfterMeta},
	{point: bridge.PointAfterDownload},
	{point: bridge.PointBeforeEnd}, {point: broker.BeforeEnd}, {point: broker.AfterEnd, few: true}, {point: bridge.PointAfterEnd},
	{point: bridge.PointBeforeAck}, {point: broker.BeforeDone}, {point: broker.AfterDone},
}

// stage is a rig on which one window after the other is tried.
type stage struct {
	*rig.Rig
	picture  string // a stored picture
	accepted []job.ID
}

// newStage runs jobs of about a second: long enough to be cancelled, and to
// remove a copy.
func newStage(t *testing.T) *stage {
	t.Helper()
	return newStageWith(t, rig.Config{Speed: "4"})
}

func newStageWith(t *testing.T, cfg rig.Config) *stage {
	t.Helper()
	s := &stage{Rig: start(t, cfg)}
	var b bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	img.Set(1, 1, color.White)
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	s.picture = s.Picture(b.Bytes())
	return s
}

// TestKilledAtAFailpoint kills the active bridge at each failpoint. Another
// bridge takes over; the job ends once, by one run.
func TestKilledAtAFailpoint(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, w := range windows {
		if w.few || *allPoints {
			s.within(t, w, func(s *stage) { s.strike(w, "kill") })
		}
	}
	s.verdict()
}

// TestFrozenAtAFailpoint freezes the active bridge at each failpoint for longer
// than its lease, and wakes it when another has taken over: it changes nothing.
func TestFrozenAtAFailpoint(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, w := range windows {
		if w.few || *allPoints {
			s.within(t, w, func(s *stage) { s.strike(w, "freeze") })
		}
	}
	s.verdict()
}

// TestALatePrompt kills a bridge whose prompt is still on its way, in a server
// that reads slowly. One that arrives while the successor looks for it is
// found; one that arrives later is a copy, and must not run to its end.
func TestALatePrompt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		delay   string
		prompts int
	}{"found": {"1500ms", 1}, "removed": {"5s", 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStageWith(t, rig.Config{Speed: "1"})
			s.must(s.Faults(`{"http": [{"route": "POST /prompt", "mode": "late", "delay": "` + tt.delay + `", "times": 1}]}`))
			first, second := s.life(), s.life()
			s.must(first.Arm())
			s.Eventually("the first bridge is active", first.Active)
			s.must(second.Arm())
			q := s.request(window{})
			s.submit(q)
			s.Eventually("the prompt is on its way", func() bool { return first.Passed(bridge.PointBeforePost) > 0 && s.Struck() })
			first.Kill()
			s.Ended(q.ID)
			if report := s.verdict(); report.Prompts != tt.prompts {
				t.Errorf("ComfyUI took %d prompts, want %d", report.Prompts, tt.prompts)
			}
		})
	}
}

// within runs one window as a test of its own.
func (s *stage) within(t *testing.T, w window, try func(*stage)) {
	t.Helper()
	t.Run(w.point, func(t *testing.T) {
		outer := s.TB
		s.TB = t
		defer func() { s.TB = outer }()
		try(s)
	})
}

// verdict is about all jobs of the stage.
func (s *stage) verdict() proof.Report {
	s.Helper()
	s.Settled(rig.Patience)
	report := s.Judge(s.accepted, nil)
	s.Logf("\n%s", report)
	if err := report.Err(); err != nil {
		s.Error(err)
	}
	if len(report.Failures) > 0 {
		s.Error("jobs failed")
	}
	return report
}

// strike lets one bridge meet a failpoint while another stands by.
func (s *stage) strike(w window, action string) {
	s.Helper()
	if w.before != "" {
		s.leave(w)
	}
	first := s.life()
	s.must(first.Arm(w.point + "=" + action))
	s.Eventually("the first bridge is active, or struck", func() bool { return first.Active() || first.Struck() })
	second := s.life()
	s.must(second.Arm())
	id := s.job(w, first)
	s.Eventually("the first bridge is struck at "+w.point, func() bool { return first.Struck() && first.Passed(w.point) > 0 })
	s.wake(w, first, second, id)
	end := s.Ended(id)
	if want := w.ends(); end.Phase != want && !(w.cancel && end.Phase == job.Done) {
		s.Errorf("the job is %s, want %s: %v", end.Phase, want, end.Error)
	}
	s.Settled(rig.Patience)
	s.retire(first, action)
	s.must(second.Stop(rig.StopWithin))
}

// wake lets a frozen bridge go on. One that was frozen just before its POST
// wakes while its successor is at work, so that a copy that it may still send
// can be removed; every other wakes when all is over.
func (s *stage) wake(w window, first, second *rig.Bridge, id job.ID) {
	s.Helper()
	if !first.Frozen() {
		return
	}
	s.Eventually("the second bridge has taken over", second.Active)
	if w.point == bridge.PointBeforePost {
		s.Eventually("the second bridge submits", func() bool { return second.Passed(bridge.PointAfterPost) > 0 })
	} else {
		s.Ended(id)
	}
	first.Thaw()
	if w.point == bridge.PointBeforePost {
		s.Eventually("the first bridge stands by", func() bool { return first.Said("waiting for the lease again") || first.Said("lost the lease") })
	}
}

// leave has a bridge killed on its way, so that its successor finds something
// to clear up.
func (s *stage) leave(w window) {
	s.Helper()
	victim := s.life()
	s.must(victim.Arm(w.before + "=kill"))
	s.submit(s.request(w))
	s.Eventually("the bridge before is killed", func() bool { return !victim.Running() && victim.Passed(w.before) > 0 })
}

// job asks for a run, and does to it what the window needs.
func (s *stage) job(w window, first *rig.Bridge) job.ID {
	s.Helper()
	if w.before != "" {
		return s.accepted[len(s.accepted)-1]
	}
	q := s.request(w)
	s.submit(q)
	if w.cancel || w.stop {
		s.Phase(q.ID, job.Running)
	}
	if w.stop {
		go func() { _ = first.Stop(rig.Patience) }() // it is struck while it stops
	}
	if w.cancel {
		ctx := s.Context()
		go func() { _, _ = s.Broker.Cancel(ctx, job.DefaultQueue, q.ID, "somebody") }() // nobody may be left to answer
	}
	return q.ID
}

func (s *stage) request(w window) job.Request {
	s.Helper()
	if w.point == bridge.PointBeforeUpload {
		q := s.Request("ann", "test-upscale", nil)
		q.Inputs = map[string]string{"image": s.picture}
		return q
	}
	return s.Request("ann", "txt2img", map[string]string{"prompt": "a fish"})
}

func (s *stage) submit(q job.Request) {
	s.Helper()
	s.Submit(q)
	s.accepted = append(s.accepted, q.ID)
}

// retire ends a bridge that was struck. One that was frozen has come to itself:
// it stands by, or goes on.
func (s *stage) retire(first *rig.Bridge, action string) {
	s.Helper()
	if action == "kill" {
		if !first.Killed() {
			s.Error("the first bridge was not killed")
		}
		return
	}
	if first.Frozen() {
		first.Thaw()
	}
	s.must(first.Stop(rig.StopWithin))
}

// life is a bridge of its own, with its own logs.
func (s *stage) life() *rig.Bridge {
	return s.Bridge(time.Now().Format("150405.000000"))
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// ends is how a window's job ends.
func (w window) ends() job.Phase {
	if w.cancel {
		return job.Cancelled
	}
	return job.Done
}
