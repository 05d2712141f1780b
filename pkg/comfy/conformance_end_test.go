package comfy_test

import (
	"errors"
	"testing"

	"discomfy/pkg/comfy"

	"github.com/google/uuid"
)

// endScenarios are about prompts that do not end well, or never begin.
var endScenarios = []scenario{
	{"node error", nodeError},
	{"out of memory", outOfMemory},
	{"rejected", rejectedKinds},
	{"partly rejected", partlyRejected},
	{"interrupt the running one by id", interruptByID},
	{"delete a waiting one", deleteWaiting},
	{"cancel a job", cancelJob},
	{"unknown ids", unknownIDs},
}

func nodeError(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabFail", "SaveImage")
	e := s.listen(t, uuid.NewString())
	id := s.submit(t, e, fail("error"))
	r := e.follow(t, id)
	failed, ok := r.end.(comfy.Failed)
	if !ok || failed.Node != "3" || failed.Class != "LabFail" || failed.Type != "RuntimeError" || failed.Message == "" || failed.OutOfMemory() {
		t.Errorf("ended by %+v", r.end)
	}
	entry, err := s.client.History(t.Context(), id)
	if err != nil || entry == nil || entry.Outcome != comfy.OutcomeError || entry.Failure == nil || entry.Failure.Message != failed.Message {
		t.Errorf("history %+v, %v", entry, err)
	}
}

func outOfMemory(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabFail", "SaveImage")
	e := s.listen(t, uuid.NewString())
	r := e.follow(t, s.submit(t, e, fail("oom")))
	if failed, ok := r.end.(comfy.Failed); !ok || !failed.OutOfMemory() {
		t.Errorf("ended by %+v", r.end)
	}
	if err := s.client.Free(t.Context()); err != nil {
		t.Error(err)
	}
	again := e.follow(t, s.submit(t, e, pattern(1)))
	again.well(t)
}

func rejectedKinds(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "SaveImage", "KSampler", "CheckpointLoaderSimple")
	with := func(change func(graph)) graph { g := pattern(1); change(g); return g }
	tests := map[string]struct {
		graph             graph
		node, input, kind string // where the server names them
	}{
		"a missing model": {sampler("missing.safetensors", 2), "4", "ckpt_name", "value_not_in_list"},
		"a missing input": {with(func(g graph) { delete(g["1"].Inputs, "width") }), "1", "width", "required_input_missing"},
		"too small":       {with(func(g graph) { g["1"].Inputs["width"] = -5 }), "1", "width", "value_smaller_than_min"},
		"too big":         {with(func(g graph) { g["1"].Inputs["width"] = 1 << 30 }), "1", "width", "value_bigger_than_max"},
		"a wrong type":    {with(func(g graph) { g["1"].Inputs["width"] = "wide" }), "1", "width", "invalid_input_type"},
		"an unknown class": {
			with(func(g graph) { g["1"] = node{"NoSuchNode", map[string]any{}} }), "", "", "",
		},
		"no outputs": {graph{"1": pattern(1)["1"]}, "", "", ""},
		"no nodes":   {graph{}, "", "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s.client.Submit(t.Context(), comfy.Prompt{Graph: test.graph.json(t), ID: newID(), ClientID: uuid.NewString()})
			rejected, ok := errors.AsType[*comfy.RejectedError](err)
			if !ok || rejected.Type == "" || rejected.Message == "" {
				t.Fatalf("error %#v", err)
			}
			if test.node == "" {
				return
			}
			for _, in := range rejected.Nodes[test.node].Errors {
				if in.Input == test.input && in.Type == test.kind {
					return
				}
			}
			t.Errorf("errors %+v, want one of node %s, input %s, type %s", rejected.Nodes, test.node, test.input, test.kind)
		})
	}
}

func partlyRejected(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "SaveImage")
	e, g := s.listen(t, uuid.NewString()), pattern(1)
	g["8"] = node{"EmptyImage", map[string]any{"width": -5, "height": 64, "batch_size": 1, "color": 1}}
	g["9"] = node{"SaveImage", map[string]any{"images": link("8", 0), "filename_prefix": "conformance/bad"}}
	accepted, err := s.client.Submit(t.Context(), comfy.Prompt{Graph: g.json(t), ID: newID(), ClientID: e.id})
	if err != nil {
		t.Fatal(err)
	}
	if bad := accepted.NodeErrors["8"]; bad.Class != "EmptyImage" || len(bad.Outputs) != 1 || bad.Outputs[0] != "9" {
		t.Errorf("node errors %+v", accepted.NodeErrors)
	}
	r := e.follow(t, accepted.ID)
	r.well(t)
	if len(r.outputs) != 1 || r.outputs[0].Node != "2" {
		t.Errorf("outputs %+v", r.outputs)
	}
}

