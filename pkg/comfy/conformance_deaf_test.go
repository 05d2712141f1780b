package comfy_test

import (
	"testing"
	"time"

	"discomfy/pkg/comfy"

	"github.com/google/uuid"
)

// deafScenarios are about sockets that the server has forgotten.
var deafScenarios = []scenario{
	{"deaf reconnect, and recovery", deafAndRecovery},
	{"the wrong order of recovery", wrongOrder},
	{"deaf again and again", deafAgainAndAgain},
	{"deaf in the middle of a run", deafInTheMiddle},
	{"a half-open socket that dies late", halfOpenDiesLate},
}

// deafen gives an ear whose socket the server has forgotten.
func (s *target) deafen(t *testing.T) *ear {
	t.Helper()
	old := s.listen(t, uuid.NewString())
	deaf := s.listen(t, old.id)
	old.stop()
	return deaf
}

// hears tells whether a submission is heard to its end in the present generation. The
// server may forget the socket only after the submission: then the silence tells.
func (s *target) hears(t *testing.T, e *ear) bool {
	t.Helper()
	generation := e.conn.Generation()
	e.open.Add(1)
	defer e.open.Add(-1)
	arm := e.conn.Expect()
	id := s.submit(t, e, pattern(1))
	arm()
	s.ended(t, id)
	before := func(ev comfy.Event) bool {
		prompt, phase, _ := turn(ev)
		lost, isLoss := ev.(comfy.Disconnected)
		return phase == "end" && prompt == id || isLoss && lost.Deaf && e.left.Load() >= generation
	}
	heard := e.until(t, before)
	_, deaf := heard.(comfy.Disconnected)
	return !deaf
}

func deafAndRecovery(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "SaveImage")
	e := s.deafen(t)
	if s.hears(t, e) {
		t.Fatal("the second socket hears although the first was closed after it was opened")
	}
	eventually(t, func() bool { return e.conn.Generation() == 2 })
	r := e.follow(t, s.submit(t, e, pattern(1)))
	r.well(t)
	if n := e.conn.Stats().Deaf; n != 1 {
		t.Errorf("%d deaf sockets", n)
	}
}

// Opening the next socket before the deaf one is closed makes the next one deaf too.
func wrongOrder(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "SaveImage")
	deaf := s.deafen(t)
	third := s.listen(t, deaf.id)
	if !s.hears(t, third) {
		t.Error("the third socket is deaf while the second is open")
	}
	deaf.stop()
	if s.hears(t, third) {
		t.Error("the third socket hears although the second was closed after it was opened")
	}
	eventually(t, func() bool { return third.conn.Generation() == 2 })
	if stats := third.conn.Stats(); stats.Deaf != 1 {
		t.Errorf("stats %+v", stats)
	}
}

// impatient makes the end of a deaf socket a matter of half a second. Pings stay
// patient: a busy machine may well answer none for so long.
func impatient(c *comfy.ConnConfig) {
	c.StatusWithin, c.SilentFor = 500*time.Millisecond, 500*time.Millisecond
	c.CloseWithin = 200 * time.Millisecond
}

// Whenever another socket of the same id ends, ours is deaf, however often it was before.
func deafAgainAndAgain(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "SaveImage")
	e := s.listenWith(t, uuid.NewString(), impatient)
	const times = 3
	for n := range uint64(times) {
		s.listen(t, e.id).stop()
		if s.hears(t, e) {
			t.Fatalf("round %d: the socket hears although another of its id has ended", n)
		}
		eventually(t, func() bool { return e.conn.Generation() == n+2 })
		r := e.follow(t, s.submit(t, e, pattern(1)))
		r.well(t)
	}
	if stats := e.conn.Stats(); stats.Deaf != times || stats.Disconnected != times {
		t.Errorf("stats %+v", stats)
	}
}

// deafUntilHeard waits until a socket that turned deaf in its present generation is left, and the next one hears.
func (s *target) deafUntilHeard(t *testing.T, e *ear, generation uint64) {
	t.Helper()
	eventually(t, func() bool { return e.conn.Generation() > generation })
	r := e.follow(t, s.submit(t, e, pattern(1)))
	r.well(t)
	if n := e.conn.Generation(); n != generation+1 {
		t.Errorf("in generation %d after %d", n, generation)
	}
}

// Nothing is submitted that a status would have to follow: the queue tells that the run has ended unheard.
func deafInTheMiddle(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	e := s.listenWith(t, uuid.NewString(), impatient)
	e.open.Add(1)
	id := s.submit(t, e, work(6, 30))
	e.until(t, func(ev comfy.Event) bool { p, ok := ev.(comfy.StepProgress); return ok && p.Prompt == id })
	s.listen(t, e.id).stop()
	s.ended(t, id)
	s.deafUntilHeard(t, e, 1)
	e.open.Add(-1)
	if n := e.conn.Stats().Deaf; n != 1 {
		t.Errorf("%d deaf sockets", n)
	}
}

// A socket of ours is cut off without the server's knowing, which notices much later, in the middle of a run: the
// socket that took its place hears until then, and is deaf from then on. Only the fake can be told to.
func halfOpenDiesLate(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	if s.fake == nil {
		t.Skip("only the fake can be told to lose a connection")
	}
	e := s.listenWith(t, uuid.NewString(), func(c *comfy.ConnConfig) { impatient(c); c.PingEvery = 500 * time.Millisecond })
	if n := s.fake.HalfOpen(e.id); n != 1 {
		t.Fatalf("%d half-open sockets", n)
	}
	eventually(t, func() bool { return e.conn.Generation() == 2 })
	for range 2 {
		r := e.follow(t, s.submit(t, e, pattern(1)))
		r.well(t)
	}
	e.open.Add(1)
	id := s.submit(t, e, work(6, 30))
	e.until(t, func(ev comfy.Event) bool { p, ok := ev.(comfy.StepProgress); return ok && p.Prompt == id })
	if n := s.fake.EndHalfOpen(e.id); n != 1 {
		t.Errorf("%d sockets died", n)
	}
	s.ended(t, id)
	s.deafUntilHeard(t, e, 2)
	e.open.Add(-1)
	if stats := e.conn.Stats(); stats.Deaf != 1 || stats.Disconnected != 2 {
		t.Errorf("stats %+v", stats)
	}
}
