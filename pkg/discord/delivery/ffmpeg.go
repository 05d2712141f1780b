package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"discomfy/pkg/picture"
)

const (
	// lastWords bounds what is kept of what ffmpeg says, in bytes.
	lastWords = 600
	// dying bounds the wait for an ffmpeg that was killed.
	dying = 2 * time.Second
	// checking bounds the first look at it.
	checking = 15 * time.Second
)

// ffmpeg runs the program. It is given no more than it needs: no input from
// us, no network, none of our environment, a folder of its own.
type ffmpeg struct {
	path    string
	threads int
	dir     string
}

// run returns the end of what it printed. It is killed when ctx ends.
func (f ffmpeg) run(ctx context.Context, args ...string) (string, error) {
	all := append([]string{"-nostdin", "-hide_banner", "-v", "error", "-y", "-protocol_whitelist", "file,pipe"}, args...)
	cmd := exec.CommandContext(ctx, f.path, all...) //nolint:gosec // the path is the operator's, the arguments are made here
	out, words := &tail{}, &tail{}
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = f.dir, out, words, dying
	cmd.SysProcAttr = child()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LD_LIBRARY_PATH=" + os.Getenv("LD_LIBRARY_PATH"), "TMPDIR=" + f.dir}
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil:
		return "", fmt.Errorf("ffmpeg: %w: %s", err, strings.TrimSpace(words.String()))
	}
	return out.String(), nil
}

// tail keeps the last bytes that are written to it. It embeds no buffer, whose
// other methods would let more in.
type tail struct{ b bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	t.b.Write(p[max(0, len(p)-lastWords):])
	if extra := t.b.Len() - lastWords; extra > 0 {
		t.b.Next(extra)
	}
	return len(p), nil
}

func (t *tail) String() string { return t.b.String() }

// demuxer names the reader of a kind, so that a file can not choose one that
// opens further files, as playlists do.
func demuxer(k picture.Kind) (string, bool) {
	switch k {
	case picture.MP4, picture.MOV, picture.M4A:
		return "mov", true
	case picture.WebM, picture.Matroska:
		return "matroska", true
	case picture.AVI:
		return "avi", true
	case picture.GIF:
		return "gif", true
	case picture.PNG:
		return "apng", true
	}
	return "", false
}

// source are the arguments that name the file to read.
func (f ffmpeg) source(name string, path string) []string {
	return []string{"-threads", strconv.Itoa(f.threads), "-f", name, "-i", path}
}

var errNoDuration = errors.New("ffmpeg told no duration")

// duration counts the frames of a file whose headers do not say how long it is.
func (f ffmpeg) duration(ctx context.Context, from []string) (time.Duration, error) {
	args := append([]string{"-progress", "pipe:1"}, from...)
	out, err := f.run(ctx, append(args, "-map", "0:v:0", "-c", "copy", "-f", "null", "-")...)
	if err != nil {
		return 0, err
	}
	_, last, ok := strings.Cut(out[max(0, strings.LastIndex(out, "out_time_us=")):], "out_time_us=")
	last, _, _ = strings.Cut(last, "\n")
	us, err := strconv.ParseInt(strings.TrimSpace(last), 10, 64)
	if !ok || err != nil || us <= 0 {
		return 0, errNoDuration
	}
	return time.Duration(us) * time.Microsecond, nil
}

// CheckFFmpeg reports, in words, what keeps the program at path from being of
// use. It may be asked at start: a Preparer survives a bad one.
func CheckFFmpeg(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, checking)
	defer cancel()
	out, err := ffmpeg{path: path, dir: os.TempDir()}.run(ctx, "-f", "lavfi", "-i", "color=size=16x16:rate=1:duration=1",
		"-c:v", "libx264", "-pix_fmt", "yuv420p", "-progress", "pipe:1", "-f", "null", "-")
	if err != nil {
		return fmt.Errorf("%s can not encode H.264 (libx264): %w", path, err)
	}
	if !strings.Contains(out, "progress=end") {
		return fmt.Errorf("%s does not answer as ffmpeg does", path)
	}
	return nil
}
