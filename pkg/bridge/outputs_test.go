package bridge_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/job"
)

func TestEveryFileOfEveryOutputIsAResult(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	st, _ := s.done(s.ask("ann", "many", map[string]string{"batch": "3"}))
	var nodes []string
	for _, r := range st.Results {
		nodes = append(nodes, r.Node)
		if data := s.read(r); !isPNG(data) {
			t.Errorf("%s is no PNG", r.Name)
		}
		if !strings.HasPrefix(r.Name, st.Job.String()+"/") || r.Type != "image/png" || len(r.Digest) != 64 {
			t.Errorf("result = %+v", r)
		}
	}
	// Three of each output, in the manifest's order, and nothing of the preview.
	if got := strings.Join(nodes, " "); got != "3 3 3 4 4 4" {
		t.Errorf("results come from the nodes %s", got)
	}
}

func isPNG(data []byte) bool {
	_, err := png.DecodeConfig(bytes.NewReader(data))
	return err == nil
}

func TestAVideoIsAResult(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	st, data := s.done(s.ask("ann", "test-video", map[string]string{"frames": "4"}))
	if st.Results[0].Type != "video/mp4" || !bytes.Equal(data[4:8], []byte("ftyp")) {
		t.Errorf("result = %+v, begins with % x", st.Results[0], data[:min(16, len(data))])
	}
}

// packOutput writes a clip as node packs do: below "gifs", without a prefix.
func packOutput(dir string) (map[string]any, error) {
	if err := os.WriteFile(filepath.Join(dir, "pack_00001.webm"), []byte("a clip"), 0o600); err != nil {
		return nil, err
	}
	return map[string]any{"gifs": []any{map[string]any{"filename": "pack_00001.webm", "subfolder": "", "type": "output", "format": "video/webm"}}}, nil
}

func TestAClipUnderGifsAndFromTheCache(t *testing.T) {
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Nodes: map[string]comfysim.OutputNode{"PackOutput": packOutput}}})
	for range 2 {
		r := s.ask("ann", "pack", nil)
		st, data := s.done(r)
		if string(data) != "a clip" || st.Results[0].Type != "video/webm" {
			t.Errorf("result %+v holds %q", st.Results[0], data)
		}
	}
	if runs := s.sim.Runs(); len(runs[1].Cached) != 2 {
		t.Errorf("the second run found %v in the cache, want both nodes", runs[1].Cached)
	}
}

func TestAnIdenticalRequestMakesANewFile(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	args := map[string]string{"salt": "7"}
	first, _ := s.done(s.ask("ann", "work", args))
	second, _ := s.done(s.ask("ann", "work", args))
	if first.Results[0].File == second.Results[0].File {
		t.Errorf("both are %s", second.Results[0].File)
	}
	if second.Nodes.Cached != 2 || second.Nodes.Done != 1 {
		t.Errorf("nodes = %+v, want the work cached and the file saved", second.Nodes)
	}
}

func TestARunWithoutAFileFailsInWords(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	if st := s.ended(s.ask("ann", "preview", nil)); codeOf(st) != job.CodeNoOutput {
		t.Errorf("ended as %s, %v", st.Phase, st.Error)
	}
}

func TestARunWithTooManyFilesFailsInWords(t *testing.T) {
	t.Parallel()
	many := func(string) (map[string]any, error) {
		var files []any
		for i := range 1001 {
			files = append(files, map[string]any{"filename": fmt.Sprintf("%d.png", i), "subfolder": "", "type": "output"})
		}
		return map[string]any{"images": files}, nil
	}
	s := start(t, settings{sim: comfysim.Config{Nodes: map[string]comfysim.OutputNode{"PackOutput": many}}})
	if st := s.ended(s.ask("ann", "pack", nil)); codeOf(st) != job.CodeTooLarge {
		t.Errorf("ended as %s, %v", st.Phase, st.Error)
	}
}

func TestHostileFileNamesStayNames(t *testing.T) {
	t.Parallel()
	hostile := func(dir string) (map[string]any, error) {
		if err := os.WriteFile(filepath.Join(dir, "x.p;n g"), []byte("data"), 0o600); err != nil {
			return nil, err
		}
		return map[string]any{"images": []any{map[string]any{"filename": "x.p;n g", "subfolder": "", "type": "output"}}}, nil
	}
	escaping := func(string) (map[string]any, error) {
		return map[string]any{"images": []any{map[string]any{"filename": "../../../etc/passwd", "subfolder": "..", "type": "output"}}}, nil
	}
	tests := map[string]struct {
		node comfysim.OutputNode
		want job.Phase
	}{
		"odd ending":    {hostile, job.Done},
		"parent folder": {escaping, job.Failed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, settings{sim: comfysim.Config{Nodes: map[string]comfysim.OutputNode{"PackOutput": test.node}}})
			st := s.ended(s.ask("ann", "pack", nil))
			if st.Phase != test.want {
				t.Errorf("ended as %s, %v", st.Phase, st.Error)
			}
			for _, r := range st.Results {
				if strings.Contains(r.File, "/") || !strings.HasSuffix(r.Name, ".bin") {
					t.Errorf("result = %+v", r)
				}
			}
		})
	}
}

// picture stores one of 40 by 30 pixels as an ingress does, and returns its name.
func (s *stack) picture() string {
	s.Helper()
	var in bytes.Buffer
	if err := png.Encode(&in, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		s.Fatal(err)
	}
	name, err := s.broker.PutInput(s.Context(), &in)
	if err != nil {
		s.Fatal(err)
	}
	return name
}

// askUpscale submits a job that makes a stored picture twice as large.
func (s *stack) askUpscale(picture string) job.Request {
	s.Helper()
	r := s.request("ann", "test-upscale", map[string]string{"factor": "2"})
	r.Inputs = map[string]string{"image": picture}
	s.submit(r)
	return r
}

func TestPicturesTravelBothWays(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	_, out := s.done(s.askUpscale(s.picture()))
	if cfg, err := png.DecodeConfig(bytes.NewReader(out)); err != nil || cfg.Width != 80 || cfg.Height != 60 {
		t.Errorf("the result is %dx%d, %v", cfg.Width, cfg.Height, err)
	}
}

func TestAPictureThatIsGoneIsSaid(t *testing.T) {
	t.Parallel()
	s := start(t, settings{})
	r := s.askUpscale("0123456789abcdef.png")
	if st := s.ended(r); st.Phase != job.Rejected || codeOf(st) != job.CodeInvalid {
		t.Errorf("ended as %s, %v", st.Phase, st.Error)
	}
}

// TestAFileThatNobodyHeardOf has the bridge miss that a file was saved, and
// ComfyUI forget the run when it ends: what was heard is not all of it.
func TestAFileThatNobodyHeardOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, settings{sim: comfysim.Config{Dir: dir, Speed: 1, Faults: comfysim.Faults{NoHistoryNext: 1}}})
	r := s.ask("ann", "parts", nil)
	s.phase(r, job.Running)
	silent := func(is bool) {
		if err := s.sim.ChangeFaults(func(f *comfysim.Faults) { f.Silence = is }); err != nil {
			t.Fatal(err)
		}
	}
	silent(true)
	s.eventually("the first file is saved", func() bool {
		files, err := filepath.Glob(filepath.Join(dir, "output", "discomfy", "*.png"))
		return err == nil && len(files) == 1
	})
	silent(false)
	s.sim.DropSockets(s.sim.Runs()[0].ClientID)
	if st, _ := s.done(r); len(st.Results) != 2 || st.Attempt != 2 {
		t.Errorf("%d files after %d attempts, want 2 after 2", len(st.Results), st.Attempt)
	}
}
