package picture_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"discomfy/pkg/picture"
)

// secrets stand in the metadata of the files below.
var secrets = []string{"KSampler", "nodes", "über", "Camera maker", "a comment", "hello", "secret"}

func stripped(t testing.TB, data []byte) ([]byte, error) {
	t.Helper()
	edits, err := picture.Metadata(bytes.NewReader(data), int64(len(data)))
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
	if int64(len(out)) != e.Size() || e.Changed() != (len(edits) > 0) {
		t.Fatalf("%d bytes, it said %d", len(out), e.Size())
	}
	return out, nil
}

func TestMetadataIsCutOutAndPixelsStay(t *testing.T) {
	t.Parallel()
	plain := pngOf(t, noise(40, 30, 64))
	for _, c := range []struct {
		name    string
		data    []byte
		changes bool
	}{
		{"comfyui.png", recorded(t, "comfyui.png"), true},
		{"animated.png", recorded(t, "animated.png"), false},
		{"turned.jpg", recorded(t, "turned.jpg"), true},
		{"progressive.jpg", recorded(t, "progressive.jpg"), false},
		{"cmyk.jpg", recorded(t, "cmyk.jpg"), false},
		{"turned.webp", recorded(t, "turned.webp"), true},
		{"lossless.webp", recorded(t, "lossless.webp"), true},
		{"animated.webp", recorded(t, "animated.webp"), true},
		{"animated.gif", recorded(t, "animated.gif"), true},
		{"plain.bmp", recorded(t, "plain.bmp"), false},
		{"a prompt", withChunk(plain, "tEXt", "prompt\x00secret"), true},
		{"an unknown chunk", withChunk(plain, "prVt", "secret"), true},
		{"a file behind the PNG", append(bytes.Clone(plain), "secret"...), true},
		{"a file behind the JPEG", append(recorded(t, "progressive.jpg"), "secret"...), true},
		{"a file behind the WebP", append(recorded(t, "alpha.webp"), "secret!!"...), true},
		{"a file behind the GIF", append(recorded(t, "animated.gif"), "secret"...), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := stripped(t, c.data)
			if err != nil {
				t.Fatal(err)
			}
			if c.changes == bytes.Equal(out, c.data) {
				t.Errorf("changed: %t", !c.changes)
			}
			for _, s := range secrets {
				if bytes.Contains(out, []byte(s)) {
					t.Errorf("%q is still there", s)
				}
			}
			if string(out[8:16]) == "WEBPVP8X" && out[20]&0x0c != 0 {
				t.Errorf("its flags %#x tell of metadata", out[20])
			}
			before, info := decode(t, c.data)
			after, now := decode(t, out)
			if info.Orientation == 1 && !bytes.Equal(pixels(before).Pix, pixels(after).Pix) {
				t.Error("the pixels changed")
			}
			if now.Animated != info.Animated || now.Orientation != 1 {
				t.Errorf("it became %+v", now)
			}
			if again, err := stripped(t, out); err != nil || !bytes.Equal(again, out) {
				t.Errorf("a second time changes more (%v)", err)
			}
		})
	}
}

func TestColourProfilesStay(t *testing.T) {
	t.Parallel()
	jpeg := recorded(t, "progressive.jpg")
	profile := "\xff\xe2\x00\x1aICC_PROFILE\x00\x01\x01abcdefgh12"
	further := "\xff\xe2\x00\x0cMPF\x00secret"
	jpeg = append(append(bytes.Clone(jpeg[:2]), profile+further...), jpeg[2:]...)
	png := withChunk(pngOf(t, noise(8, 8, 9)), "iCCP", "name\x00\x00abcd")
	for name, data := range map[string][]byte{"jpeg": jpeg, "png": png} {
		out, err := stripped(t, data)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(out, []byte("abcd")) || bytes.Contains(out, []byte("secret")) {
			t.Errorf("%s: %q", name, out)
		}
	}
}

func TestMetadataOfNoPicture(t *testing.T) {
	t.Parallel()
	if _, err := stripped(t, []byte("a text, no picture")); !errors.Is(err, picture.ErrForeign) {
		t.Errorf("%v", err)
	}
	data := recorded(t, "turned.jpg")
	if _, err := stripped(t, data[:len(data)-2]); !errors.Is(err, picture.ErrDamaged) {
		t.Errorf("a cut file: %v", err)
	}
}

// Edits do what replacing in a string does.
func TestEditsReplaceParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 40, -1).Draw(t, "text")
		var edits []picture.Edit
		var want strings.Builder
		for at := 0; at < len(text); {
			n := rapid.IntRange(0, len(text)-at).Draw(t, "length")
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				want.WriteString(text[at : at+n])
			case 1:
				with := rapid.String().Draw(t, "with")
				want.WriteString(with)
				edits = append(edits, picture.Edit{At: int64(at), N: int64(n), With: []byte(with)})
			case 2:
				want.WriteString(strings.Repeat("\x00", n))
				edits = append(edits, picture.Edit{At: int64(at), N: int64(n), Zero: true})
			}
			at += max(n, 1)
			if n == 0 && at <= len(text) {
				want.WriteString(text[at-1 : at])
			}
		}
		e, err := picture.NewEdited(strings.NewReader(text), int64(len(text)), edits)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(e.Reader())
		if err != nil || string(got) != want.String() || e.Size() != int64(want.Len()) {
			t.Fatalf("%q (%v), want %q", got, err, want.String())
		}
	})
}

func TestEditsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for _, edits := range [][]picture.Edit{
		{{At: -1, N: 1}},
		{{At: 0, N: -1}},
		{{At: 3, N: 3}},
		{{At: 0, N: 3}, {At: 2, N: 1}},
		{{At: 1 << 62, N: 1 << 62}},
	} {
		if _, err := picture.NewEdited(strings.NewReader("hello"), 5, edits); err == nil {
			t.Errorf("%v is taken", edits)
		}
	}
}
