package broker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// objectTimeout bounds the read of one chunk.
const objectTimeout = 10 * time.Second

// freshInput is the age up to which a stored input is used again: it must
// outlive a job that waits for five days.
const freshInput = day

// ObjectInfo describes a stored file.
type ObjectInfo struct {
	Name   string
	Size   int64     // bytes
	Digest string    // SHA-256, 64 hexadecimal digits
	Stored time.Time // by the server's clock
}

// PutInput stores a picture that a user attached, streaming, and returns its
// name, which is the SHA-256 of its content. The same picture is stored once.
// ErrStoreFull when there is no room.
func (b *Broker) PutInput(ctx context.Context, r io.Reader) (string, error) {
	s, err := b.putObject(ctx, target{inputsBucket, stored.hexDigest, b.haveInput}, r)
	if err != nil {
		return "", fmt.Errorf("store the input: %w", err)
	}
	return s.hexDigest(), nil
}

// haveInput reports whether this input is stored and will stay long enough.
func (b *Broker) haveInput(ctx context.Context, name string) bool {
	info, err := b.objectInfo(ctx, inputsBucket, name)
	return err == nil && time.Since(info.Stored) < freshInput
}

// PutResult stores a file that a job produced, streaming, and returns its size
// in bytes and its SHA-256 in hexadecimal digits. The name is the caller's:
// <job id>/<epoch>-<n>.<ext>. Files are stored one at a time. ErrStoreFull when
// there is no room; nothing of the file stays behind then.
func (t *Term) PutResult(ctx context.Context, name string, r io.Reader) (int64, string, error) {
	if err := t.Held(); err != nil {
		return 0, "", fmt.Errorf("store result %s: %w", name, err)
	}
	s, err := t.b.putObject(ctx, target{bucket: resultsBucket, name: func(stored) string { return name }}, r)
	if err != nil {
		return 0, "", fmt.Errorf("store result %s: %w", name, err)
	}
	return s.size, s.hexDigest(), nil
}

// ResultsLimit is the size of the whole results store in bytes; 0 or less
// where it has no bound. It is asked for each time: an operator may raise it.
func (t *Term) ResultsLimit(ctx context.Context) (int64, error) {
	ctx, cancel := t.b.request(ctx, objectTimeout)
	defer cancel()
	s, err := t.b.js.Stream(ctx, bucketPrefix+resultsBucket)
	if err != nil {
		return 0, fmt.Errorf("ask for the size of the results store: %w", notFound(err))
	}
	return s.CachedInfo().Config.MaxBytes, nil
}

// GetInput opens a stored input; see GetResult.
func (b *Broker) GetInput(ctx context.Context, name string) (io.ReadCloser, error) {
	return b.getObject(ctx, inputsBucket, name)
}

// GetInput opens a stored input; see Broker.GetResult.
func (t *Term) GetInput(ctx context.Context, name string) (io.ReadCloser, error) {
	return t.b.GetInput(ctx, name)
}

// GetResult opens a stored result. It is read chunk by chunk as the caller
// reads, which ctx must outlive. What was read is what was stored only when
// Read has returned io.EOF: a damaged file ends with ErrDamaged instead. The
// reader's method Digest() string tells the SHA-256 that it checks.
// ErrNotFound where there is no such file.
func (b *Broker) GetResult(ctx context.Context, name string) (io.ReadCloser, error) {
	return b.getObject(ctx, resultsBucket, name)
}

// ResultInfo describes a stored result, ErrNotFound where there is none.
func (b *Broker) ResultInfo(ctx context.Context, name string) (ObjectInfo, error) {
	o, err := b.objectInfo(ctx, resultsBucket, name)
	return o.ObjectInfo, err
}

// object is a stored file's entry.
type object struct {
	ObjectInfo
	nuid   string
	chunks int
}

