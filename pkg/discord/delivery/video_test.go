package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/picture"
	"discomfy/pkg/picture/clip"
)

// lacking skips a test for want of a program's abilities, but not in CI.
func lacking(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("DISCOMFY_CI") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// ffmpeg is the real program; a test that needs it is skipped without.
func ffmpeg(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		lacking(t, "there is no ffmpeg on this machine")
	}
	out, err := exec.CommandContext(t.Context(), path, "-hide_banner", "-encoders").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("libx264")) {
		lacking(t, "this ffmpeg has no encoder for H.264")
	}
	return path
}

// make lets ffmpeg make a file.
func makeFile(t testing.TB, path, name string, args ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	all := append([]string{"-nostdin", "-v", "error", "-y"}, append(args, file)...)
	if out, err := exec.CommandContext(t.Context(), path, all...).CombinedOutput(); err != nil {
		lacking(t, "ffmpeg can not make %s: %v: %s", name, err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func probe(t testing.TB, data []byte) clip.Info {
	t.Helper()
	i, err := clip.Probe(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatalf("what was made can not be read: %v", err)
	}
	return i
}

// Whatever is not played becomes H.264 in MP4.
func TestVideosThatDoNotPlayAreTranscoded(t *testing.T) {
	t.Parallel()
	path := ffmpeg(t)
	for _, c := range []struct{ name, note string }{
		{"hevc.mp4", "The video was encoded anew: Discord does not play HEVC"},
		{"prores.mov", "The video was encoded anew: Discord does not play ProRes"},
		{"high10.mp4", "The video was encoded anew: Discord does not play H.264 of more than 8 bits or 4:2:0"},
		{"vp9-10bit.webm", "The video was encoded anew: Discord does not play VP9 of more than 8 bits or 4:2:0"},
		{"mpeg4.avi", "The video was encoded anew: Discord does not play AVI"},
		{"h264.mkv", ""},
		{"pcm.mov", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t).add(c.name, "", clipFile(t, c.name))
			plan := f.prepare(delivery.Config{FFmpeg: path, Links: f.links()}, delivery.Place{})
			file := files(plan)[0]
			data := read(t, file)
			i := probe(t, data)
			if ok, why := i.Plays(); !ok || file.Type != "video/mp4" || !strings.HasSuffix(file.Name, ".mp4") || i.Width != 64 || i.Height != 48 {
				t.Errorf("%s, %+v: %s", file.Name, i, why)
			}
			if note := strings.Join(plan.Notes, "|"); (c.note == "") != (note == "") || !strings.HasPrefix(note, c.note) {
				t.Errorf("notes %q", plan.Notes)
			}
			if c.name == "pcm.mov" && i.Audio != clip.AAC {
				t.Errorf("its sound is %q", i.Audio)
			}
			if bytes.Contains(data, []byte("secret")) {
				t.Error("the prompt went along")
			}
		})
	}
}

func TestAVideoOfSixtyMebibytesIsMadeToFit(t *testing.T) {
	t.Parallel()
	path := ffmpeg(t)
	f := newFixture(t).add("a.mp4", "video/mp4", padded(clipFile(t, "h264.mp4"), 60<<20))
	plan := f.prepare(delivery.Config{FFmpeg: path}, delivery.Place{})
	file := files(plan)[0]
	if ok, why := probe(t, read(t, file)).Plays(); !ok || file.Size > 1<<20 {
		t.Errorf("%d bytes: %s", file.Size, why)
	}
	if plan.Notes[0] != "The video was encoded anew: the original has 60 MiB, 10 MiB are allowed" {
		t.Errorf("notes %q", plan.Notes)
	}
}

// Noise is what an encoder can do least about.
func TestAVideoIsAimedAtTheLimit(t *testing.T) {
	t.Parallel()
	path := ffmpeg(t)
	data := makeFile(t, path, "a.mp4", "-f", "lavfi", "-i", "nullsrc=size=320x240:rate=24:duration=3,geq=random(1)*255:128:128",
		"-f", "lavfi", "-i", "sine=duration=3", "-c:v", "mpeg4", "-q:v", "2", "-c:a", "aac")
	for _, limit := range []int64{400_000, 120_000} {
		f := newFixture(t).add("a.mp4", "video/mp4", data)
		plan := f.prepare(delivery.Config{FFmpeg: path}, delivery.Place{Limit: limit})
		file := files(plan)[0]
		i := probe(t, read(t, file))
		if ok, why := i.Plays(); !ok || i.Duration < 2500*time.Millisecond || i.Audio != clip.AAC {
			t.Errorf("limit %d: %+v: %s", limit, i, why)
		}
		if file.Size < limit/4 {
			t.Errorf("limit %d: %d bytes: more would have fitted", limit, file.Size)
		}
	}
}

func TestAnimationsBecomeVideos(t *testing.T) {
	t.Parallel()
	path := ffmpeg(t)
	noisy := "nullsrc=size=64x64:rate=10:duration=2,geq=random(1)*255:128:128"
	for name, data := range map[string][]byte{
		"a.gif": makeFile(t, path, "a.gif", "-f", "lavfi", "-i", noisy),
		"a.png": makeFile(t, path, "a.apng", "-f", "lavfi", "-i", noisy, "-plays", "0"),
	} {
		f := newFixture(t).add(name, "", data)
		plan := f.prepare(delivery.Config{FFmpeg: path}, delivery.Place{Limit: int64(len(data)) - 1})
		file := files(plan)[0]
		if i := probe(t, read(t, file)); i.Duration < time.Second || file.Type != "video/mp4" {
			t.Errorf("%s: %s, %+v", name, file.Name, i)
		}
		if !strings.HasPrefix(plan.Notes[0], "The picture was encoded anew: the original has") {
			t.Errorf("%s: %q", name, plan.Notes)
		}
	}
}

func TestAnAnimationThatFFmpegCanNotReadShowsItsFirstFrame(t *testing.T) {
	t.Parallel()
	f := newFixture(t).add("a.gif", "image/gif", testdata(t, "testdata/animated.gif"))
	plan := f.prepare(delivery.Config{FFmpeg: badFFmpeg(t, "ffmpeg-fails")}, delivery.Place{Limit: 2000})
	if len(files(plan)) != 1 || !strings.HasPrefix(plan.Notes[0], "The picture shows only the first frame: the animation has") {
		t.Errorf("%d files, notes %q", len(files(plan)), plan.Notes)
	}
}

func TestAVideoThatDoesNotGetSmallEnoughHasAPoster(t *testing.T) {
	t.Parallel()
	path := ffmpeg(t)
	data := makeFile(t, path, "a.mp4", "-f", "lavfi", "-i", "nullsrc=size=320x240:rate=24:duration=4,geq=random(1)*255:128:128", "-c:v", "mpeg4", "-q:v", "2")
	f := newFixture(t).add("a.mp4", "video/mp4", data)
	plan := f.prepare(delivery.Config{FFmpeg: path, Links: f.links()}, delivery.Place{Limit: 2_500})
	file := files(plan)[0]
	if picture.Sniff(read(t, file)) != picture.JPEG || !strings.HasSuffix(file.Name, ".jpg") || len(plan.Links) != 1 {
		t.Errorf("%s, %d links", file.Name, len(plan.Links))
	}
	if !strings.HasPrefix(plan.Notes[0], "The video is shown by one picture: the original has") || !strings.HasSuffix(plan.Links[0].Name, "-1.mp4") {
		t.Errorf("notes %q, link %s", plan.Notes, plan.Links[0].Name)
	}
}

func TestWithoutFFmpegAVideoIsSentAsItIs(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{"HEVC": clipFile(t, "hevc.mp4"), "AVI": clipFile(t, "mpeg4.avi"), "": clipFile(t, "hevc.mp4")[:2000]} {
		f := newFixture(t).add(name, "video/mp4", data)
		plan := f.prepare(delivery.Config{Links: f.links()}, delivery.Place{})
		if !bytes.Equal(read(t, files(plan)[0]), data) || len(plan.Links) != 0 {
			t.Errorf("%s: another file, %d links", name, len(plan.Links))
		}
		want := "Discord does not play " + name
		if name == "" {
			want = "its headers tell of no video"
		}
		if plan.Notes[0] != "The video may have to be downloaded to be watched: "+want {
			t.Errorf("%s: notes %q", name, plan.Notes)
		}
	}
}

// An ffmpeg that does not do its work costs time, never the delivery.
func TestABadFFmpegIsSurvived(t *testing.T) {
	t.Parallel()
	large := padded(clipFile(t, "h264.mp4"), 200_000)
	for _, c := range []struct {
		name, program string
		data          []byte
		note          string
		files         int
	}{
		{"it hangs", "ffmpeg-hangs", large, "The video is not attached: the original has 196 KiB, 98 KiB are allowed", 0},
		{"it fails", "ffmpeg-fails", large, "The video is not attached: the original has 196 KiB, 98 KiB are allowed", 0},
		{"it wastes", "ffmpeg-wastes", large, "The video is shown by one picture: the original has 196 KiB, 98 KiB are allowed", 1},
		{"it hangs over what fits", "ffmpeg-hangs", clipFile(t, "hevc.mp4"), "The video may have to be downloaded to be watched: Discord does not play HEVC", 1},
		{"it fails at what fits", "ffmpeg-fails", clipFile(t, "hevc.mp4"), "The video may have to be downloaded to be watched: Discord does not play HEVC", 1},
		{"it is not there", "no-such-ffmpeg", clipFile(t, "hevc.mp4"), "The video may have to be downloaded to be watched: Discord does not play HEVC", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), c.program)
			if c.program != "no-such-ffmpeg" {
				path = badFFmpeg(t, c.program)
			}
			f := newFixture(t).add("a.mp4", "video/mp4", c.data)
			temp, within := t.TempDir(), time.Minute
			if c.program == "ffmpeg-hangs" {
				within = 300 * time.Millisecond
			}
			plan := f.prepare(delivery.Config{FFmpeg: path, VideoTime: within, Temp: temp}, delivery.Place{Limit: 100_000})
			if len(files(plan)) != c.files || plan.Notes[0] != c.note {
				t.Errorf("%d files, notes %q", len(files(plan)), plan.Notes)
			}
			if left, _ := filepath.Glob(filepath.Join(temp, "*", "video-*")); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
}

// What comes out too large is aimed lower, then made smaller.
func TestEachAttemptIsSmallerThanTheOneBefore(t *testing.T) {
	t.Parallel()
	path := badFFmpeg(t, "ffmpeg-wastes")
	f := newFixture(t).add("a.mp4", "video/mp4", padded(clipFile(t, "h264.mp4"), 200_000))
	f.prepare(delivery.Config{FFmpeg: path, Threads: 3}, delivery.Place{Limit: 100_000})
	data, err := os.ReadFile(path + ".calls")
	if err != nil {
		t.Fatal(err)
	}
	var rates, shares []float64
	for line := range strings.Lines(string(data)) {
		if !strings.Contains(line, "-nostdin") || !strings.Contains(line, "-protocol_whitelist file,pipe") || !strings.Contains(line, "-threads 3 -f mov -i /") {
			t.Errorf("called with %s", line)
		}
		if _, after, ok := strings.Cut(line, "-maxrate "); ok {
			var rate, share float64
			_, scale, _ := strings.Cut(line, "trunc(iw*")
			if _, err := fmt.Sscan(after, &rate); err != nil {
				t.Error(err)
			}
			if _, err := fmt.Sscanf(scale, "%f/2", &share); err != nil {
				t.Error(err)
			}
			rates, shares = append(rates, rate), append(shares, share)
		}
	}
	// 100 kB in half a second are 1.6 Mbit/s; twice too much comes out.
	if len(rates) != 3 || rates[0] < 1e6 || rates[0] > 1.6e6 || rates[1] > rates[0]/2 || rates[2] > rates[1]/2 || fmt.Sprint(shares) != "[1 1 0.5]" {
		t.Errorf("rates %v, shares %v", rates, shares)
	}
}

func TestABadFFmpegIsKnownAtStart(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"ffmpeg-fails": "Unknown encoder 'libx264'", "ffmpeg-wastes": "does not answer as ffmpeg does", "no-such-ffmpeg": "no such file"} {
		path := filepath.Join(t.TempDir(), name)
		if name != "no-such-ffmpeg" {
			path = badFFmpeg(t, name)
		}
		if err := delivery.CheckFFmpeg(t.Context(), path); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 1000 {
			t.Errorf("%s: %.200s … (%d bytes)", name, err, len(fmt.Sprint(err)))
		}
	}
	if err := delivery.CheckFFmpeg(t.Context(), ffmpeg(t)); err != nil {
		t.Error(err)
	}
}

