package clip_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"discomfy/pkg/picture"
	"discomfy/pkg/picture/clip"
)

// recorded reads a file that ffmpeg has written: 64 × 48, half a second.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func probe(data []byte) (clip.Info, error) {
	return clip.Probe(bytes.NewReader(data), int64(len(data)))
}

func TestProbeTellsWhatPlays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		video, audio clip.Codec
		profile      int
		plays        bool
		why          string
		remuxes      bool
	}{
		{"h264.mp4", clip.H264, clip.AAC, 100, true, "", true},
		{"fragmented.mp4", clip.H264, "", 100, true, "", true},
		{"hevc.mp4", clip.HEVC, "", -1, false, "HEVC", false},
		{"av1.mp4", clip.AV1, "", -1, false, "AV1", false},
		{"high10.mp4", clip.H264, "", 110, false, "H.264 of more than 8 bits or 4:2:0", false},
		{"high444.mp4", clip.H264, "", 244, false, "H.264 of more than 8 bits or 4:2:0", false},
		{"prores.mov", clip.ProRes, "", -1, false, "ProRes", false},
		{"pcm.mov", clip.H264, "sowt", 100, false, "sowt sound", true},
		{"vp8.webm", clip.VP8, clip.Vorbis, -1, true, "", false},
		{"vp9.webm", clip.VP9, clip.Opus, 0, true, "", false},
		{"vp9-streamed.webm", clip.VP9, "", 0, true, "", false},
		{"vp9-10bit.webm", clip.VP9, "", 2, false, "VP9 of more than 8 bits or 4:2:0", false},
		{"h264.mkv", clip.H264, "", 100, false, "Matroska", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i, err := probe(recorded(t, c.name))
			if err != nil {
				t.Fatal(err)
			}
			if i.Video != c.video || i.Audio != c.audio || i.Profile != c.profile {
				t.Errorf("%+v", i)
			}
			if plays, why := i.Plays(); plays != c.plays || why != c.why {
				t.Errorf("plays: %t, %q", plays, why)
			}
			if i.Remuxes() != c.remuxes {
				t.Errorf("it can be copied: %t", i.Remuxes())
			}
			if i.Width != 64 || (i.Height != 48 && i.Height != 64) {
				t.Errorf("%d × %d", i.Width, i.Height)
			}
			streamed := c.name == "fragmented.mp4" || c.name == "vp9-streamed.webm" || c.name == "prores.mov"
			if !streamed && (i.Duration < 450*time.Millisecond || i.Duration > 600*time.Millisecond) {
				t.Errorf("it lasts %v", i.Duration)
			}
		})
	}
}

func TestProbeOfOtherKinds(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]picture.Kind{"mpeg4.avi": picture.AVI, "sound.flac": picture.FLAC} {
		if i, err := probe(recorded(t, name)); !errors.Is(err, clip.ErrUnknown) || i.Kind != want {
			t.Errorf("%s: %s, %v", name, i.Kind, err)
		}
	}
	i, err := probe(recorded(t, "sound.m4a"))
	if plays, _ := i.Plays(); err != nil || plays || i.Audio != clip.AAC {
		t.Errorf("sound alone: %+v, %v", i, err)
	}
}

// movie puts a box around others.
func movie(name string, parts ...string) string {
	size := 8
	for _, p := range parts {
		size += len(p)
	}
	out := string(binary.BigEndian.AppendUint32(nil, uint32(size))) + name
	for _, p := range parts {
		out += p
	}
	return out
}

// A header alone is enough to know a codec, wherever it stands in the file.
func TestProbeOfAHandMadeHeader(t *testing.T) {
	t.Parallel()
	entry := movie("hvc1", string(make([]byte, 78)))
	moov := movie("moov", movie("mvhd", "\x01\x00\x00\x00", string(make([]byte, 16)), "\x00\x00\x03\xe8", "\x00\x00\x00\x00\x00\x00\x13\x88"),
		movie("trak", movie("mdia",
			movie("hdlr", "\x00\x00\x00\x00\x00\x00\x00\x00vide"),
			movie("minf", movie("stbl", movie("stsd", "\x00\x00\x00\x00\x00\x00\x00\x01", entry))))))
	long := "\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x12xx" // a size of 64 bits
	i, err := probe([]byte(movie("ftyp", "isom\x00\x00\x00\x00") + long + moov))
	if err != nil || i.Video != clip.HEVC || i.Duration != 5*time.Second {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestEveryTruncationIsDamagedUnknownOrRead(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"h264.mp4", "vp9.webm", "h264.mkv", "sound.opus", "sound.flac", "sound.mp3", "model.glb", "sound.wav"} {
		data := recorded(t, name)
		for n := range data {
			if _, err := probe(data[:n]); err != nil && !errors.Is(err, clip.ErrDamaged) && !errors.Is(err, clip.ErrUnknown) {
				t.Fatalf("%s cut at %d: %v", name, n, err)
			}
			if _, err := blanked(t, data[:n]); err != nil && !errors.Is(err, clip.ErrDamaged) && !errors.Is(err, clip.ErrUnknown) {
				t.Fatalf("%s cut at %d: %v", name, n, err)
			}
		}
	}
}
