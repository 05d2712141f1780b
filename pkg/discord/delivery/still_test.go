package delivery_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/picture"
)

// What a large run makes: 48 MiB, where Discord takes 10.
func TestAPictureOf4096PixelsBecomesAJPEG(t *testing.T) {
	t.Parallel()
	const side, limit = 4096 / slow, delivery.DefaultLimit / slow / slow
	f := newFixture(t).add("a.png", "image/png", pngOf(t, noise(side, side)))
	plan := f.prepare(delivery.Config{}, delivery.Place{Limit: limit})
	file := files(plan)[0]
	i, err := picture.Inspect(bytes.NewReader(read(t, file)), file.Size)
	if err != nil || i.Kind != picture.JPEG || i.Width != side || file.Type != "image/jpeg" || !strings.HasSuffix(file.Name, "-1.jpg") {
		t.Errorf("%s, %+v, %v", file.Name, i, err)
	}
	if file.Size < limit/2 {
		t.Errorf("%d bytes: more would have fitted", file.Size)
	}
	want := []string{
		"The picture is JPEG here: the original has 48 MiB, 10 MiB are allowed",
		"The original is saved by discomfy show " + jobID.String() + " --out DIR",
	}
	if slow > 1 {
		want[0] = plan.Notes[0]
	}
	if d := cmp.Diff(want, plan.Notes); d != "" {
		t.Error(d)
	}
}

func TestAPictureOfElevenMebibytesFits(t *testing.T) {
	t.Parallel()
	data := pngOf(t, noise(1964, 1964))
	if len(data) < 11<<20 {
		t.Fatalf("%d bytes", len(data))
	}
	f := newFixture(t).add("a.png", "image/png", data)
	plan := f.prepare(delivery.Config{Links: f.links()}, delivery.Place{})
	if files(plan)[0].Type != "image/jpeg" || len(plan.Links) != 1 || plan.Links[0].Name != "txt2img-"+jobID.String()[:8]+"-1.png" {
		t.Errorf("%s, links %v", files(plan)[0].Type, plan.Links)
	}
	if !strings.HasPrefix(plan.Notes[1], "The original is linked, and saved by discomfy show") {
		t.Errorf("notes %q", plan.Notes)
	}
}

func TestAllPicturesOfABatchShareASentence(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for i := range 14 {
		side := 80 + i%3
		if i == 4 {
			side = 20
		}
		f.add("a.png", "image/png", pngOf(t, noise(side, side)))
	}
	plan := f.prepare(delivery.Config{Pictures: 2}, delivery.Place{Limit: 15_000})
	want := []string{
		"Pictures 1–4 and 6–14 are JPEG here: the originals have up to 20 KiB, 15 KiB are allowed",
		"The originals are saved by discomfy show " + jobID.String() + " --out DIR",
	}
	if d := cmp.Diff(want, plan.Notes); d != "" || len(files(plan)) != 14 || len(plan.Batches) != 2 {
		t.Errorf("%s, %d messages", d, len(plan.Batches))
	}
	again := f.prepare(delivery.Config{}, delivery.Place{Limit: 15_000})
	for i, file := range files(again) {
		if !bytes.Equal(read(t, file), read(t, files(plan)[i])) {
			t.Errorf("file %d is another one the second time", i)
		}
	}
}

func TestTheBestFormThatFits(t *testing.T) {
	t.Parallel()
	soft := image.NewNRGBA(image.Rect(0, 0, 100, 100)) // compresses well
	for i := range soft.Pix {
		soft.Pix[i] = uint8(255 * (i % 4 / 3))
	}
	half := noise(300, 300)
	for i := 3; i < len(half.Pix)/2; i += 4 {
		half.Pix[i] = 0
	}
	for _, c := range []struct {
		name, file string
		data       []byte
		limit      int64
		kind       picture.Kind
		note       string
	}{
		{"lossless", "a.png", pngOf(t, soft), 3_000, picture.PNG, "The picture was compressed better to fit, without loss"},
		{"a bitmap", "a.bmp", testdata(t, "testdata/plain.bmp"), 600, picture.PNG, "The picture was compressed better to fit, without loss"},
		{"smaller", "a.png", pngOf(t, noise(300, 300)), 9_000, picture.JPEG, "The picture is JPEG here, 1"},
		{"transparent", "a.png", pngOf(t, half), 300_000, picture.PNG, ""},
		{"on white", "a.png", pngOf(t, half), 20_000, picture.JPEG, "The picture is JPEG here on white, "},
		{"an animation", "a.gif", testdata(t, "testdata/animated.gif"), 2000, picture.PNG, "The picture shows only the first frame: the animation has 3 KiB"},
		{"too many pixels", "a.jpg", jpegBomb(), 40_000, picture.Unknown, "The picture is not attached: too large: the picture has 60000 × 60000 pixels"},
		{"torn", "a.png", pngOf(t, noise(90, 90))[:20_000], 10_000, picture.Unknown, "The picture is not attached: the picture is damaged"},
		{"another kind", "a.avif", append(testdata(t, "testdata/plain.avif"), make([]byte, 2000)...), 1_000, picture.Unknown, "The picture is not attached: the original has 3 KiB, 1 KiB are allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan := newFixture(t).add(c.file, "", c.data).prepare(delivery.Config{}, delivery.Place{Limit: c.limit})
			if c.note != "" && (len(plan.Notes) == 0 || !strings.HasPrefix(plan.Notes[0], c.note)) {
				t.Errorf("notes %q, want %q", plan.Notes, c.note)
			}
			if c.kind == picture.Unknown {
				if len(files(plan)) != 0 {
					t.Errorf("%s is sent", files(plan)[0].Name)
				}
				return
			}
			file := files(plan)[0]
			if got := picture.Sniff(read(t, file)); got != c.kind || file.Type != got.MediaType() {
				t.Errorf("%s, %s", got, file.Type)
			}
		})
	}
}