func TestFFmpegIsKilledWithItsContext(t *testing.T) {
	t.Parallel()
	f := newFixture(t).add("a.mp4", "video/mp4", clipFile(t, "hevc.mp4"))
	p := f.preparer(delivery.Config{FFmpeg: badFFmpeg(t, "ffmpeg-hangs"), Links: f.links()})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := p.Prepare(ctx, f.order, delivery.Place{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestShrinkingAVideo(t *testing.T) {
	t.Parallel()
	path := ffmpeg(t)
	data := makeFile(t, path, "a.mp4", "-f", "lavfi", "-i", "nullsrc=size=320x240:rate=24:duration=2,geq=random(1)*255:128:128",
		"-c:v", "libx264", "-pix_fmt", "yuv420p", "-b:v", "4M")
	f := newFixture(t).add("a.mp4", "video/mp4", data)
	plan := f.prepare(delivery.Config{FFmpeg: path}, delivery.Place{})
	if !bytes.Equal(read(t, files(plan)[0]), data) {
		t.Fatal("it is not sent as it is")
	}
	if err := plan.Shrink(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	file := files(plan)[0]
	if file.Size > int64(len(data))/2 || !strings.HasPrefix(plan.Notes[0], "The video was encoded anew: the original has") {
		t.Errorf("%d of %d bytes, %q", file.Size, len(data), plan.Notes)
	}
	probe(t, read(t, file))
}
