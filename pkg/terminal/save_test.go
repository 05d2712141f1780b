package terminal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
)

// store holds result files by name.
type store map[string][]byte

func (s store) GetResult(_ context.Context, name string) (io.ReadCloser, error) {
	data, ok := s[name]
	if !ok {
		return nil, errors.New("no such object")
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// put stores a file and gives the result that describes it.
func (s store) put(name, file, data string) job.Result {
	s[name] = []byte(data)
	sum := sha256.Sum256([]byte(data))
	return job.Result{Name: name, File: file, Type: "image/png", Size: int64(len(data)), Digest: hex.EncodeToString(sum[:])}
}

// saveOne saves one result.
func saveOne(t *testing.T, s store, dir string, r job.Result) (terminal.Saved, error) {
	t.Helper()
	saved, err := terminal.SaveAll(t.Context(), s, dir, job.State{Results: []job.Result{r}})
	if err != nil {
		return terminal.Saved{}, err
	}
	return saved[0], nil
}

// files are the names and contents of a folder, those that are hidden too.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[e.Name()] = string(data)
	}
	return found
}

func TestSaveNeverReplacesAFile(t *testing.T) {
	t.Parallel()
	s, dir := store{}, filepath.Join(t.TempDir(), "made", "when", "needed")
	for i, data := range []string{"one", "two", "three"} {
		saved, err := saveOne(t, s, dir, s.put("j/1-1.png", "fox.png", data))
		if err != nil {
			t.Fatal(err)
		}
		want := filepath.Join(dir, []string{"fox.png", "fox-2.png", "fox-3.png"}[i])
		if saved.Path != want || saved.Size != int64(len(data)) {
			t.Errorf("saved as %+v, want %s", saved, want)
		}
	}
	want := map[string]string{"fox.png": "one", "fox-2.png": "two", "fox-3.png": "three"}
	if diff := cmp.Diff(want, files(t, dir)); diff != "" {
		t.Errorf("the folder differs (-want +got):\n%s", diff)
	}
}

func TestSaveKeepsToItsFolder(t *testing.T) {
	t.Parallel()
	s, base := store{}, t.TempDir()
	dir := filepath.Join(base, "out")
	for _, file := range []string{"../evil.png", "/evil.png", `..\evil.png`, "a/../../evil.png"} {
		if _, err := saveOne(t, s, dir, s.put("j/1-1.png", file, "x")); err != nil {
			t.Errorf("%q: %v", file, err)
		}
	}
	if got := len(files(t, dir)); got != 4 {
		t.Errorf("%d files in the folder, want 4", got)
	}
	if entries, err := os.ReadDir(base); err != nil || len(entries) != 1 {
		t.Errorf("something was written outside: %v, %v", entries, err)
	}
}

func TestSaveFollowsNoLinkOutOfItsFolder(t *testing.T) {
	t.Parallel()
	s, base := store{}, t.TempDir()
	dir, outside := filepath.Join(base, "out"), filepath.Join(base, "outside")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Symlink(outside, filepath.Join(dir, "fox.png"))); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if _, err := saveOne(t, s, dir, s.put("j/1-1.png", "fox.png", "x")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(outside); !errors.Is(err, os.ErrNotExist) {
		t.Error("the link was followed")
	}
}

