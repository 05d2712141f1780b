package clip

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
)

// track is what is needed of a Matroska track.
type track struct {
	number, kind  uint64
	codec         string
	private       []byte // the codec's configuration, its first bytes
	width, height uint64
}

const (
	trackVideo = 1
	trackAudio = 2
)

// readMatroska reads WebM too, which is a part of it. What stands before the
// first frames suffices.
func (i *Info) readMatroska(f *file) error {
	var video uint64
	scale, ticks := uint64(1_000_000), 0.0
	inside := func(e element) bool {
		switch e.id {
		case idSegment, idInfo, idTracks, idCluster, idBlockGroup:
			return true
		}
		return false
	}
	for e, err := range f.elements(0, f.size, inside) {
		if err != nil {
			return enough(err, video)
		}
		switch e.id {
		case idScale:
			scale, err = f.number(e)
		case idDuration:
			ticks, err = f.float(e)
		case idEntry:
			err = i.readEntry(f, e, &video)
		case idSimpleBlock, idBlock:
			done, err := i.readBlock(f, e, video)
			if done || err != nil {
				i.Duration = lasting(ticks*float64(scale), 1e9)
				return err
			}
		}
		if err != nil {
			return err
		}
	}
	i.Duration = lasting(ticks*float64(scale), 1e9)
	return nil
}

// enough forgives what is torn behind the tracks: players show the beginning of
// such a file.
func enough(err error, video uint64) error {
	if video != 0 && errors.Is(err, ErrDamaged) {
		return nil
	}
	return err
}

func (f *file) float(e element) (float64, error) {
	b, err := f.bytes(e.body, min(e.length(), 8))
	switch len(b) {
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b))), err
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), err
	}
	return 0, err
}

// readEntry takes the first track of each type.
func (i *Info) readEntry(f *file, entry element, video *uint64) error {
	var t track
	for e, err := range f.elements(entry.body, entry.end, func(e element) bool { return e.id == idVideo }) {
		if err != nil {
			return err
		}
		if err := t.read(f, e); err != nil {
			return err
		}
	}
	switch {
	case t.kind == trackVideo && i.Video == "":
		i.Video, *video = videoID(t.codec), t.number
		if i.Video == H264 && len(t.private) > 1 {
			i.Profile = int(t.private[1]) // as in MP4's avcC
		}
		i.Width, i.Height = int(min(t.width, 1<<20)), int(min(t.height, 1<<20))
	case t.kind == trackAudio && i.Audio == "":
		i.Audio = audioID(t.codec)
	}
	return nil
}

func (t *track) read(f *file, e element) (err error) {
	switch e.id {
	case idNumber:
		t.number, err = f.number(e)
	case idType:
		t.kind, err = f.number(e)
	case idWidth:
		t.width, err = f.number(e)
	case idHeight:
		t.height, err = f.number(e)
	case idPrivate:
		t.private, err = f.bytes(e.body, min(e.length(), 4))
	case idCodec:
		var b []byte
		b, err = f.bytes(e.body, min(e.length(), 64))
		t.codec = strings.TrimRight(string(b), "\x00")
	}
	return err
}

// readBlock looks into the first frame of the video for the profile, which the
// headers of VP9 may leave out (VP9 bitstream, 6.2).
func (i *Info) readBlock(f *file, e element, video uint64) (done bool, err error) {
	if i.Video != VP9 {
		return true, nil
	}
	b, err := f.bytes(e.body, min(e.length(), 16))
	if err != nil {
		return true, err
	}
	number, n, ok := vint(b, 8, false)
	if !ok || number != video || len(b) < n+4 {
		return false, nil
	}
	if frame := b[n+3]; frame>>6 == 2 {
		i.Profile = int(frame>>5&1) | int(frame>>4&1)<<1
	}
	return true, nil
}

func videoID(id string) Codec {
	switch {
	case id == "V_MPEG4/ISO/AVC":
		return H264
	case id == "V_MPEGH/ISO/HEVC":
		return HEVC
	case id == "V_AV1":
		return AV1
	case id == "V_VP8":
		return VP8
	case id == "V_VP9":
		return VP9
	case id == "V_PRORES":
		return ProRes
	case id == "V_MJPEG":
		return MJPEG
	case strings.HasPrefix(id, "V_MPEG4/ISO/"):
		return MPEG4
	}
	return named(id)
}

func audioID(id string) Codec {
	switch {
	case strings.HasPrefix(id, "A_AAC"):
		return AAC
	case id == "A_MPEG/L3":
		return MP3
	case id == "A_OPUS":
		return Opus
	case id == "A_VORBIS":
		return Vorbis
	}
	return named(id)
}
