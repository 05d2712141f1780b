package bridge_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/bridge"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/job"
)

// What goes wrong for one job, or once, is not kept for ever: it keeps nobody
// else waiting.

func TestAPictureThatComfyUIRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Faults: comfysim.Faults{
		HTTP: []comfysim.HTTPFault{{Route: "POST /upload/image", Mode: comfysim.Fail, Status: http.StatusRequestEntityTooLarge}},
	}}})
	name := s.picture()
	first, second, other := s.askUpscale(name), s.askUpscale(name), s.ask("bob", "work", nil)
	for _, r := range []job.Request{first, second} {
		if st := s.ended(r); st.Phase != job.Rejected || codeOf(st) != job.CodeRejected {
			t.Errorf("ended as %s, %v", st.Phase, st.Error)
		}
	}
	s.once(other)
}

// TestAnUploadThatFailsKeepsNobodyWaiting has the server's disk full for
// pictures, while others need none.
func TestAnUploadThatFailsKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Faults: comfysim.Faults{DiskFull: true}}})
	stuck := s.askUpscale(s.picture())
	s.eventually("the upload fails", func() bool { return s.log.has("upload a picture: trying again") })
	s.ended(s.ask("bob", "preview", nil)) // however it ends: it saves nothing that is kept
	if err := s.sim.ChangeFaults(func(f *comfysim.Faults) { f.DiskFull = false }); err != nil {
		t.Fatal(err)
	}
	s.once(stuck)
}

func TestAStoredPictureThatIsDamaged(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	name := s.picture()
	objects, err := s.jetstream().Stream(t.Context(), "OBJ_DISCOMFY_INPUTS")
	if err != nil {
		t.Fatal(err)
	}
	if err := objects.Purge(t.Context(), jetstream.WithPurgeSubject("$O.DISCOMFY_INPUTS.C.>")); err != nil {
		t.Fatal(err)
	}
	s.bridge(settings{})
	damaged, other := s.askUpscale(name), s.ask("bob", "work", nil)
	if st := s.ended(damaged); st.Phase != job.Rejected || codeOf(st) != job.CodeInvalid {
		t.Errorf("ended as %s, %v", st.Phase, st.Error)
	}
	s.once(other)
}

// jetstream is a connection that does what no part of the program would.
func (s *stack) jetstream() jetstream.JetStream {
	s.Helper()
	nc, err := nats.Connect(s.nats.ClientURL())
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		s.Fatal(err)
	}
	return js
}

// TestAStateThatCannotBeRead is one that a newer version wrote.
func TestAStateThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	unread := s.request("ann", "work", nil)
	subject := fmt.Sprintf("discomfy.state.%d.%s", unread.ID.Partition(), unread.ID)
	state := fmt.Sprintf(`{"job":%q,"phase":"paused","at":"2026-01-01T00:00:00Z","epoch":1}`, unread.ID)
	if _, err := s.jetstream().Publish(t.Context(), subject, []byte(state)); err != nil {
		t.Fatal(err)
	}
	s.submit(unread)
	s.bridge(settings{})
	s.done(s.ask("bob", "work", map[string]string{"salt": "1"}))
	if _, err := s.broker.Pending(t.Context(), unread.ID); err != nil {
		t.Errorf("the job is not left alone: %v", err)
	}
}

func TestAFullStoreIsLeftWithTheJob(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	s.fill(100_000)
	s.bridge(settings{})
	r := s.ask("ann", "work", nil)
	s.eventually("the store is full", func() bool { return s.log.has("results store is full") })
	gone := func(is bool) {
		if err := s.sim.ChangeFaults(func(f *comfysim.Faults) { f.FilesGone = is }); err != nil {
			t.Fatal(err)
		}
	}
	gone(true) // while the job waits for room
	if st := s.ended(r); codeOf(st) != job.CodeNoOutput {
		t.Errorf("ended as %s, %v", st.Phase, st.Error)
	}
	gone(false)
	s.limitResults(64 << 20)
	s.once(s.ask("ann", "work", map[string]string{"salt": "1"}))
}

// TestADownloadWaitsForTheServer has a proxy say for some seconds that ComfyUI
// is away.
func TestADownloadWaitsForTheServer(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Faults: comfysim.Faults{HTTP: []comfysim.HTTPFault{
		{Route: "GET /view", Mode: comfysim.Fail, Status: http.StatusBadGateway, Times: 6},
	}}}})
	s.once(s.ask("ann", "work", nil))
}

