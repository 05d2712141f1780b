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
