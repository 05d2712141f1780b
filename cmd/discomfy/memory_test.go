package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
	"discomfy/pkg/job"
)

// TestALargeResultDoesNotFillTheBridge lets a separate bridge process store a
// result of 100 MB and reads the most memory that the process ever had.
func TestALargeResultDoesNotFillTheBridge(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the peak of a process's memory is read from /proc")
	}
	t.Parallel()
	const size, most = 100 << 20, 100 << 20
	server := embeddedtest.Start(t)
	_, comfyui := comfysimtest.Start(t, comfysim.Config{Nodes: map[string]comfysim.OutputNode{
		"Huge": func(dir string) (map[string]any, error) {
			f, err := os.Create(filepath.Join(dir, "huge.mp4"))
			if err != nil {
				return nil, err
			}
			defer f.Close()
			_, err = io.CopyN(f, rand.NewChaCha8([32]byte{1}), size)
			return map[string]any{"gifs": []any{map[string]any{"filename": "huge.mp4", "subfolder": "", "type": "output"}}}, err
		},
	}})
	b, err := broker.Connect(t.Context(), broker.Config{InProcess: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.Init(t.Context(), broker.InitConfig{}); err != nil {
		t.Fatal(err)
	}
	pid := startBridge(t, "--nats", server.ClientURL(), "--comfyui", comfyui, "--workflows", hugeWorkflow(t))

	r := job.Request{ID: job.NewID(), Queue: job.DefaultQueue, User: "test-ann", Workflow: "huge", Created: time.Now()}
	if _, err := b.Submit(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	end := waitForEnd(t, b, r)
	if end.Phase != job.Done || end.Results[0].Size != size {
		t.Fatalf("ended as %s, %v, %+v", end.Phase, end.Error, end.Results)
	}
	body, err := b.GetResult(t.Context(), end.Results[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if n, err := io.Copy(io.Discard, body); err != nil || n != size {
		t.Errorf("read %d bytes, %v", n, err)
	}
	peak := peakMemory(t, pid)
	t.Logf("peak resident memory of the bridge: %d MB", peak>>20)
	if peak >= most {
		t.Errorf("peak resident memory of the bridge: %d MB, want less than %d MB", peak>>20, most>>20)
	}
}

// startBridge runs "discomfy bridge", which the program of the tests is for its
// scripts, until the test ends.
func startBridge(t *testing.T, args ...string) (pid int) {
	t.Helper()
	binary, err := exec.LookPath("discomfy")
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "log")
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, append([]string{"bridge"}, args...)...) // not CommandContext: it outlives the test's context until the clean-up has stopped it
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("bridge: %v", err)
		}
		_ = out.Close()
		if t.Failed() {
			data, _ := os.ReadFile(log)
			t.Logf("the bridge's log:\n%s", data)
		}
	})
	return cmd.Process.Pid
}

func hugeWorkflow(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"huge.yaml": "name: huge\ntitle: Huge\ndescription: Saves a large file.\nkind: video\noutputs: [2]\n",
		"huge.json": `{
			"1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
			"2": {"class_type": "Huge", "inputs": {"images": ["1", 0]}}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func waitForEnd(t *testing.T, b *broker.Broker, r job.Request) job.State {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	updates, err := b.Follow(ctx, r.Queue, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	for u := range updates {
		if u.State != nil && u.State.Phase.Ended() {
			return *u.State
		}
	}
	t.Fatalf("job %s has not ended", r.ID)
	return job.State{}
}

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peakMemory is the largest resident set that a process ever had, in bytes.
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := highWater.FindSubmatch(status)
	if m == nil {
		t.Fatalf("no peak in %s", status)
	}
	kb, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}
