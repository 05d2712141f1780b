package terminal_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
	"discomfy/pkg/workflow"
)

// webp is a picture of one pixel.
const webp = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="

// encoded are small pictures in every format that is taken.
func encoded(t testing.TB) map[string][]byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 8, 6), color.Palette{color.Black, color.White})
	formats := map[string]func(io.Writer) error{
		"png":  func(w io.Writer) error { return png.Encode(w, m) },
		"jpeg": func(w io.Writer) error { return jpeg.Encode(w, m, nil) },
		"gif":  func(w io.Writer) error { return gif.Encode(w, m, nil) },
	}
	pictures := map[string][]byte{}
	for name, encode := range formats {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		pictures[name] = b.Bytes()
	}
	data, err := base64.StdEncoding.DecodeString(webp)
	if err != nil {
		t.Fatal(err)
	}
	pictures["webp"] = data
	return pictures
}

// huge is a PNG header that announces more pixels than are handled.
func huge(t testing.TB) []byte {
	t.Helper()
	data := bytes.Clone(encoded(t)["png"])
	copy(data[16:24], []byte{0, 0, 0x40, 0, 0, 0, 0x40, 0}) // 16384 × 16384
	binary.BigEndian.PutUint32(data[29:33], crc32.ChecksumIEEE(data[12:29]))
	return data
}

func TestSniffKnowsPicturesByTheirBytes(t *testing.T) {
	t.Parallel()
	for want, data := range encoded(t) {
		if got, err := terminal.Sniff(bytes.NewReader(data)); got != want || err != nil {
			t.Errorf("%s: got %q, %v", want, got, err)
		}
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("GIF? no"), "a truncated header": encoded(t)["png"][:20], "too many pixels": huge(t),
		"HTML": []byte("<html><script>"), "SVG": []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"),
	} {
		if got, err := terminal.Sniff(bytes.NewReader(data)); err == nil {
			t.Errorf("%s passes as %q", name, got)
		}
	}
}

func FuzzSniff(f *testing.F) {
	for _, data := range encoded(f) {
		f.Add(data)
	}
	f.Add(huge(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		format, err := terminal.Sniff(bytes.NewReader(data))
		if (err == nil) == (format == "") {
			t.Errorf("format %q, error %v", format, err)
		}
		if err == nil && !strings.Contains("png jpeg gif webp", format) {
			t.Errorf("unexpected format %q", format)
		}
	})
}

// desk is a broker that takes requests.
type desk struct {
	catalog workflow.Catalog
	missing error
	refuse  error
	jobs    []job.Request
	inputs  map[string][]byte
}

func (d *desk) Catalog(context.Context, job.Queue) (workflow.Catalog, error) {
	return d.catalog, d.missing
}

func (d *desk) Submit(_ context.Context, r job.Request) (broker.Receipt, error) {
	if d.refuse == nil {
		d.jobs = append(d.jobs, r)
	}
	return broker.Receipt{}, d.refuse
}

func (d *desk) PutInput(_ context.Context, r io.Reader) (string, error) {
	data, err := io.ReadAll(r)
	if d.inputs == nil {
		d.inputs = map[string][]byte{}
	}
	d.inputs["object"] = data
	return "object", err
}

// offered are two workflows, one of which takes a picture.
func offered() workflow.Catalog {
	text := workflow.Parameter{Name: "prompt", Type: workflow.TypeText, Required: true, MaxLength: 100}
	seed := workflow.Parameter{Name: "seed", Type: workflow.TypeSeed}
	source := workflow.Parameter{Name: "image", Type: workflow.TypePicture, Required: true}
	return workflow.Catalog{Offers: []workflow.Offer{
		{Manifest: workflow.Manifest{Name: "edit", Parameters: []workflow.Parameter{source}}},
		{Manifest: workflow.Manifest{Name: "txt2img", Parameters: []workflow.Parameter{text, seed}}},
	}}
}

