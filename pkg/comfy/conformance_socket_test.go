package comfy_test

import (
	"testing"

	"discomfy/pkg/comfy"

	"github.com/google/uuid"
)

// socketScenarios are about who hears what.
var socketScenarios = []scenario{
	{"connect", connect},
	{"client ids", clientIDs},
	{"the same id after a reconnect", sameIDAfterReconnect},
	{"ended while away", endedWhileAway},
	{"deaf reconnect, and recovery", deafAndRecovery},
	{"the wrong order of recovery", wrongOrder},
}

func connect(t *testing.T, s *target) {
	e := s.listen(t, uuid.NewString())
	first := e.until(t, func(comfy.Event) bool { return true })
	connected, ok := first.(comfy.Connected)
	if !ok || connected.ClientID != e.id || connected.Flags["supports_preview_metadata"] == nil {
		t.Errorf("first event %+v", first)
	}
	e.until(t, func(ev comfy.Event) bool { st, ok := ev.(comfy.Status); return ok && st.Remaining == 0 })
}

// Only the socket of the submitting client hears of a run; the others hear how long the
// queue is.
func clientIDs(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	matching, other, none := s.listen(t, uuid.NewString()), s.listen(t, uuid.NewString()), s.listen(t, "")
	id := s.submit(t, matching, work(1, 4))
	r := matching.follow(t, id)
	r.well(t)
	for _, e := range []*ear{other, none} {
		statuses := 0
		e.until(t, func(ev comfy.Event) bool {
			status, ok := ev.(comfy.Status)
			if ok {
				statuses++
			}
			return ok && statuses > 1 && status.Remaining == 0
		})
		events, _ := e.heard()
		for _, ev := range events {
			if prompt, phase, _ := turn(ev); phase != "" {
				t.Errorf("client %q hears %s of %s", e.id, phase, prompt)
			}
		}
	}
}

func sameIDAfterReconnect(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	e := s.listen(t, uuid.NewString())
	id := s.submit(t, e, work(6, 30))
	e.until(t, func(ev comfy.Event) bool { p, ok := ev.(comfy.StepProgress); return ok && p.Value >= 3 })
	e.conn.Suspect(e.conn.Generation())
	nameless := func(ev comfy.Event) bool { x, ok := ev.(comfy.Executing); return ok && x.Prompt == "" && x.Node == "2" }
	e.until(t, nameless)
	r := e.follow(t, id)
	if _, ok := r.end.(comfy.Succeeded); !ok || e.conn.Generation() != 2 {
		t.Errorf("ended by %+v in generation %d", r.end, e.conn.Generation())
	}
}

func endedWhileAway(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	e := s.listen(t, uuid.NewString())
	id := s.submit(t, e, work(2, 4))
	e.until(t, func(ev comfy.Event) bool { _, ok := ev.(comfy.StepProgress); return ok })
	e.stop()
	if entry := s.ended(t, id); entry.Outcome != comfy.OutcomeSuccess || len(entry.Outputs) != 1 {
		t.Errorf("entry %+v", entry)
	}
	back := s.listen(t, e.id)
	after := back.follow(t, s.submit(t, back, pattern(1)))
	after.well(t)
	events, _ := back.heard()
	for _, ev := range events {
		// Its last frames may be late; its beginning is not told again.
		if prompt, phase, _ := turn(ev); prompt == id && phase == "start" {
			t.Error("after the return the old prompt was told again")
		}
	}
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
		return phase == "end" && prompt == id || isLoss && lost.Deaf && e.conn.Stats().Disconnected >= generation
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