func TestSaveRefusesWhatIsNotTheRecords(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil func(*job.Result)
		words string
	}{
		"another digest": {func(r *job.Result) { r.Digest = strings.Repeat("0", 64) }, "digest"},
		"too short":      {func(r *job.Result) { r.Size++ }, "bytes"},
		"too long":       {func(r *job.Result) { r.Size-- }, "bytes"},
		"not there":      {func(r *job.Result) { r.Name = "j/other" }, "no such object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dir := store{}, t.TempDir()
			r := s.put("j/1-1.png", "fox.png", "data")
			tt.spoil(&r)
			_, err := saveOne(t, s, dir, r)
			if err == nil || !strings.Contains(err.Error(), tt.words) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %v, want one about %q and the folder", err, tt.words)
			}
			if left := files(t, dir); len(left) != 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestSaveAllReturnsWhatItSaved(t *testing.T) {
	t.Parallel()
	s := store{}
	good, bad := s.put("j/1-1.png", "a.png", "a"), s.put("j/1-2.png", "b.png", "b")
	bad.Digest = strings.Repeat("0", 64)
	saved, err := terminal.SaveAll(t.Context(), s, t.TempDir(), job.State{Results: []job.Result{good, bad}})
	if err == nil || len(saved) != 1 {
		t.Errorf("saved %v, error %v: want one file and an error", saved, err)
	}
}

func TestFilesOfOursAreNamedByWhatIsInThem(t *testing.T) {
	t.Parallel()
	id := job.NewID()
	for name, tt := range map[string]struct {
		request *job.Request
		file    string
		want    string
	}{
		"our name": {
			&job.Request{ID: id, Workflow: "txt2img", Params: job.Params{"prompt": "A red fox, asleep!"}},
			id.String() + "_00001_.png", "txt2img-a-red-fox-asleep.png",
		},
		"a long prompt": {
			&job.Request{ID: id, Workflow: "txt2img", Params: job.Params{"prompt": strings.Repeat("fox ", 100)}},
			id.String() + "_00001_.png", "txt2img-fox-fox-fox-fox-fox-fox-fox-fox.png",
		},
		"no prompt": {&job.Request{ID: id, Workflow: "test-pattern"}, id.String() + "_00001_.png", "test-pattern.png"},
		"a hostile prompt": {
			&job.Request{ID: id, Workflow: "..", Params: job.Params{"prompt": "../../\x1b[2J/etc"}},
			id.String() + "_00001_.png", "etc.png",
		},
		"nothing to tell":     {&job.Request{ID: id, Workflow: ".."}, id.String() + ".png", "result.png"},
		"the workflow's name": {&job.Request{ID: id, Workflow: "txt2img"}, "fixed.png", "fixed.png"},
		"an old record":       {nil, "fixed.png", "fixed.png"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dir := store{}, t.TempDir()
			end := job.State{Request: tt.request, Results: []job.Result{s.put("j/1-1.png", tt.file, "x")}}
			if _, err := terminal.SaveAll(t.Context(), s, dir, end); err != nil {
				t.Fatal(err)
			}
			if _, ok := files(t, dir)[tt.want]; !ok {
				t.Errorf("files %v, want %s", files(t, dir), tt.want)
			}
		})
	}
}

// sworn is a store whose bodies say that they check their SHA-256 themselves.
type sworn struct {
	store
	digest string
	end    error // in place of io.EOF
}

func (s sworn) GetResult(ctx context.Context, name string) (io.ReadCloser, error) {
	body, err := s.store.GetResult(ctx, name)
	return swornBody{io.MultiReader(body, iotest.ErrReader(s.end)), s.digest}, err
}

type swornBody struct {
	io.Reader
	digest string
}

func (b swornBody) Digest() string { return b.digest }
func (swornBody) Close() error     { return nil }

func TestSaveTrustsABodyThatChecksItself(t *testing.T) {
	t.Parallel()
	s := store{}
	r := s.put("j/1-1.png", "fox.png", "a fox")
	other := s.put("j/1-2.png", "dog.png", "a dog").Digest
	damaged := errors.New("damaged")
	for name, tt := range map[string]struct {
		from  sworn
		words string
	}{
		"whole":                     {from: sworn{s, r.Digest, io.EOF}},
		"not what the record names": {from: sworn{s, other, io.EOF}, words: "digest"},
		"found to be damaged":       {from: sworn{s, r.Digest, damaged}, words: "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_, err := terminal.SaveAll(t.Context(), tt.from, dir, job.State{Results: []job.Result{r}})
			saved := files(t, dir)
			if tt.words == "" && (err != nil || saved["fox.png"] != "a fox") {
				t.Errorf("saved %v, %v", saved, err)
			}
			if tt.words != "" && (err == nil || !strings.Contains(err.Error(), tt.words) || len(saved) > 0) {
				t.Errorf("saved %v, %v", saved, err)
			}
		})
	}
}
