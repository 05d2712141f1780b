package comfy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"discomfy/pkg/comfy"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// runScenarios are about prompts that end well.
var runScenarios = []scenario{
	{"submit and follow to the end", submitAndFollow},
	{"three at once", threeAtOnce},
	{"front comes first", frontComesFirst},
	{"cached rerun", cachedRerun},
	{"batch", batch},
	{"video", videoRun},
	{"no output files", noOutputFiles},
	{"history after the end", historyAfterTheEnd},
	{"extra data is found again", extraData},
}

func submitAndFollow(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	e := s.listen(t, uuid.NewString())
	id := s.submit(t, e, work(1, 5))
	r := e.follow(t, id)
	r.well(t)
	if r.steps != 5 || len(r.outputs) != 1 {
		t.Errorf("%d steps, outputs %+v", r.steps, r.outputs)
	}
	entry, err := s.client.History(t.Context(), id)
	if err != nil || entry == nil {
		t.Fatalf("history after the end: %v, %v", entry, err)
	}
	if entry.Outcome != comfy.OutcomeSuccess || entry.ClientID != e.id || entry.Ended.Before(entry.Started) {
		t.Errorf("entry %+v", entry)
	}
	if diff := cmp.Diff(r.outputs, entry.Outputs); diff != "" {
		t.Errorf("outputs (-told +history):\n%s", diff)
	}
}

func threeAtOnce(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	e := s.listen(t, uuid.NewString())
	ids := []comfy.PromptID{s.submit(t, e, work(10, 3)), s.submit(t, e, work(1, 3)), s.submit(t, e, work(1, 3))}
	eventually(t, func() bool {
		q, err := s.client.Queue(t.Context())
		if err != nil || q.Len() != 3 {
			t.Fatalf("queue %+v, %v", q, err)
		}
		first, place, _ := q.Find(ids[0])
		return place == comfy.PlaceRunning && first.ClientID == e.id && q.Pending[0].ID == ids[1] && q.Pending[1].ID == ids[2]
	})
	files := map[comfy.File]bool{}
	for _, id := range ids {
		r := e.follow(t, id)
		r.well(t)
		for _, o := range r.outputs {
			files[o.File] = true
		}
	}
	if len(files) != 3 {
		t.Errorf("files of three prompts: %v", files)
	}
}

func frontComesFirst(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	e := s.listen(t, uuid.NewString())
	first := s.submit(t, e, work(10, 3))
	e.until(t, func(ev comfy.Event) bool { _, ok := ev.(comfy.ExecutionStart); return ok })
	last := s.submit(t, e, work(0.1, 1))
	hasty, err := s.client.Submit(t.Context(), comfy.Prompt{Graph: pattern(1).json(t), ID: newID(), ClientID: e.id, Front: true})
	if err != nil {
		t.Fatal(err)
	}
	q, err := s.client.Queue(t.Context())
	if err != nil || len(q.Pending) != 2 || q.Pending[0].ID != hasty.ID || hasty.Number >= 0 {
		t.Errorf("hasty is number %v, waiting %+v, %v", hasty.Number, q.Pending, err)
	}
	for _, id := range []comfy.PromptID{first, hasty.ID, last} {
		r := e.follow(t, id)
		r.well(t)
	}
}

func cachedRerun(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	e, g := s.listen(t, uuid.NewString()), work(0.5, 2)
	first := e.follow(t, s.submit(t, e, g))
	again := e.follow(t, s.submit(t, e, g))
	again.well(t)
	if len(again.cached) != len(g) || again.steps != 0 {
		t.Errorf("cached %v, %d steps", again.cached, again.steps)
	}
	if diff := cmp.Diff(first.outputs, again.outputs); diff != "" {
		t.Errorf("the answer from the cache names other files:\n%s", diff)
	}
}

func batch(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "SaveImage", "PreviewImage")
	e, g := s.listen(t, uuid.NewString()), pattern(3)
	g["3"] = node{"PreviewImage", map[string]any{"images": link("1", 0)}}
	r := e.follow(t, s.submit(t, e, g))
	r.well(t)
	kinds := map[string]int{}
	for _, o := range r.outputs {
		kinds[o.Kind+" "+o.File.Type]++
	}
	if diff := cmp.Diff(map[string]int{"images output": 3, "images temp": 3}, kinds); diff != "" {
		t.Errorf("outputs:\n%s", diff)
	}
}

func videoRun(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "CreateVideo", "SaveVideo")
	e := s.listen(t, uuid.NewString())
	r := e.follow(t, s.submit(t, e, video()))
	r.well(t)
	if len(r.outputs) != 1 || !r.outputs[0].Animated || !strings.HasSuffix(r.outputs[0].File.Name, ".mp4") {
		t.Fatalf("outputs %+v", r.outputs)
	}
	if data := s.download(t, r.outputs[0].File); len(data) < 12 || string(data[4:8]) != "ftyp" {
		t.Errorf("%d bytes that are no MP4", len(data))
	}
}

func noOutputFiles(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "PreviewImage")
	e, g := s.listen(t, uuid.NewString()), pattern(1)
	g["2"] = node{"PreviewImage", map[string]any{"images": link("1", 0)}}
	r := e.follow(t, s.submit(t, e, g))
	r.well(t)
	for _, o := range r.outputs {
		if o.File.Type != "temp" {
			t.Errorf("a preview is of type %q", o.File.Type)
		}
	}
}

// The end, executing without a node, comes after the history entry, each time.
func historyAfterTheEnd(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "SaveImage")
	e := s.listen(t, uuid.NewString())
	for range 20 {
		id := s.submit(t, e, pattern(1))
		e.follow(t, id)
		if entry, err := s.client.History(t.Context(), id); err != nil || entry == nil {
			t.Fatalf("no history after the end: %v", err)
		}
	}
	recent, err := s.client.RecentHistory(t.Context(), 5)
	if err != nil || len(recent) != 5 || recent[0].Ended.After(recent[4].Ended) {
		t.Errorf("recent: %+v, %v", recent, err)
	}
}

func extraData(t *testing.T, s *target) {
	s.need(t, "EmptyImage", "LabWork", "SaveImage")
	e := s.listen(t, uuid.NewString())
	extra := map[string]any{"discomfy_job": "job-7"}
	p, err := s.client.Submit(t.Context(), comfy.Prompt{Graph: work(1, 2).json(t), ID: newID(), ClientID: e.id, Extra: extra})
	if err != nil {
		t.Fatal(err)
	}
	found := func(in map[string]json.RawMessage) bool { return string(in["discomfy_job"]) == `"job-7"` }
	q, err := s.client.Queue(t.Context())
	if queued, _, ok := q.Find(p.ID); err != nil || !ok || !found(queued.Extra) {
		t.Errorf("in the queue: %+v, %v", queued, err)
	}
	e.follow(t, p.ID)
	entry, err := s.client.History(t.Context(), p.ID)
	if err != nil || entry == nil || !found(entry.Extra) {
		t.Errorf("in the history: %+v, %v", entry, err)
	}
	if err := s.client.ForgetHistory(t.Context(), p.ID); err != nil {
		t.Error(err)
	}
	if entry, err := s.client.History(t.Context(), p.ID); entry != nil || err != nil {
		t.Errorf("forgotten: %+v, %v", entry, err)
	}
}
