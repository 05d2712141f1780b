package proof_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/job"
	"discomfy/pkg/proof"
)

const someJob = "01a206a9-79ff-7d15-a207-61b8e31770a6"

func TestReadRuns(t *testing.T) {
	t.Parallel()
	log := `{"event":"restart","at":"2026-01-02T03:04:05Z"}
{"event":"queued","at":"2026-01-02T03:04:05Z","prompt_id":"p"}
{"event":"started","at":"2026-01-02T03:04:06Z","run":1,"prompt_id":"p","client_id":"c","extra_data":{"discomfy_job":"` + someJob + `","discomfy_attempt":2}}
{"event":"ended","at":"2026-01-02T03:04:07Z","run":1,"prompt_id":"p","outcome":"success","cached":["1"]}
{"event":"restart","at":"2026-01-02T03:04:08Z"}
{"event":"started","at":"2026-01-02T03:04:09Z","run":1,"prompt_id":"q","extra_data":{"somebody":"else"}}
{"event":"history_cleared","at":"2026-01-02T03:04:09Z","prompt_id":"q"}
`
	got, err := proof.ReadRuns(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	id, err := job.ParseID(someJob)
	if err != nil {
		t.Fatal(err)
	}
	want := []proof.Event{
		{Kind: proof.Queued, Prompt: "p"},
		{Kind: proof.Started, Prompt: "p", Job: id, Attempt: 2},
		{Kind: proof.Ended, Prompt: "p", Outcome: proof.Succeeded},
		{Kind: proof.Restarted},
		{Kind: proof.Started, Prompt: "q"},
		{Kind: proof.Cleared, Prompt: "q"},
	}
	for i := range got {
		got[i].At = want[min(i, len(want)-1)].At
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b job.ID) bool { return a == b })); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if _, err := proof.ReadRuns(strings.NewReader(log + "{\n")); err == nil {
		t.Error("a broken line is no error")
	}
}

func TestReadInsideTellsOurPrompts(t *testing.T) {
	t.Parallel()
	got, err := proof.ReadInside(strings.NewReader(`{
		"queue_running": [[1, "p", {}, {"client_id": "c", "discomfy_job": "` + someJob + `", "discomfy_attempt": 1}, ["9"]]],
		"queue_pending": [[2, "q", {}, {"client_id": "d"}, ["9"]], [3, "r", {}, {"discomfy_job": "` + someJob + `"}, [], {}]]}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"p", "r"}, got); diff != "" {
		t.Errorf("prompts (-want +got):\n%s", diff)
	}
	if _, err := proof.ReadInside(strings.NewReader(`{"queue_running": [[1]]}`)); err == nil {
		t.Error("an entry without an id is no error")
	}
}

func TestMadeReadsTheWholeFolder(t *testing.T) {
	t.Parallel()
	got, err := proof.Made(fstest.MapFS{
		"discomfy/a.png":   {Data: []byte("abc")},
		"discomfy/v/b.mp4": {Data: []byte{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []proof.File{
		{Name: "a.png", Size: 3, Digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{Name: "b.mp4", Digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if _, err := proof.Made(fstest.MapFS{"a/x.png": {}, "b/x.png": {}}); err == nil {
		t.Error("two files of one name are no error")
	}
}
