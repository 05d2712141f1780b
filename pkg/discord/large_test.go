package discord_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	kinds "discomfy/pkg/picture"
	"discomfy/pkg/picture/clip"
)

var largeFiles = flag.Bool("large", false, "deliver pictures and noisy videos of 60 and 150 MiB, which takes minutes")

const mib = 1 << 20

// theFFmpeg is the real program.
func theFFmpeg(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err == nil {
		return path
	}
	if os.Getenv("DISCOMFY_CI") != "" {
		t.Fatal("there is no ffmpeg")
	}
	t.Skip("there is no ffmpeg on this machine")
	return ""
}

// blindFFmpeg is an ffmpeg without its encoder for H.264.
func blindFFmpeg(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	script := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *libx264*) echo \"Unknown encoder 'libx264'\" >&2; exit 1;; esac\nexec %s \"$@\"\n", theFFmpeg(t))
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// video is a recorded one, made as large as wanted by free space at its end.
func video(t *testing.T, name string, size int) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../picture/clip/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if size == 0 {
		return data
	}
	n := size - len(data)
	free := append(binary.BigEndian.AppendUint32(nil, uint32(n)), "free"...)
	return append(append(data, free...), make([]byte, n-len(free))...)
}

// noisyVideo is one that no encoder makes much smaller without loss.
func noisyVideo(t *testing.T, size int) []byte {
	t.Helper()
	const frame = 1_100_000 // bytes, at least, at this rate
	file := filepath.Join(t.TempDir(), "noise.mp4")
	cmd := exec.CommandContext(t.Context(), theFFmpeg(t), "-nostdin", "-v", "error", "-f", "lavfi",
		"-i", "color=gray:size=1280x720:rate=24,noise=alls=100:allf=t", "-frames:v", fmt.Sprint(size/frame+2),
		"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "200M", "-pix_fmt", "yuv420p", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make a video: %v: %s", err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil || len(data) < size {
		t.Fatalf("a video of %d bytes, %v", len(data), err)
	}
	return data
}

// contents are a message's files, as anybody fetches them.
func (s *stack) contents(m *discordsim.Message) [][]byte {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, fmt.Sprintf("%s/api/v10/channels/%s/messages/%s", s.url, m.Channel, m.ID), http.NoBody)
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Authorization", "Bot "+s.discord.Token())
	r.Header.Set("User-Agent", "DiscordBot (https://example.org, 1)")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	var shown struct {
		Attachments []struct {
			URL string `json:"url"`
		} `json:"attachments"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&shown); err != nil {
		s.Fatal(err)
	}
	all := make([][]byte, 0, len(shown.Attachments))
	for _, a := range shown.Attachments {
		all = append(all, fetch(s.T, strings.Replace(a.URL, "https://cdn.discordapp.com", s.url, 1)))
	}
	return all
}

// ended lets a job end with one file, and waits until that was delivered.
func (s *script) ended(a asked, mediaType string, data []byte) *discordsim.Message {
	s.Helper()
	s.queued(a.id)
	s.doneWith(a.id, mediaType, data)
	a.shows("Done")
	s.settled(s.in)
	if n := len(s.discord.Messages(s.channel.ID, 0)); n != 1 {
		s.Errorf("there are %d messages", n)
	}
	return a.message()
}

func inspect(t *testing.T, data []byte) kinds.Info {
	t.Helper()
	i, err := kinds.Inspect(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatalf("what was sent can not be read: %v", err)
	}
	return i
}

// slope is a picture that compresses well, and is not compressed.
func slope(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		if m.Pix[i] = byte(i / 4 / 97); i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Whatever fits without loss is sent without.
func TestALargePictureLosesNothingWhereThatSuffices(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	large := slope(t, 2000, 1950)
	if len(large) < 11*mib {
		t.Fatalf("the picture has %d bytes", len(large))
	}
	m := s.ended(s.askInChannel(), "image/png", large)
	sent := s.contents(m)
	if len(sent) != 1 || len(sent[0]) > 10*mib || !strings.Contains(textOf(m), "without loss") {
		t.Fatalf("%d files, %s", len(sent), textOf(m))
	}
	was, now := pixelsOf(t, large), pixelsOf(t, sent[0])
	if !was.Bounds().Eq(now.Bounds()) {
		t.Fatalf("%v became %v", was.Bounds(), now.Bounds())
	}
	for y := range was.Bounds().Dy() {
		for x := range was.Bounds().Dx() {
			if was.At(x, y) != now.At(x, y) {
				t.Fatalf("at %d, %d %v became %v", x, y, was.At(x, y), now.At(x, y))
			}
		}
	}
}

func pixelsOf(t *testing.T, data []byte) image.Image {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A picture of any size arrives; the card says what is different, and how to
// get the original.
func TestPicturesThatAreMuchTooLarge(t *testing.T) {
	if !*largeFiles {
		t.Skip("it takes half a minute: run it with -large")
	}
	for name, side := range map[string][2]int{"60 MiB": {4600, 4600}, "150 MiB": {7250, 7250}} {
		t.Run(name, func(t *testing.T) {
			s := scripted(t, settings{quiet: true})
			large := picture(1, side[0], side[1], true)
			m := s.ended(s.askInChannel(), "image/png", large)
			sent := s.contents(m)
			if len(sent) != 1 || len(sent[0]) > 10*mib {
				t.Fatalf("%d files, %s", len(sent), textOf(m))
			}
			i := inspect(t, sent[0])
			t.Logf("%d MiB became %s of %d × %d with %d MiB: %s", len(large)/mib, i.Kind, i.Width, i.Height, len(sent[0])/mib, textOf(m))
			if i.Kind != kinds.JPEG || i.Width*10 < side[0]*4 || !strings.Contains(textOf(m), "discomfy show") {
				t.Errorf("%+v, %s", i, textOf(m))
			}
		})
	}
}

// More than a message holds goes into several, in order, as it is.
func TestManyLargePictures(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{quiet: true})
	a := s.askInChannel()
	s.queued(a.id)
	one, all := slope(t, 1150, 1150), make([][]byte, 14)
	for i := range all {
		all[i] = append(bytes.Clone(one), byte(i)) // what stands behind its end shows nothing
	}
	s.done(a.id, all...)
	s.settled(s.in)
	var sent [][]byte
	for _, m := range s.discord.Messages(s.channel.ID, 0) {
		sent = append(sent, s.contents(m)...)
		if n := len(m.Attachments); n != 6 && n != 2 {
			t.Errorf("a message has %d files", n)
		}
	}
	if !slices.EqualFunc(sent, all, bytes.Equal) {
		t.Errorf("%d files, or in another order", len(sent))
	}
}

// A boosted server takes larger files, up to what a message may hold in all.
func TestALargePictureInABoostedServer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		picture func() []byte
		whole   bool
	}{
		"15 MiB": {func() []byte { return slope(t, 2300, 2300) }, true},
		"30 MiB": {func() []byte { return picture(1, 3300, 3300, true) }, false},
	} {
		if !c.whole && !*largeFiles {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, settings{quiet: true})
			guild := s.discord.AddGuild(discordsim.NewGuild{Name: "boosted", Tier: 3})
			s.channel = s.discord.AddChannel(discordsim.NewChannel{Guild: guild.ID, Name: "large"})
			large := c.picture()
			m := s.ended(s.askInChannel(), "image/png", large)
			sent := s.contents(m)
			if len(sent) != 1 || bytes.Equal(sent[0], large) != c.whole || len(sent[0]) < 12*mib {
				t.Errorf("of %d bytes %d came: %s", len(large), len(sent[0]), textOf(m))
			}
		})
	}
}

// Discord plays no HEVC.
func TestAVideoThatDiscordDoesNotPlay(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]bool{"with ffmpeg": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c discord.Config
			if with {
				c.FFmpeg = theFFmpeg(t)
			}
			s := scripted(t, settings{ingress: c})
			data := video(t, "hevc.mp4", 0)
			m := s.ended(s.askInChannel(), "video/mp4", data)
			sent := s.contents(m)
			if len(sent) != 1 || !strings.Contains(textOf(m), "Discord does not play HEVC") {
				t.Fatalf("%d files, %s", len(sent), textOf(m))
			}
			i, err := clip.Probe(bytes.NewReader(sent[0]), int64(len(sent[0])))
			if plays, why := i.Plays(); err != nil || plays != with {
				t.Errorf("%+v plays: %v (%s), %v", i, plays, why, err)
			}
			if !with && !bytes.Equal(sent[0], data) {
				t.Error("it is another file")
			}
		})
	}
}

// largeVideo is what becomes of one, by what the ingress has.
type largeVideo struct {
	few    bool // tested without -large too
	ffmpeg func(*testing.T) string
	public bool
	kind   kinds.Kind // that is attached; Unknown: nothing is
	words  string
}

func largeVideos() map[string]largeVideo {
	return map[string]largeVideo{
		"with ffmpeg":                                             {true, theFFmpeg, false, kinds.MP4, "was encoded anew"},
		"with ffmpeg and a public address":                        {false, theFFmpeg, true, kinds.MP4, "was encoded anew"},
		"with a public address":                                   {true, nil, true, kinds.Unknown, "is not attached"},
		"with an ffmpeg that can not encode":                      {false, blindFFmpeg, false, kinds.JPEG, "is shown by one picture"},
		"with an ffmpeg that can not encode and a public address": {true, blindFFmpeg, true, kinds.JPEG, "is shown by one picture"},
		"with nothing":                                            {true, nil, false, kinds.Unknown, "is not attached"},
	}
}

// A video that is too large is encoded anew, or shown by one picture, or not at
// all; always the card says so, how to get the original, and where possible
// gives a link to it.
func TestVideosThatAreTooLarge(t *testing.T) {
	t.Parallel()
	for name, c := range largeVideos() {
		if !c.few && !*largeFiles {
			continue
		}
		t.Run("60 MiB "+name, func(t *testing.T) {
			t.Parallel()
			checkLargeVideo(t, c, video(t, "h264.mp4", 60*mib))
		})
	}
}

func TestVideosOfNoise(t *testing.T) {
	if !*largeFiles {
		t.Skip("it takes minutes: run it with -large")
	}
	for _, size := range []int{60 * mib, 150 * mib} {
		data := noisyVideo(t, size)
		for name, c := range largeVideos() {
			t.Run(fmt.Sprintf("%d MiB %s", size/mib, name), func(t *testing.T) { checkLargeVideo(t, c, data) })
		}
	}
}

func checkLargeVideo(t *testing.T, c largeVideo, data []byte) {
	t.Helper()
	var config discord.Config
	if c.ffmpeg != nil {
		config.FFmpeg = c.ffmpeg(t)
	}
	s := scriptedInPublic(t, c.public, config)
	a := s.askInChannel()
	m := s.ended(a, "video/mp4", data)
	text := textOf(m)
	if !strings.Contains(text, c.words) || !strings.Contains(text, "discomfy show "+a.id.String()) {
		t.Errorf("the card says %s", text)
	}
	sent := s.contents(m)
	switch {
	case c.kind == kinds.Unknown && len(sent) > 0:
		t.Errorf("%d files", len(sent))
	case c.kind == kinds.Unknown:
	case len(sent) != 1 || len(sent[0]) > 10*mib || kinds.Sniff(sent[0]) != c.kind:
		t.Errorf("%d files, %s", len(sent), text)
	case c.kind == kinds.MP4:
		i, err := clip.Probe(bytes.NewReader(sent[0]), int64(len(sent[0])))
		if plays, why := i.Plays(); err != nil || !plays {
			t.Errorf("%+v does not play: %s, %v", i, why, err)
		}
		t.Logf("%d became %d bytes, %d × %d, %v", len(data), len(sent[0]), i.Width, i.Height, i.Duration)
	}
	link := fileLink.FindString(text)
	switch {
	case !c.public && link != "":
		t.Errorf("a link: %s", link)
	case c.public && !bytes.Equal(fetch(t, link), data):
		t.Errorf("the link %q does not give the original", link)
	}
}

var fileLink = regexp.MustCompile(`http://[^)\s>]+/files/[^)\s>]+`)

// lines are what was logged.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(p))
	return len(p), nil
}

func (l *lines) with(text string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// An ffmpeg that is of no use is told once, at start, and keeps nobody from
// being served.
func TestAnFFmpegOfNoUseIsSaid(t *testing.T) {
	t.Parallel()
	s := start(t, settings{replicas: -1})
	s.startScript()
	said := &lines{}
	s.log = slog.New(slog.NewTextHandler(said, nil))
	in, _ := s.startIngress(discord.Config{FFmpeg: blindFFmpeg(t)})
	s.startIngress(discord.Config{FFmpeg: theFFmpeg(t)})
	for until := time.Now().Add(patience); len(said.with("level=WARN")) == 0 && time.Now().Before(until); {
		s.invoke("help", nil)
	}
	if all := said.with("level=WARN"); len(all) != 1 || !strings.Contains(all[0], "ffmpeg is of no use for videos") || !strings.Contains(all[0], "libx264") || in.Ready() != nil {
		t.Errorf("warnings %q, ready: %v", all, in.Ready())
	}
}