func TestSubmitPublishesACompleteRequest(t *testing.T) {
	t.Parallel()
	d := &desk{catalog: offered()}
	r, err := terminal.Submit(t.Context(), terminal.Config{}, d, "terminal-ann", "txt2img", map[string]string{"prompt": "fox"}, nil)
	if err != nil || len(d.jobs) != 1 {
		t.Fatalf("%d jobs, error %v", len(d.jobs), err)
	}
	if r.Params["prompt"] != "fox" || r.Params["seed"] == nil || r.Queue != job.DefaultQueue || r.Validate() != nil {
		t.Errorf("the request is not complete: %+v", r)
	}
}

func TestSubmitStoresThePicture(t *testing.T) {
	t.Parallel()
	d, file := &desk{catalog: offered()}, filepath.Join(t.TempDir(), "a.txt") // the name says nothing
	data := encoded(t)["png"]
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := terminal.Submit(t.Context(), terminal.Config{}, d, "terminal-ann", "edit", nil, map[string]string{"image": file})
	if err != nil {
		t.Fatal(err)
	}
	if r.Inputs["image"] != "object" || !bytes.Equal(d.inputs["object"], data) {
		t.Errorf("inputs %v, %d bytes stored", r.Inputs, len(d.inputs["object"]))
	}
}

func TestSubmitRefusesInWords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, big := filepath.Join(dir, "text.png"), filepath.Join(dir, "big.png")
	if err := os.WriteFile(text, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(big, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, 33<<20); err != nil {
		t.Fatal(err)
	}
	fox := map[string]string{"prompt": "fox"}
	for name, tt := range map[string]struct {
		desk     desk
		workflow string
		args     map[string]string
		images   map[string]string
		code     job.Code
		words    string
	}{
		"no bridge ever":      {desk{missing: broker.ErrNotFound}, "txt2img", fox, nil, job.CodeBridgeOffline, "default"},
		"unknown workflow":    {desk{catalog: offered()}, "nope", fox, nil, job.CodeUnknown, "nope"},
		"unknown parameter":   {desk{catalog: offered()}, "txt2img", map[string]string{"promt": "fox"}, nil, job.CodeInvalid, "promt"},
		"too long":            {desk{catalog: offered()}, "txt2img", map[string]string{"prompt": strings.Repeat("x", 10_000)}, nil, job.CodeInvalid, "100"},
		"picture missing":     {desk{catalog: offered()}, "edit", nil, nil, job.CodeInvalid, "--image image=PATH"},
		"no such picture":     {desk{catalog: offered()}, "edit", nil, map[string]string{"image": dir + "/gone.png"}, job.CodeInvalid, "no such file"},
		"a folder":            {desk{catalog: offered()}, "edit", nil, map[string]string{"image": dir}, job.CodeInvalid, "not a file"},
		"no picture":          {desk{catalog: offered()}, "edit", nil, map[string]string{"image": text}, job.CodeInvalid, "not a picture"},
		"too large":           {desk{catalog: offered()}, "edit", nil, map[string]string{"image": big}, job.CodeInvalid, "at most"},
		"another parameter":   {desk{catalog: offered()}, "edit", nil, map[string]string{"image": text, "mask": text}, job.CodeInvalid, "mask"},
		"takes no picture":    {desk{catalog: offered()}, "txt2img", fox, map[string]string{"image": text}, job.CodeInvalid, "image"},
		"queue full":          {desk{catalog: offered(), refuse: &job.Error{Code: job.CodeQueueFull}}, "txt2img", fox, nil, job.CodeQueueFull, "full"},
		"NATS did not answer": {desk{catalog: offered(), refuse: &job.Error{Code: job.CodeUnconfirmed}}, "txt2img", fox, nil, job.CodeUnconfirmed, "discomfy show"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := tt.desk
			_, err := terminal.Submit(t.Context(), terminal.Config{}, &d, "terminal-ann", tt.workflow, tt.args, tt.images)
			if job.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("error %v, want %s with %q", err, tt.code, tt.words)
			}
			if len(d.jobs) != 0 {
				t.Error("a job was published")
			}
		})
	}
}
