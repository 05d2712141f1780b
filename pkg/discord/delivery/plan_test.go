package delivery_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/picture"
)

func TestWhatFitsIsSentAsItIs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	data := map[string][]byte{
		"1.png": withPrompt(pngOf(t, noise(20, 10))), "2.webp": testdata(t, "testdata/animated.webp"), "3.mp4": clipFile(t, "h264.mp4"),
		"4.flac": clipFile(t, "sound.flac"), "5.glb": clipFile(t, "model.glb"), "6.txt": []byte("a text"), "7.png": []byte("no picture at all"),
	}
	f.order.Spoiler = true
	for i, name := range []string{"1.png", "2.webp", "3.mp4", "4.flac", "5.glb", "6.txt", "7.png"} {
		kind := map[int]string{5: "text/plain", 6: "image/png"}[i]
		f.add(name, kind, data[name])
	}
	plan := f.prepare(delivery.Config{}, delivery.Place{})
	if len(plan.Batches) != 1 || len(plan.Notes) != 0 || len(plan.Links) != 0 {
		t.Fatalf("%d messages, notes %q", len(plan.Batches), plan.Notes)
	}
	var got []string
	for i, file := range files(plan) {
		got = append(got, file.Name+" "+file.Type)
		for range 2 {
			if !bytes.Equal(read(t, file), data[f.order.Results[i].File]) {
				t.Errorf("%s is not what was stored", file.Name)
			}
		}
	}
	short := "txt2img-" + jobID.String()[:8]
	want := []string{
		short + "-1.png image/png", short + "-2.webp image/webp", short + "-3.mp4 video/mp4", short + "-4.flac audio/flac",
		short + "-5.glb model/gltf-binary", short + "-6.txt text/plain", short + "-7.png application/octet-stream",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := files(plan)[1].Description; d != "2 of 7: a red fox" {
		t.Errorf("described as %q", d)
	}
	if err := plan.Close(); err != nil {
		t.Error(err)
	}
}

func TestLimitsHoldAtTheByte(t *testing.T) {
	t.Parallel()
	data := pngOf(t, noise(60, 60))
	for _, c := range []struct {
		limit int64
		whole bool
	}{{int64(len(data)), true}, {int64(len(data)) - 1, false}} {
		f := newFixture(t).add("a.png", "image/png", data)
		plan := f.prepare(delivery.Config{}, delivery.Place{Limit: c.limit})
		if got := bytes.Equal(read(t, files(plan)[0]), data); got != c.whole {
			t.Errorf("%d bytes at a limit of %d: whole is %t", len(data), c.limit, got)
		}
		if c.whole != (len(plan.Notes) == 0) {
			t.Errorf("notes %q", plan.Notes)
		}
	}
}

func TestManyFilesGoIntoSeveralMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		files   int
		size    int
		request int64
		want    string
	}{
		{"fourteen pictures", 14, 1000, 0, "[10 4]"},
		{"ten", 10, 1000, 0, "[10]"},
		{"eleven", 11, 1000, 0, "[10 1]"},
		{"by size", 7, 1 << 20, 3 << 20, "[2 2 2 1]"},
		{"each nearly a message", 2, 3<<20 - 80<<10, 3 << 20, "[1 1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			for i := range c.files {
				f.add("a.bin", "application/x-thing", append(make([]byte, c.size-1), byte(i)))
			}
			plan := f.prepare(delivery.Config{}, delivery.Place{Request: c.request})
			var got []int
			for _, b := range plan.Batches {
				got = append(got, len(b.Files))
			}
			if fmt.Sprint(got) != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
			for i, file := range files(plan) {
				if data := read(t, file); data[len(data)-1] != byte(i) {
					t.Fatalf("file %d is in place %d", data[len(data)-1], i)
				}
			}
		})
	}
}

