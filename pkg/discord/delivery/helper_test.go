package delivery_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/job"
)

// store keeps results in memory, or as a function that yields them.
type store struct {
	mu    sync.Mutex
	files map[string]func() io.Reader
	opens int
	open  int // not yet closed
	err   error
}

func (s *store) GetResult(_ context.Context, name string) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opens++
	if s.err != nil {
		return nil, s.err
	}
	file, ok := s.files[name]
	if !ok {
		return nil, broker.ErrNotFound
	}
	s.open++
	return &handle{Reader: file(), s: s}, nil
}

type handle struct {
	io.Reader
	s *store
}

func (h *handle) Close() error {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	h.s.open--
	return nil
}

// damaged yields bytes and then says that they are not what was stored.
func damaged(data []byte) func() io.Reader {
	return func() io.Reader { return io.MultiReader(bytes.NewReader(data), failing{broker.ErrDamaged}) }
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// order is the delivery of files, in the order of their names.
type fixture struct {
	t     *testing.T
	store *store
	order delivery.Order
}

var jobID = job.FromInteraction("1234567890")

func newFixture(t *testing.T) *fixture {
	t.Helper()
	return &fixture{
		t: t, store: &store{files: map[string]func() io.Reader{}},
		order: delivery.Order{Job: jobID, Workflow: "txt2img", Prompt: "a red fox"},
	}
}

// add stores a result and puts it into the order.
func (f *fixture) add(file, mediaType string, data []byte) *fixture {
	return f.addFunc(file, mediaType, int64(len(data)), func() io.Reader { return bytes.NewReader(data) })
}

func (f *fixture) addFunc(file, mediaType string, size int64, open func() io.Reader) *fixture {
	name := jobID.String() + "/1-" + string(rune('a'+len(f.order.Results))) + filepath.Ext(file)
	f.store.files[name] = open
	f.order.Results = append(f.order.Results, job.Result{Name: name, File: file, Type: mediaType, Size: size})
	return f
}

func (f *fixture) preparer(c delivery.Config) *delivery.Preparer {
	f.t.Helper()
	c.Store = f.store
	if c.Temp == "" {
		c.Temp = f.t.TempDir()
	}
	p, err := delivery.New(c)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := p.Close(); err != nil {
			f.t.Errorf("close: %v", err)
		}
		if left, _ := os.ReadDir(c.Temp); len(left) > 0 {
			f.t.Errorf("%d files stay behind, such as %s", len(left), left[0].Name())
		}
		if f.store.open != 0 {
			f.t.Errorf("%d results are still open", f.store.open)
		}
	})
	return p
}

// prepare plans the delivery with a Preparer of its own.
func (f *fixture) prepare(c delivery.Config, at delivery.Place) *delivery.Plan {
	f.t.Helper()
	plan, err := f.preparer(c).Prepare(f.t.Context(), f.order, at)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = plan.Close() })
	f.sane(plan, at)
	return plan
}

// sane holds what is true of every plan.
func (f *fixture) sane(plan *delivery.Plan, at delivery.Place) {
	f.t.Helper()
	limit, request := at.Limit, at.Request
	if limit == 0 {
		limit = delivery.DefaultLimit
	}
	if request == 0 {
		request = delivery.DefaultRequest
	}
	for i, b := range plan.Batches {
		sum := int64(0)
		for _, file := range b.Files {
			sum += file.Size
			data := read(f.t, file)
			if int64(len(data)) != file.Size || file.Size > limit {
				f.t.Errorf("%s has %d bytes, it said %d, %d are allowed", file.Name, len(data), file.Size, limit)
			}
			if n := len([]rune(file.Description)); n == 0 || n > delivery.MaxDescription {
				f.t.Errorf("%s has a description of %d characters", file.Name, n)
			}
			if strings.Trim(file.Name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" || len(file.Name) > 80 || file.Spoiler != f.order.Spoiler {
				f.t.Errorf("name %q, spoiler: %t", file.Name, file.Spoiler)
			}
		}
		if len(b.Files) == 0 || len(b.Files) > delivery.MaxFiles || (sum > request && len(b.Files) > 1) {
			f.t.Errorf("message %d has %d files of %d bytes", i, len(b.Files), sum)
		}
	}
	for _, n := range plan.Notes {
		if n == "" || len(n) > 300 || strings.ContainsAny(n, "\n`*[]") {
			f.t.Errorf("note %q", n)
		}
	}
}

func read(t testing.TB, file delivery.File) []byte {
	t.Helper()
	r, err := file.Open(t.Context())
	if err != nil {
		t.Fatalf("open %s: %v", file.Name, err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read %s: %v", file.Name, err)
	}
	return data
}

// files are all files of a plan, in order.
func files(p *delivery.Plan) []delivery.File {
	var all []delivery.File
	for _, b := range p.Batches {
		all = append(all, b.Files...)
	}
	return all
}

// noise is a picture that hardly compresses.
func noise(width, height int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	random := rand.New(rand.NewPCG(uint64(width), 2))
	for i := 0; i+8 <= len(m.Pix); i += 8 {
		binary.LittleEndian.PutUint64(m.Pix[i:], random.Uint64())
	}
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withPrompt puts a text into a PNG as ComfyUI does.
func withPrompt(file []byte) []byte {
	const afterHeader = 33
	return slices.Insert(bytes.Clone(file), afterHeader, pngChunk("tEXt", "prompt\x00{\"secret\": 1}")...)
}

func pngChunk(name, body string) []byte {
	chunk := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), name+body...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
}

// clipFile is one of the recorded videos of pkg/picture/clip, half a second of
// 64 × 48 pixels.
func clipFile(t testing.TB, name string) []byte {
	t.Helper()
	return testdata(t, "clip/testdata/"+name)
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../picture", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// padded makes an MP4 as large as wanted, by free space at its end.
func padded(data []byte, size int) []byte {
	n := size - len(data)
	return append(append(bytes.Clone(data), append(binary.BigEndian.AppendUint32(nil, uint32(n)), "free"...)...), make([]byte, n-8)...)
}
