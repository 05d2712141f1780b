package clip

import (
	"encoding/binary"
	"fmt"
	"time"
)

// readMovie reads the tracks of an MP4 or QuickTime file.
func (i *Info) readMovie(f *file) error {
	moov, ok, err := f.within(box{end: f.size}, "moov")
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: it has no table of its tracks", ErrDamaged)
	}
	for b, err := range f.boxes(moov.body, moov.end) {
		if err != nil {
			return err
		}
		switch b.name {
		case "mvhd":
			i.Duration, err = f.duration(b)
		case "trak":
			err = i.readTrack(f, b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// duration reads mvhd, whose fields have 32 bits in version 0 and 64 in 1.
func (f *file) duration(b box) (time.Duration, error) {
	c, err := f.content(b, 32)
	if err != nil || len(c) < 20 {
		return 0, err
	}
	scale, ticks := uint64(binary.BigEndian.Uint32(c[12:])), uint64(binary.BigEndian.Uint32(c[16:]))
	if c[0] == 1 {
		if len(c) < 32 {
			return 0, nil
		}
		scale, ticks = uint64(binary.BigEndian.Uint32(c[20:])), binary.BigEndian.Uint64(c[24:])
	}
	return lasting(float64(ticks), float64(scale)), nil
}

// maxDuration is more than any video that is sent; what claims to be longer has
// no known duration.
const maxDuration = 24 * time.Hour

func lasting(ticks, scale float64) time.Duration {
	if seconds := ticks / scale; seconds > 0 && seconds < maxDuration.Seconds() {
		return time.Duration(seconds * float64(time.Second))
	}
	return 0
}

func (i *Info) readTrack(f *file, trak box) error {
	mdia, ok, err := f.within(trak, "mdia")
	if err != nil || !ok {
		return err
	}
	hdlr, ok, err := f.within(mdia, "hdlr")
	if err != nil || !ok {
		return err
	}
	kind, err := f.content(hdlr, 12)
	if err != nil || len(kind) < 12 {
		return err
	}
	stsd, ok, err := f.path(mdia, "minf", "stbl", "stsd")
	if err != nil || !ok || stsd.length() < 8 {
		return err
	}
	entry, err := f.boxAt(stsd.body+8, stsd.end)
	if err != nil {
		return err
	}
	switch {
	case string(kind[8:12]) == "vide" && i.Video == "":
		return i.readVideoEntry(f, entry)
	case string(kind[8:12]) == "soun" && i.Audio == "":
		i.Audio = audioEntry(entry.name)
	}
	return nil
}

// visualLength is how long a VisualSampleEntry is before the boxes in it.
const visualLength = 78

func (i *Info) readVideoEntry(f *file, entry box) error {
	i.Video = videoEntry(entry.name)
	c, err := f.content(entry, visualLength)
	if err != nil || len(c) < visualLength {
		return err
	}
	i.Width, i.Height = int(binary.BigEndian.Uint16(c[24:])), int(binary.BigEndian.Uint16(c[26:]))
	inner := box{body: entry.body + visualLength, end: entry.end}
	switch i.Video {
	case H264: // avcC: version, profile, …
		return i.readProfile(f, inner, "avcC", 1)
	case VP9: // vpcC: version and flags, profile, …
		return i.readProfile(f, inner, "vpcC", 4)
	}
	return nil
}

// readProfile takes a byte of the codec's configuration. QuickTime files may
// end their entry with four zeros, which are no box: they come after it.
func (i *Info) readProfile(f *file, inner box, name string, at int) error {
	b, ok, err := f.within(inner, name)
	if err != nil || !ok {
		return err
	}
	c, err := f.content(b, 8)
	if err == nil && len(c) > at {
		i.Profile = int(c[at])
	}
	return err
}

func videoEntry(name string) Codec {
	switch name {
	case "avc1", "avc2", "avc3", "avc4":
		return H264
	case "hvc1", "hev1", "dvh1", "dvhe":
		return HEVC
	case "av01":
		return AV1
	case "vp08":
		return VP8
	case "vp09":
		return VP9
	case "apch", "apcn", "apcs", "apco", "ap4h", "ap4x":
		return ProRes
	case "mp4v":
		return MPEG4
	case "jpeg", "mjpa", "mjpb":
		return MJPEG
	}
	return named(name)
}

func audioEntry(name string) Codec {
	switch name {
	case "mp4a":
		return AAC
	case ".mp3":
		return MP3
	case "Opus":
		return Opus
	}
	return named(name)
}

// named makes a codec of a name from a file, which is shown to people: letters,
// digits and some signs stay.
func named(name string) Codec {
	clean := make([]byte, 0, 32)
	for _, c := range []byte(name[:min(len(name), 32)]) {
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c == '_', c == '/', c == '-', c == '.':
			clean = append(clean, c)
		}
	}
	if len(clean) == 0 {
		return "unknown"
	}
	return Codec(clean)
}
