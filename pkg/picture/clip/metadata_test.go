package clip_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"discomfy/pkg/picture"
	"discomfy/pkg/picture/clip"
)

func blanked(t testing.TB, data []byte) ([]byte, error) {
	t.Helper()
	edits, err := clip.Metadata(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	e, err := picture.NewEdited(bytes.NewReader(data), int64(len(data)), edits)
	if err != nil {
		t.Fatalf("its own edits are refused: %v", err)
	}
	out, err := io.ReadAll(e.Reader())
	if err != nil {
		t.Fatal(err)
	}
	return out, nil
}

func TestMetadataIsBlankedAndTheRestPlays(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := recorded(t, name)
			if !bytes.Contains(data, []byte("secret")) {
				t.Fatal("there is no secret in the file")
			}
			out, err := blanked(t, data)
			if err != nil {
				t.Fatal(err)
			}
			if at := bytes.Index(out, []byte("secret")); at >= 0 {
				t.Errorf("a secret is still there, at %d", at)
			}
			if filepath.Ext(name) != ".mp3" && len(out) != len(data) {
				t.Errorf("%d bytes became %d", len(data), len(out))
			}
			before, _ := probe(data)
			if after, _ := probe(out); after != before {
				t.Errorf("%+v became %+v", before, after)
			}
			if again, err := blanked(t, out); err != nil || !bytes.Equal(again, out) {
				t.Errorf("a second time changes more: %v", err)
			}
			if filepath.Ext(name) != ".glb" {
				was, is := frames(t, data), frames(t, out)
				if filepath.Ext(name) == ".mp3" { // the tag behind the sound kept ffmpeg from seeing where the last frame ends
					was, is = beforeLast(was), beforeLast(is)
				}
				if was != is || was == "" {
					t.Errorf("it plays otherwise:\n%s\n%s", was, is)
				}
			}
		})
	}
}

func beforeLast(lines string) string {
	return lines[:strings.LastIndex(strings.TrimSpace(lines), "\n")+1]
}

// frames gives the checksums of what ffmpeg decodes.
func frames(t *testing.T, data []byte) string {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		return "nobody can look\n\n"
	}
	file := filepath.Join(t.TempDir(), "clip")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), ffmpeg, "-nostdin", "-v", "error", "-xerror", "-i", file, "-f", "framemd5", "-").CombinedOutput()
	if err != nil {
		t.Errorf("ffmpeg: %v: %s", err, out)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// Comments may be longer than a page, as ComfyUI's graphs are.
func TestLongCommentsOfOgg(t *testing.T) {
	t.Parallel()
	first := oggPage(0, []byte("OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"), true)
	comments := append([]byte("OpusTags\x00\x00\x00\x00\x01\x00\x00\x00\x40\x19\x01\x00"), bytes.Repeat([]byte("secret!!"), 9000)...)
	data := append(first, oggPage(1, comments[:255*200], false)...)
	data = append(data, oggPage(2, comments[255*200:], true)...)
	data = append(data, oggPage(3, []byte("sound"), true)...)
	out, err := blanked(t, data)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out, []byte("secret")) || len(out) != len(data) || !bytes.HasSuffix(out, oggPage(3, []byte("sound"), true)) {
		t.Error("the comments are still there, or the sound is not")
	}
	if _, err := blanked(t, oggPage(0, []byte("\x7fFLAC"), true)); !errors.Is(err, clip.ErrUnknown) {
		t.Errorf("another codec: %v", err)
	}
}

func oggPage(n byte, content []byte, ended bool) []byte {
	table := bytes.Repeat([]byte{255}, len(content)/255)
	if ended {
		table = append(table, byte(len(content)%255))
	}
	page := append([]byte("OggS\x00\x00"), make([]byte, 21)...)
	page[18], page[26] = n, byte(len(table))
	return append(append(page, table...), content...)
}

func TestModelsKeepAllButTheirTexts(t *testing.T) {
	t.Parallel()
	out, err := blanked(t, recorded(t, "model.glb"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"generator":"ComfyUI"`, `"name":"a<b"`, "BIN\x00\x01\x02\x03\x04"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("%q is missing in %q", want, out)
		}
	}
}

func FuzzProbe(f *testing.F) {
	addRecorded(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		i, err := probe(data)
		if err != nil && !errors.Is(err, clip.ErrDamaged) && !errors.Is(err, clip.ErrUnknown) {
			t.Errorf("%v", err)
		}
		if i.Width < 0 || i.Height < 0 || i.Duration < 0 {
			t.Errorf("%+v", i)
		}
		if plays, why := i.Plays(); plays != (why == "") || len(fmt.Sprint(why)) > 100 {
			t.Errorf("plays: %t, %q", plays, why)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	addRecorded(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := blanked(t, data); err != nil && !errors.Is(err, clip.ErrDamaged) && !errors.Is(err, clip.ErrUnknown) {
			t.Errorf("%v", err)
		}
	})
}

func addRecorded(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) == 0 {
		f.Fatalf("no test data: %v", err)
	}
	for _, file := range files {
		f.Add(recorded(f, filepath.Base(file)))
	}
}