// bomb is a picture with a side that is too long, and many bytes.
func bomb() []byte {
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 17000), 9)...)
	b = append(b, 8, 6, 0, 0, 0, 0, 0, 0, 0)
	b = append(binary.BigEndian.AppendUint32(b, 50_000), "IDAT"...)
	return append(append(b, make([]byte, 50_004)...), "\x00\x00\x00\x00IEND\xae\x42\x60\x82"...)
}

// jpegBomb is a header of many pixels, and many bytes.
func jpegBomb() []byte {
	return append([]byte("\xff\xd8\xff\xc0\x00\x11\x08\xea\x60\xea\x60\x03\x01\x11\x00\x02\x11\x01\x03\x11\x01\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"), make([]byte, 50_000)...)
}

// What can not be made to fit stays in the store: it is not even fetched.
func TestLargeFilesWithoutASmallerForm(t *testing.T) {
	t.Parallel()
	const size = 150 << 20
	for _, c := range []struct {
		name string
		head []byte
		note string
	}{
		{"a.mp4", clipFile(t, "h264.mp4"), "The video is not attached: the original has 150 MiB, 10 MiB are allowed"},
		{"a.glb", clipFile(t, "model.glb"), "The file is not attached: the original has 150 MiB, 10 MiB are allowed"},
	} {
		f := newFixture(t)
		var fetched counter
		f.addFunc(c.name, "", size, func() io.Reader {
			return io.TeeReader(io.MultiReader(bytes.NewReader(c.head), io.LimitReader(endless{}, size-int64(len(c.head)))), &fetched)
		})
		plan := f.prepare(delivery.Config{Links: f.links()}, delivery.Place{})
		if len(plan.Batches) != 0 || plan.Notes[0] != c.note || len(plan.Links) != 1 {
			t.Errorf("%s: %d messages, notes %q, %d links", c.name, len(plan.Batches), plan.Notes, len(plan.Links))
		}
		if fetched > 1<<20 {
			t.Errorf("%s: %d bytes were fetched for nothing", c.name, fetched)
		}
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestPreparingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := newFixture(t)
	f.addFunc("a.png", "image/png", 1<<30, func() io.Reader {
		return io.MultiReader(bytes.NewReader(pngOf(t, noise(10, 10))), readFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }))
	})
	p := f.preparer(delivery.Config{})
	if plan, err := p.Prepare(ctx, f.order, delivery.Place{}); !errors.Is(err, context.Canceled) || plan != nil {
		t.Errorf("%v", err)
	}
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// The folder's room is shared: what does not fit now is an error that passes.
func TestRoomIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t).add("a.bin", "", make([]byte, 600_000)).add("b.bin", "", make([]byte, 1_200_000))
	p := f.preparer(delivery.Config{Room: 1_000_000})
	plan, err := p.Prepare(t.Context(), f.order, delivery.Place{})
	if err != nil || len(files(plan)) != 1 || !strings.HasPrefix(plan.Notes[0], "File 2 is not attached") {
		t.Fatalf("%v, notes %q", err, fmt.Sprint(plan))
	}
	// While that plan is open there is no room for another.
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		second, err := p.Prepare(ctx, f.order, delivery.Place{})
		if err == nil {
			err = second.Close()
		}
		ended <- err
	}()
	select {
	case err := <-ended:
		t.Fatalf("the second did not wait: %v", err)
	default:
	}
	if err := plan.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("with room: %v", err)
	}
	cancel()
}
