package clip

import (
	"errors"
	"fmt"
	"io"
	"time"

	"discomfy/pkg/picture"
)

// ErrDamaged is returned when a file's parts make no sense or end early.
var ErrDamaged = errors.New("the file is damaged")

// ErrUnknown is returned for kinds of files that are not read here.
var ErrUnknown = errors.New("not a video or sound that is known here")

// Codec is how pictures or sound are encoded, in the name that people use.
type Codec string

// The codecs that are told apart. What has no name here has its own, such as a
// Matroska codec id.
const (
	H264   Codec = "H.264"
	HEVC   Codec = "HEVC"
	AV1    Codec = "AV1"
	VP8    Codec = "VP8"
	VP9    Codec = "VP9"
	ProRes Codec = "ProRes"
	MPEG4  Codec = "MPEG-4 Part 2"
	MJPEG  Codec = "Motion JPEG"
	AAC    Codec = "AAC"
	MP3    Codec = "MP3"
	Opus   Codec = "Opus"
	Vorbis Codec = "Vorbis"
)

// Info is what a file's headers say.
type Info struct {
	Kind     picture.Kind
	Video    Codec // of the first video track; "" where there is none
	Audio    Codec // of the first audio track; "" where there is none
	Profile  int   // of the video codec; -1 where it is unknown
	Width    int   // pixels
	Height   int
	Duration time.Duration // 0 where it is unknown
}

// Probe reads a video's headers: MP4, QuickTime, WebM and Matroska. Another
// kind is ErrUnknown, with Info.Kind set.
func Probe(r io.ReaderAt, size int64) (Info, error) {
	f := file{r: r, size: max(size, 0)}
	head, err := f.head()
	if err != nil {
		return Info{}, err
	}
	i := Info{Kind: picture.Sniff(head), Profile: -1}
	switch i.Kind {
	case picture.MP4, picture.MOV, picture.M4A:
		err = i.readMovie(&f)
	case picture.WebM, picture.Matroska:
		err = i.readMatroska(&f)
	default:
		return i, ErrUnknown
	}
	return i, err
}

// Plays reports whether Discord's clients show the video in place, and
// otherwise why not. They play what Chromium and the phones have in common:
// H.264 of 8 bits and 4:2:0 in MP4, VP8 and VP9 (profile 0) in WebM.
func (i Info) Plays() (ok bool, why string) {
	if ok, why = i.videoPlays(); !ok {
		return false, why
	}
	switch i.Kind {
	case picture.MP4, picture.MOV:
		if i.Video == VP8 || i.Video == VP9 {
			return false, fmt.Sprintf("%s in %s", i.Video, i.Kind)
		}
	case picture.WebM:
		if i.Video == H264 {
			return false, "H.264 in WebM"
		}
	default:
		return false, string(i.Kind)
	}
	switch i.Audio {
	case "", AAC, MP3, Opus, Vorbis:
		return true, ""
	}
	return false, string(i.Audio) + " sound"
}

// videoPlays reports pictures that play as they are, so that at most their
// container and sound stand in the way.
func (i Info) videoPlays() (ok bool, why string) {
	switch {
	case i.Video == "":
		return false, "no video that is known"
	case i.Video == H264 && (i.Profile == 66 || i.Profile == 77 || i.Profile == 88 || i.Profile == 100):
		return true, ""
	case i.Video == H264 && i.Profile >= 0:
		return false, "H.264 of more than 8 bits or 4:2:0"
	case i.Video == H264:
		return false, "H.264 of an unknown profile"
	case i.Video == VP8, i.Video == VP9 && i.Profile <= 0:
		return true, ""
	case i.Video == VP9:
		return false, "VP9 of more than 8 bits or 4:2:0"
	}
	return false, string(i.Video)
}

// Remuxes reports a video that plays once it is copied into MP4, without
// encoding its pictures anew.
func (i Info) Remuxes() bool {
	ok, _ := i.videoPlays()
	return ok && i.Video == H264
}

// file is read at places, as often as it takes within a bound.
type file struct {
	r     io.ReaderAt
	size  int64
	reads int
}

// maxReads bounds the parts of a file that are looked at.
const maxReads = 1 << 20

func (f *file) head() ([]byte, error) {
	return f.bytes(0, min(picture.SniffLen, f.size))
}

// bytes reads exactly n bytes.
func (f *file) bytes(at, n int64) ([]byte, error) {
	if f.reads++; f.reads > maxReads {
		return nil, fmt.Errorf("%w: it has too many parts", ErrDamaged)
	}
	if at < 0 || n < 0 || n > f.size-at {
		return nil, fmt.Errorf("%w: it ends too early", ErrDamaged)
	}
	b := make([]byte, n)
	if got, err := f.r.ReadAt(b, at); int64(got) < n {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: it ends too early", ErrDamaged)
		}
		return nil, err
	}
	return b, nil
}