// What a place takes of one file is no use where a message may not be as large.
func TestAFileFitsItsMessage(t *testing.T) {
	t.Parallel()
	f := newFixture(t).add("a.png", "image/png", pngOf(t, noise(600, 600))).add("b.bin", "", make([]byte, 1<<20+1))
	plan := f.prepare(delivery.Config{}, delivery.Place{Limit: 100 << 20, Request: 1 << 20})
	if all := files(plan); len(all) != 1 || all[0].Size > 1<<20-64<<10 || all[0].Size < 400<<10 {
		t.Errorf("%d files", len(all))
	}
	if !strings.HasPrefix(plan.Notes[0], "Picture 1 is JPEG here: the original has 1 MiB, 952 KiB are allowed") {
		t.Errorf("notes %q", plan.Notes)
	}
}

func TestHalvingKeepsOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for i := range 5 {
		f.add("a.bin", "application/x-thing", []byte{byte(i)})
	}
	plan := f.prepare(delivery.Config{}, delivery.Place{})
	var shape []int
	for n := 0; n < len(plan.Batches); {
		if !plan.Halve(n) {
			n++
		}
	}
	for i, b := range plan.Batches {
		shape = append(shape, len(b.Files))
		if read(t, b.Files[0])[0] != byte(i) {
			t.Errorf("message %d has another file", i)
		}
	}
	if fmt.Sprint(shape) != "[1 1 1 1 1]" || plan.Halve(-1) || plan.Halve(9) {
		t.Errorf("%v", shape)
	}
}

// Discord may refuse what it was said to allow: each time the file gets
// smaller, and in the end there is none.
func TestShrinkingEnds(t *testing.T) {
	t.Parallel()
	f := newFixture(t).add("a.png", "image/png", pngOf(t, noise(400, 400))).add("b.bin", "application/x-thing", make([]byte, 300_000))
	plan := f.prepare(delivery.Config{}, delivery.Place{})
	if !plan.Halve(0) {
		t.Fatal("two files can not be halved")
	}
	last := plan.Batches[0].Files[0].Size
	for i := 0; len(plan.Batches[0].Files) > 0; i++ {
		if err := plan.Shrink(t.Context(), 0); err != nil || i > 4 {
			t.Fatalf("after %d times: %v", i, err)
		}
		if len(plan.Batches[0].Files) == 0 {
			break
		}
		file := plan.Batches[0].Files[0]
		if file.Size > last/2 || int64(len(read(t, file))) != file.Size {
			t.Fatalf("%d bytes after %d", file.Size, last)
		}
		last = file.Size
		if !strings.Contains(plan.Notes[0], "Discord refused a larger form") {
			t.Errorf("notes %q", plan.Notes)
		}
	}
	if err := plan.Shrink(t.Context(), 1); err != nil || len(plan.Batches[1].Files) != 0 {
		t.Errorf("the other file: %v", err)
	}
	want := []string{
		"File 1 and 2 are not attached",
		"The originals are saved by discomfy show " + jobID.String() + " --out DIR",
	}
	if len(plan.Notes) != 2 || !strings.HasPrefix(plan.Notes[0], "Files 1 and 2 are not attached") || plan.Notes[1] != want[1] {
		t.Errorf("notes %q", plan.Notes)
	}
	if err := plan.Shrink(t.Context(), 0); err != nil {
		t.Errorf("an empty batch: %v", err)
	}
}

func TestWhatIsGoneIsNamed(t *testing.T) {
	t.Parallel()
	f := newFixture(t).add("a.png", "image/png", pngOf(t, noise(20, 20))).add("b.png", "image/png", nil).
		addFunc("c.png", "image/png", 4000, damaged(pngOf(t, noise(20, 20)))).add("d.png", "image/png", pngOf(t, noise(30, 30)))
	delete(f.store.files, f.order.Results[1].Name)
	f.order.Results[3].Size++
	plan := f.prepare(delivery.Config{Links: f.links()}, delivery.Place{})
	want := []string{
		"File 2 is not attached: it is no longer stored",
		"Pictures 3 and 4 are not attached: what is stored of it is damaged",
	}
	if d := cmp.Diff(want, plan.Notes); d != "" || len(files(plan)) != 1 || len(plan.Links) != 0 {
		t.Errorf("%s, %d files, %d links", d, len(files(plan)), len(plan.Links))
	}
}

