package bridge_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"discomfy/pkg/bridge"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/workflow"
)

// heavy is the size of a prompt that fits into the buffers between a client and
// a server that does not read, in bytes.
const heavy = 400 << 10

// TestAHeavyPromptWhoseClientWasCutOff posts to a server that reads nothing for
// half a second, and cuts the client off meanwhile. The server, when it goes on,
// finds the whole body and queues it: after the first look said "unknown".
func TestAHeavyPromptWhoseClientWasCutOff(t *testing.T) {
	t.Parallel()
	s := start(t, settings{none: true, sim: comfysim.Config{Faults: comfysim.Faults{
		HTTP: []comfysim.HTTPFault{struck("POST /prompt", comfysim.Slow, 500*time.Millisecond)},
	}}})
	s.set = heavyWorkflow(t)
	s.cutter()
	s.bridge(settings{bridge: bridge.Config{Looks: 2 * time.Second}})
	s.once(s.ask("ann", "heavy", nil))
	for _, text := range []string{"the fate of the prompt is unknown", "job done"} {
		if !s.log.has(text) {
			t.Errorf("the log lacks %q:\n%s", text, s.log)
		}
	}
}

// heavyWorkflow is a workflow whose graph alone is heavy.
func heavyWorkflow(t *testing.T) *workflow.Set {
	t.Helper()
	graph, err := os.ReadFile("testdata/workflows/work.json")
	if err != nil {
		t.Fatal(err)
	}
	note := []byte(`"filename_prefix": "x", "note": "` + strings.Repeat("n", heavy) + `"`)
	graph = bytes.Replace(graph, []byte(`"filename_prefix": "x"`), note, 1)
	set, problems := workflow.Load(fstest.MapFS{
		"heavy.json": &fstest.MapFile{Data: graph},
		"heavy.yaml": &fstest.MapFile{Data: []byte("name: heavy\nkind: image\noutputs: [3]\n")},
	})
	if len(problems) > 0 || len(graph) < heavy {
		t.Fatal(problems)
	}
	return set
}

// cutter is a network before ComfyUI that cuts the first client off which sends
// something heavy, when all of it is on its way.
func (s *stack) cutter() {
	s.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	to := strings.TrimPrefix(s.url, "http://")
	var conns sync.WaitGroup
	var cut atomic.Bool
	conns.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { between(near, to, &cut) })
		}
	})
	s.Cleanup(func() { _ = listener.Close(); conns.Wait() })
	s.url = "http://" + listener.Addr().String()
}

// between passes a connection on.
func between(near net.Conn, to string, cut *atomic.Bool) {
	defer near.Close()
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { _, _ = io.Copy(near, far); _ = near.Close() })
	buffer := make([]byte, 64<<10)
	for sent := 0; ; {
		_ = near.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		n, err := near.Read(buffer)
		if sent += n; n > 0 {
			_, _ = far.Write(buffer[:n])
		}
		if idle := errors.Is(err, os.ErrDeadlineExceeded); err != nil && (!idle || sent > heavy && !cut.Swap(true)) {
			break
		}
	}
	_ = near.Close()
	_ = far.Close()
	back.Wait()
}