// TestAPromptThatBreaksEveryPost is one that whatever stands before ComfyUI
// never answers.
func TestAPromptThatBreaksEveryPost(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true})
	s.front(func(pass http.Handler, w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || strings.HasSuffix(r.URL.Path, "/prompt") && bytes.Contains(body, []byte("666")) {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		pass.ServeHTTP(w, r)
	})
	s.bridge(settings{bridge: bridge.Config{Looks: 50 * time.Millisecond}})
	breaking := s.ask("ann", "work", map[string]string{"salt": "666"})
	s.phase(breaking, job.Submitted)
	other := s.ask("bob", "work", nil)
	if st := s.ended(breaking); st.Phase != job.Failed || st.Starts != 0 {
		t.Errorf("ended as %s, %v, after %d runs", st.Phase, st.Error, st.Starts)
	}
	s.once(other)
}

func TestAFileThatIsTooLarge(t *testing.T) {
	t.Parallel()
	large := func(dir string) (map[string]any, error) {
		err := os.WriteFile(filepath.Join(dir, "large.mp4"), make([]byte, 3<<20), 0o600)
		return map[string]any{"gifs": []any{map[string]any{"filename": "large.mp4", "subfolder": "", "type": "output"}}}, err
	}
	for name, test := range map[string]struct{ store, result int64 }{
		"for the whole store": {store: 1 << 20},
		"for the limit":       {store: 64 << 20, result: 2 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{none: true, sim: comfysim.Config{Nodes: map[string]comfysim.OutputNode{"PackOutput": large}}})
			s.limitResults(test.store)
			s.bridge(settings{bridge: bridge.Config{MaxResult: test.result}})
			r, other := s.ask("ann", "pack", nil), s.ask("bob", "work", nil)
			if st := s.ended(r); st.Phase != job.Failed || codeOf(st) != job.CodeTooLarge {
				t.Errorf("ended as %s, %v", st.Phase, st.Error)
			}
			s.once(other)
		})
	}
}

// TestAStoppedRunThatLivesOnIsNoCopy has the bridge look at ComfyUI's queue
// after the record of a run has ended that hears nothing.
func TestAStoppedRunThatLivesOnIsNoCopy(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true, sim: comfysim.Config{Speed: 1, Faults: comfysim.Faults{HangNext: 1}}})
	var looks atomic.Int64
	s.front(func(pass http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/queue") {
			looks.Add(1)
		}
		pass.ServeHTTP(w, r)
	})
	s.bridge(settings{bridge: bridge.Config{LivesOn: time.Millisecond}})
	hanging := s.ask("ann", "work", map[string]string{"seconds": "0.1"})
	s.eventually("it hangs", func() bool { return s.sim.Faults().HangNext == 0 && s.log.has("run started") })
	if _, err := s.cancel(hanging.ID); err != nil {
		t.Fatal(err)
	}
	if st := s.ended(hanging); st.Phase != job.Cancelled {
		t.Errorf("ended as %s", st.Phase)
	}
	ended := looks.Load()
	s.eventually("the queue was read again", func() bool { return looks.Load() > ended })
	s.sim.Release()
	s.once(s.ask("ann", "work", map[string]string{"salt": "3"}))
	if s.log.has("superfluous copy") {
		t.Errorf("it counts as a copy:\n%s", s.log)
	}
}

func TestAJobThatWaitsTooLongEnds(t *testing.T) {
	t.Parallel()
	expired := func(t *testing.T, s *stack, r job.Request) {
		t.Helper()
		if st := s.ended(r); st.Phase != job.Failed || codeOf(st) != job.CodeExpired {
			t.Errorf("ended as %s, %v", st.Phase, st.Error)
		}
		if started, _ := s.runsOf(r.ID); started != 0 {
			t.Error("it ran")
		}
	}
	t.Run("behind another", func(t *testing.T) {
		t.Parallel()
		s := start(t, settings{sim: comfysim.Config{Speed: 1}, bridge: bridge.Config{InFlight: 1, Wait: time.Second}})
		running := s.request("ann", "work", map[string]string{"seconds": "4"})
		running.Created = running.Created.Add(time.Hour) // however slow this machine is, it does not wait too long
		s.submit(running)
		s.phase(running, job.Running)
		expired(t, s, s.ask("bob", "work", nil))
		s.once(running) // its wait is over
	})
	t.Run("while ComfyUI is absent", func(t *testing.T) {
		t.Parallel()
		s := start(t, settings{none: true})
		s.url = "http://127.0.0.1:1" // nobody listens there
		s.bridge(settings{bridge: bridge.Config{Wait: time.Second}})
		expired(t, s, s.ask("ann", "work", nil))
		s.emptied()
	})
}
