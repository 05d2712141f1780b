package broker_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/job"
)

const chunk = 1008 << 10 // of a stored file; all but the last are full

// drips reads at most 4 KiB at a time, as a network body does.
type drips struct{ r io.Reader }

func (d drips) Read(p []byte) (int, error) { return d.r.Read(p[:min(len(p), 4<<10)]) }

func content(n int) []byte {
	data := make([]byte, n)
	source := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = source.Read(data)
	return data
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// chunks counts the stored pieces of a bucket.
func chunks(t *testing.T, js jetstream.JetStream, bucket string) int {
	t.Helper()
	stream, err := js.Stream(t.Context(), "OBJ_"+bucket)
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter("$O."+bucket+".C.>"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, messages := range info.State.Subjects {
		n += int(messages)
	}
	return n
}

func TestResultsOfAllSizes(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, chunk - 1, chunk, chunk + 1, 20 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			s, b := setUp(t)
			_, js := raw(t, s)
			term := lead(t, connect(t, s, nil))
			name := job.NewID().String() + "/7-0.png"
			data := content(size)
			n, sum, err := term.PutResult(t.Context(), name, drips{bytes.NewReader(data)})
			if err != nil || n != int64(size) || sum != digest(data) {
				t.Fatalf("PutResult: %d bytes, %s, %v", n, sum, err)
			}
			if got, want := chunks(t, js, "DISCOMFY_RESULTS"), (size+chunk-1)/chunk; got != want {
				t.Errorf("%d chunks, want %d", got, want)
			}
			r, err := b.GetResult(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("GetResult: %d bytes, %v", len(got), err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			info, err := b.ResultInfo(t.Context(), name)
			if err != nil || info.Size != int64(size) || info.Digest != sum || info.Name != name || info.Stored.IsZero() {
				t.Errorf("ResultInfo: %+v, %v", info, err)
			}
			// Any other client of object stores reads it too.
			store, err := js.ObjectStore(t.Context(), "DISCOMFY_RESULTS")
			if err != nil {
				t.Fatal(err)
			}
			if other, err := store.GetBytes(t.Context(), name); err != nil || !bytes.Equal(other, data) {
				t.Errorf("nats.go reads %d bytes, %v", len(other), err)
			}
		})
	}
}

func TestADamagedResultIsNoticed(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	_, js := raw(t, s)
	term := lead(t, b)
	for name, damage := range map[string]func(stream jetstream.Stream, subject string, seq uint64) error{
		"missing": func(stream jetstream.Stream, _ string, seq uint64) error { return stream.DeleteMsg(t.Context(), seq) },
		"changed": func(stream jetstream.Stream, subject string, seq uint64) error {
			_, err := js.Publish(t.Context(), subject, content(chunk))
			return errors.Join(stream.DeleteMsg(t.Context(), seq), err)
		},
	} {
		if _, _, err := term.PutResult(t.Context(), name, bytes.NewReader(content(chunk+9))); err != nil {
			t.Fatal(err)
		}
		stream, err := js.Stream(t.Context(), "OBJ_DISCOMFY_RESULTS")
		if err != nil {
			t.Fatal(err)
		}
		store, _ := js.ObjectStore(t.Context(), "DISCOMFY_RESULTS")
		info, err := store.GetInfo(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		subject := "$O.DISCOMFY_RESULTS.C." + info.NUID
		first, err := stream.GetMsg(t.Context(), 1, jetstream.WithGetMsgSubject(subject))
		if err != nil {
			t.Fatal(err)
		}
		if err := damage(stream, subject, first.Sequence); err != nil {
			t.Fatal(err)
		}
		r, err := b.GetResult(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); !errors.Is(err, broker.ErrDamaged) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := b.GetResult(t.Context(), "absent"); !errors.Is(err, broker.ErrNotFound) {
		t.Errorf("absent: %v", err)
	}
}

func TestAFullStore(t *testing.T) {
	t.Parallel()
	s := embeddedtest.Start(t)
	b := connect(t, s, nil)
	if err := b.Init(t.Context(), broker.InitConfig{ResultsBytes: 3 << 20, InputsBytes: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	_, js := raw(t, s)
	term := lead(t, b)
	if _, _, err := term.PutResult(t.Context(), "small", bytes.NewReader(content(1<<20))); err != nil {
		t.Fatal(err)
	}
	_, _, err := term.PutResult(t.Context(), "big", bytes.NewReader(content(4<<20)))
	wantErr(t, err, broker.ErrStoreFull)
	if got := chunks(t, js, "DISCOMFY_RESULTS"); got != 2 {
		t.Errorf("%d chunks stay behind, want the 2 of the small one", got)
	}
	if _, err := b.ResultInfo(t.Context(), "big"); !errors.Is(err, broker.ErrNotFound) {
		t.Errorf("the big one is visible: %v", err)
	}
	if _, _, err := term.PutResult(t.Context(), "another", strings.NewReader("x")); err != nil {
		t.Errorf("a small one afterwards: %v", err)
	}
	_, err = b.PutInput(t.Context(), bytes.NewReader(content(2<<20)))
	wantErr(t, err, broker.ErrStoreFull)
}

var errTorn = errors.New("torn")

func TestATornUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	_, js := raw(t, s)
	term := lead(t, b)
	// A download that breaks off ends with io.ErrUnexpectedEOF.
	for _, torn := range []error{errTorn, io.ErrUnexpectedEOF, fmt.Errorf("half of it: %w", io.ErrUnexpectedEOF)} {
		for _, size := range []int{5, chunk, 3*chunk + 5} {
			_, _, err := term.PutResult(t.Context(), "torn", io.MultiReader(bytes.NewReader(content(size)), iotest.ErrReader(torn)))
			wantErr(t, err, torn)
			if got := chunks(t, js, "DISCOMFY_RESULTS"); got != 0 {
				t.Errorf("%d chunks of %d bytes stay behind", got, size)
			}
		}
	}
}

func TestInputsAreStoredOnce(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	_, js := raw(t, s)
	data := content(chunk + 1)
	var names [4]string
	var group sync.WaitGroup
	for i := range names {
		group.Go(func() {
			name, err := b.PutInput(t.Context(), bytes.NewReader(data))
			if err != nil {
				t.Error(err)
			}
			names[i] = name
		})
	}
	group.Wait()
	for _, name := range names {
		if name != digest(data) {
			t.Errorf("name %q", name)
		}
	}
	if got := chunks(t, js, "DISCOMFY_INPUTS"); got != 2 {
		t.Errorf("%d chunks, want 2", got)
	}
	r, err := lead(t, b).GetInput(t.Context(), names[0])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("GetInput: %d bytes, %v", len(got), err)
	}
}

// Whoever has seen enough closes the file, in the middle of it too.
func TestAResultIsClosedEarly(t *testing.T) {
	t.Parallel()
	_, b := setUp(t)
	data := content(5*chunk + 9)
	if _, _, err := lead(t, b).PutResult(t.Context(), "large", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	for _, read := range []int{0, 10, chunk, 3*chunk + 1} {
		r, err := b.GetResult(t.Context(), "large")
		if err != nil {
			t.Fatal(err)
		}
		part := make([]byte, read)
		if _, err := io.ReadFull(r, part); err != nil || !bytes.Equal(part, data[:read]) {
			t.Errorf("the first %d bytes: %v", read, err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Error(err)
		}
		if n, err := r.Read(part); n > 0 || !errors.Is(err, io.ErrClosedPipe) && read > 0 {
			t.Errorf("after its end %d bytes, %v", n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := b.GetResult(ctx, "large")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context has ended: %v", err)
	}
}