func interruptByID(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	if !s.version.InterruptsByID() {
		t.Skipf("%v would stop whatever runs", s.version)
	}
	e := s.listen(t, uuid.NewString())
	running, waiting := s.submit(t, e, work(20, 200)), s.submit(t, e, work(0.2, 2))
	e.until(t, func(ev comfy.Event) bool {
		p, ok := ev.(comfy.StepProgress)
		return ok && p.Prompt == running && p.Value >= 2
	})
	if err := s.client.Interrupt(t.Context(), waiting); err != nil {
		t.Fatal(err)
	}
	e.until(t, func(ev comfy.Event) bool {
		p, ok := ev.(comfy.StepProgress)
		return ok && p.Prompt == running && p.Value >= 8
	})
	if err := s.client.Interrupt(t.Context(), running); err != nil {
		t.Fatal(err)
	}
	r := e.follow(t, running)
	if stopped, ok := r.end.(comfy.Interrupted); !ok || stopped.Node != "2" {
		t.Errorf("ended by %+v", r.end)
	}
	entry, err := s.client.History(t.Context(), running)
	if err != nil || entry == nil || entry.Outcome != comfy.OutcomeInterrupted {
		t.Errorf("history %+v, %v", entry, err)
	}
	next := e.follow(t, waiting)
	next.well(t)
}

func deleteWaiting(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	e := s.listen(t, uuid.NewString())
	running, waiting := s.submit(t, e, work(2, 4)), s.submit(t, e, work(1, 4))
	if err := s.client.DeleteQueued(t.Context(), waiting, newID()); err != nil {
		t.Fatal(err)
	}
	q, err := s.client.Queue(t.Context())
	if _, _, found := q.Find(waiting); err != nil || found {
		t.Errorf("still in the queue: %v, %v", found, err)
	}
	r := e.follow(t, running)
	r.well(t)
	if entry, err := s.client.History(t.Context(), waiting); entry != nil || err != nil {
		t.Errorf("a deleted prompt has a history: %+v, %v", entry, err)
	}
}

func cancelJob(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	if !s.version.CancelsJobs() {
		if _, err := s.client.CancelJob(t.Context(), newID()); !errors.Is(err, comfy.ErrUnsupported) {
			t.Errorf("%v cannot cancel: %v", s.version, err)
		}
		return
	}
	e := s.listen(t, uuid.NewString())
	running, waiting := s.submit(t, e, work(20, 200)), s.submit(t, e, work(1, 4))
	e.until(t, func(ev comfy.Event) bool { p, ok := ev.(comfy.StepProgress); return ok && p.Prompt == running })
	for i, want := range []bool{true, false} {
		if done, err := s.client.CancelJob(t.Context(), waiting); err != nil || done != want {
			t.Errorf("cancel of a waiting one, call %d: %v, %v", i+1, done, err)
		}
	}
	if done, err := s.client.CancelJob(t.Context(), running); err != nil || !done {
		t.Errorf("cancel of the running one: %v, %v", done, err)
	}
	r := e.follow(t, running)
	if _, ok := r.end.(comfy.Interrupted); !ok {
		t.Errorf("ended by %+v", r.end)
	}
	if entry, err := s.client.History(t.Context(), waiting); entry != nil || err != nil {
		t.Errorf("a cancelled waiting prompt has a history: %+v, %v", entry, err)
	}
}

func unknownIDs(t *testing.T, s *target) {
	id := newID()
	if entry, err := s.client.History(t.Context(), id); entry != nil || err != nil {
		t.Errorf("history: %+v, %v", entry, err)
	}
	if err := s.client.DeleteQueued(t.Context(), id); err != nil {
		t.Error(err)
	}
	if err := s.client.ForgetHistory(t.Context(), id); err != nil {
		t.Error(err)
	}
	if s.version.InterruptsByID() {
		if err := s.client.Interrupt(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if s.version.CancelsJobs() {
		if done, err := s.client.CancelJob(t.Context(), id); done || err != nil {
			t.Errorf("cancel: %v, %v", done, err)
		}
	}
}