func (b *Broker) objectInfo(ctx context.Context, bucket, name string) (object, error) {
	msg, err := b.lastOf(ctx, bucketPrefix+bucket, metaSubject(bucket, name))
	if err != nil {
		return object{}, fmt.Errorf("find %s in %s: %w", name, bucket, err)
	}
	o, err := parseObject(msg.Data)
	if err != nil {
		return object{}, fmt.Errorf("find %s in %s: %w", name, bucket, err)
	}
	o.Stored = msg.Time
	return o, nil
}

// parseObject reads the entry of a stored file.
func parseObject(data []byte) (object, error) {
	var info jetstream.ObjectInfo
	if err := json.Unmarshal(data, &info); err != nil {
		return object{}, fmt.Errorf("decode the entry: %w", err)
	}
	if info.Deleted {
		return object{}, ErrNotFound
	}
	digest, err := jetstream.DecodeObjectDigest(info.Digest)
	if err != nil || len(digest) != sha256.Size || info.NUID == "" || info.Size > math.MaxInt64 {
		return object{}, fmt.Errorf("%w: its entry is incomplete", ErrDamaged)
	}
	return object{
		ObjectInfo: ObjectInfo{Name: info.Name, Size: int64(info.Size), Digest: hex.EncodeToString(digest)},
		nuid:       info.NUID, chunks: int(info.Chunks),
	}, nil
}

func (b *Broker) getObject(ctx context.Context, bucket, name string) (io.ReadCloser, error) {
	o, err := b.objectInfo(ctx, bucket, name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &objectReader{cancel: cancel, object: o, pieces: make(chan []byte)}
	go func() {
		defer close(r.pieces)
		r.ended = b.fetch(ctx, bucket, o, r.pieces)
	}()
	return r, nil
}

// fetch reads the chunks of a file by direct reads, which need no consumer and
// so no right to make one, and hands them on. While one is hashed and the
// caller works on it, the next is on its way. It returns io.EOF, or why the file
// is not what was stored.
func (b *Broker) fetch(ctx context.Context, bucket string, o object, to chan<- []byte) error {
	hashing := newHashing()
	defer hashing.stop()
	subject := "$O." + bucket + ".C." + o.nuid
	size, seq := int64(0), uint64(0)
	for n := range o.chunks {
		msg, err := b.chunkAfter(ctx, bucketPrefix+bucket, subject, seq)
		if errors.Is(err, ErrNotFound) {
			return fmt.Errorf("read %s: %w: %d of %d chunks are there", o.Name, ErrDamaged, n, o.chunks)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", o.Name, err)
		}
		hashing.add(msg.Data)
		select {
		case to <- msg.Data:
		case <-ctx.Done():
			return fmt.Errorf("read %s: %w", o.Name, context.Cause(ctx))
		}
		seq = msg.Sequence
		size += int64(len(msg.Data))
	}
	if size != o.Size || hex.EncodeToString(hashing.sum()) != o.Digest {
		return fmt.Errorf("read %s: %w: size or SHA-256 differ", o.Name, ErrDamaged)
	}
	return io.EOF
}

// chunkAfter reads the chunk behind a sequence, within a bound.
func (b *Broker) chunkAfter(ctx context.Context, stream, subject string, seq uint64) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := b.request(ctx, objectTimeout)
	defer cancel()
	return b.nextOf(ctx, stream, subject, seq+1)
}

// objectReader is a stored file that is being fetched.
type objectReader struct {
	cancel context.CancelFunc
	object object
	pieces chan []byte // closed after the last one
	ended  error       // why, when it is closed
	rest   []byte
	closed bool
}

// Digest is the SHA-256 that the content is held against before Read returns
// io.EOF, as 64 hexadecimal digits.
func (r *objectReader) Digest() string { return r.object.Digest }

func (r *objectReader) Read(p []byte) (int, error) {
	if r.closed {
		return 0, io.ErrClosedPipe
	}
	for len(r.rest) == 0 {
		piece, ok := <-r.pieces
		if !ok {
			return 0, r.ended
		}
		r.rest = piece
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close ends the read, and waits for what is on its way.
func (r *objectReader) Close() error {
	r.cancel()
	for range r.pieces {
		continue // what still comes is not wanted
	}
	r.rest, r.closed = nil, true
	return nil
}