func TestAStoreThatDoesNotAnswerIsAnError(t *testing.T) {
	t.Parallel()
	f := newFixture(t).add("a.png", "image/png", pngOf(t, noise(20, 20)))
	away := errors.New("the broker is away")
	p := f.preparer(delivery.Config{})
	f.store.err, f.order.Insist = away, true
	if _, err := p.Prepare(t.Context(), f.order, delivery.Place{}); !errors.Is(err, away) {
		t.Errorf("%v", err)
	}
	f.store.err = nil
	f.addFunc("b.png", "image/png", 100, func() io.Reader { return io.MultiReader(strings.NewReader("\x89PNG"), failing{away}) })
	if _, err := p.Prepare(t.Context(), f.order, delivery.Place{}); !errors.Is(err, away) || errors.Is(err, broker.ErrDamaged) {
		t.Errorf("%v", err)
	}
}

func TestMetadataIsStrippedWhereThatIsSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"a.png", withPrompt(pngOf(t, noise(20, 20)))}, {"a.webp", testdata(t, "testdata/animated.webp")}, {"a.jpg", testdata(t, "testdata/turned.jpg")},
		{"a.mp4", clipFile(t, "h264.mp4")}, {"a.webm", clipFile(t, "vp9.webm")}, {"a.flac", clipFile(t, "sound.flac")}, {"a.glb", clipFile(t, "model.glb")},
	} {
		for _, strip := range []bool{true, false} {
			f := newFixture(t).add(c.name, "", c.data)
			plan := f.prepare(delivery.Config{Strip: strip}, delivery.Place{})
			data := read(t, files(plan)[0])
			found := bytes.Contains(data, []byte("secret")) || bytes.Contains(data, []byte("Camera"))
			if found == strip || (!strip && !bytes.Equal(data, c.data)) {
				t.Errorf("%s, strip is %t: its secret is there: %t", c.name, strip, found)
			}
		}
	}
	f := newFixture(t).add("a.png", "", withPrompt(pngOf(t, noise(20, 20)))[:300])
	plan := f.prepare(delivery.Config{Strip: true}, delivery.Place{})
	if len(files(plan)) != 0 || plan.Notes[0] != "The picture is not attached: its prompt could not be taken out of it" {
		t.Errorf("a torn file: %q", plan.Notes)
	}
}

func TestATurnedPictureStaysUprightWithoutItsMetadata(t *testing.T) {
	t.Parallel()
	f := newFixture(t).add("a.jpg", "image/jpeg", testdata(t, "testdata/turned.jpg"))
	data := read(t, files(f.prepare(delivery.Config{Strip: true}, delivery.Place{}))[0])
	i, err := picture.Inspect(bytes.NewReader(data), int64(len(data)))
	if err != nil || i.Width != 16 || i.Height != 24 || i.Orientation != 1 {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestNamesAndDescriptionsAreSafe(t *testing.T) {
	t.Parallel()
	for workflow, want := range map[string]string{
		"": "result", "../../etc/passwd": "etc-passwd", "Träume & Co": "tr-ume---co", "a.b\u202egnp": "a-b-gnp",
		strings.Repeat("w", 90): strings.Repeat("w", 40), "---": "result",
	} {
		f := newFixture(t).add("x/../../y.TXT;rm", "text/html; charset=utf-8", []byte("x"))
		f.order.Workflow, f.order.Prompt = workflow, strings.Repeat("🦊\n", 2000)
		plan := f.prepare(delivery.Config{}, delivery.Place{})
		file := files(plan)[0]
		if got, _, _ := strings.Cut(file.Name, "-"+jobID.String()[:8]); got != want || !strings.HasSuffix(file.Name, "-1.bin") {
			t.Errorf("%q becomes %q", workflow, file.Name)
		}
		if strings.ContainsAny(file.Description, "\n") || len(file.Description) < 1000 {
			t.Errorf("described as %q", file.Description)
		}
	}
}

func TestAnOrderWithoutResultsIsAnEmptyPlan(t *testing.T) {
	t.Parallel()
	plan := newFixture(t).prepare(delivery.Config{}, delivery.Place{})
	if len(plan.Batches) != 0 || len(plan.Notes) != 0 {
		t.Errorf("%+v", plan)
	}
	if _, err := delivery.New(delivery.Config{}); err == nil {
		t.Error("a preparer without a store")
	}
}
