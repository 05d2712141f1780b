package broker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
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
// Read has returned io.EOF: a damaged file ends with ErrDamaged instead.
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
	return &objectReader{ctx: ctx, cancel: cancel, b: b, object: o, stream: bucketPrefix + bucket,
		subject: "$O." + bucket + ".C." + o.nuid, hash: sha256.New()}, nil
}

// objectReader reads a file chunk by chunk by direct reads, which need no
// consumer and so no right to make one. While the caller works on a chunk, the
// next one is on its way.
type objectReader struct {
	ctx     context.Context // of the whole read, as with a request's body
	cancel  context.CancelFunc
	b       *Broker
	object  object
	stream  string
	subject string
	hash    hash.Hash
	seq     uint64 // of the last chunk
	chunks  int
	size    int64
	rest    []byte
	ahead   chan piece // answers once; nil while nothing is on its way
	err     error
}

// piece is the answer to the read of one chunk.
type piece struct {
	msg *jetstream.RawStreamMsg
	err error
}

func (r *objectReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 && r.err == nil {
		r.err = r.advance()
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// advance takes the next chunk; after the last one it returns io.EOF, or why
// the file is not what was stored.
func (r *objectReader) advance() error {
	if r.chunks == r.object.chunks {
		return r.check()
	}
	if r.ahead == nil {
		r.request()
	}
	p := <-r.ahead
	r.ahead = nil
	if errors.Is(p.err, ErrNotFound) {
		return fmt.Errorf("read %s: %w: %d of %d chunks are there", r.object.Name, ErrDamaged, r.chunks, r.object.chunks)
	}
	if p.err != nil {
		return fmt.Errorf("read %s: %w", r.object.Name, p.err)
	}
	r.seq = p.msg.Sequence
	r.chunks++
	if r.chunks < r.object.chunks {
		r.request()
	}
	r.size += int64(len(p.msg.Data))
	r.hash.Write(p.msg.Data)
	r.rest = p.msg.Data
	return nil
}

// request reads the chunk behind the last one beside the caller, within a
// bound.
func (r *objectReader) request() {
	ahead, from := make(chan piece, 1), r.seq+1
	r.ahead = ahead
	go func() {
		ctx, cancel := r.b.request(r.ctx, objectTimeout)
		defer cancel()
		msg, err := r.b.nextOf(ctx, r.stream, r.subject, from)
		ahead <- piece{msg, err}
	}()
}

func (r *objectReader) check() error {
	if r.size != r.object.Size || hex.EncodeToString(r.hash.Sum(nil)) != r.object.Digest {
		return fmt.Errorf("read %s: %w: size or SHA-256 differ", r.object.Name, ErrDamaged)
	}
	return io.EOF
}

// Close ends the read, and waits for what is on its way.
func (r *objectReader) Close() error {
	r.cancel()
	if r.ahead != nil {
		<-r.ahead
	}
	r.rest, r.ahead, r.err = nil, nil, io.ErrClosedPipe
	return nil
}
