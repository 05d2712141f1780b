package broker

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The object store of nats.go reads once per chunk, so that a slow body gives
// thousands of tiny ones, and keeps thousands of chunks in flight, which
// overruns the stream's in-queue. So files are written here, in its format
// (ADR-20): anything that reads object stores reads them.
const (
	// largestChunk bounds a chunk, in bytes, whatever a message may hold: larger
	// ones are synced less often, and yet the whole took longer, since less of it
	// goes on side by side.
	largestChunk = 1<<20 - chunkMargin
	// chunkMargin is what of a message is left for what is not the file's.
	chunkMargin = 16 << 10
	// firstBuffer is the size at which a buffer for chunks begins, in bytes:
	// most files are small.
	firstBuffer = 256 << 10
	// unacknowledged bounds the bytes that may wait for an acknowledgement; two
	// chunks may in any case.
	unacknowledged = 4 << 20
	// chunkWithin is how long one acknowledgement may take: a deadline that
	// grows with the file.
	chunkWithin = 30 * time.Second
	// purgeWithin bounds the removal of a file that was not finished.
	purgeWithin = 10 * time.Second
)

// stored describes a file that was written.
type stored struct {
	size   int64
	digest []byte // SHA-256
}

// target is where a file goes.
type target struct {
	bucket string
	name   func(stored) string                         // asked when the content is known
	have   func(ctx context.Context, name string) bool // whether the file need not be stored again; may be nil
}

// putObject streams r into the bucket. Only one file is written at a time.
func (b *Broker) putObject(ctx context.Context, to target, r io.Reader) (stored, error) {
	select {
	case b.put <- struct{}{}:
		defer func() { <-b.put }()
	case <-ctx.Done():
		return stored{}, context.Cause(ctx)
	}
	u := upload{b: b, bucket: to.bucket, nuid: uuid.NewString(), chunk: chunkSize(b.nc.MaxPayload())}
	digest, err := u.send(ctx, r)
	if err != nil {
		u.discard(ctx)
		return stored{}, storeError(err)
	}
	done := stored{size: u.size, digest: digest}
	name := to.name(done)
	if to.have != nil && to.have(ctx, name) {
		u.discard(ctx)
		return done, nil
	}
	if err := u.publishMeta(ctx, name, digest); err != nil {
		u.discard(ctx)
		return stored{}, storeError(err)
	}
	return done, nil
}

func storeError(err error) error {
	if judge(err) == storeFull {
		return errors.Join(ErrStoreFull, err)
	}
	return err
}

// upload is one file on its way into a bucket.
type upload struct {
	b       *Broker
	bucket  string
	nuid    string // names the chunks
	chunk   int    // size of every chunk but the last, in bytes
	size    int64
	chunks  uint32
	pending []jetstream.PubAckFuture
}

func (u *upload) chunkSubject() string { return chunksOf(u.bucket, u.nuid) }

// chunksOf is the subject of the bytes of a file.
func chunksOf(bucket, nuid string) string { return "$O." + bucket + ".C." + nuid }

func metaSubject(bucket, name string) string {
	return "$O." + bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(name))
}

// chunkSize is the size of chunks where a message may hold so many bytes.
func chunkSize(maxPayload int64) int {
	return int(min(largestChunk, max(maxPayload, 2*chunkMargin)-chunkMargin))
}

// send reads r to its end and publishes it in full chunks, and returns its
// SHA-256. Two buffers serve them all: one is filled while the other is hashed.
// Publishing copies it, and without retries nothing is sent later.
func (u *upload) send(ctx context.Context, r io.Reader) (digest []byte, err error) {
	hashing := newHashing()
	defer hashing.stop()
	var buffers [2][]byte
	for i := 0; ; i = 1 - i {
		data, err := fill(buffers[i], u.chunk, r)
		buffers[i] = data
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		if len(data) > 0 {
			if err := u.sendChunk(ctx, data); err != nil {
				return nil, err
			}
			hashing.add(data)
		}
		if last {
			return hashing.sum(), u.settle(ctx, 0)
		}
	}
}

// fill reads into the buffer, and makes it larger as needed, until it holds
// most bytes or r has ended, which is io.EOF alone: a download that breaks off
// says io.ErrUnexpectedEOF, which io.ReadFull would make look like the end of
// the file.
func fill(buffer []byte, most int, r io.Reader) ([]byte, error) {
	buffer = buffer[:0]
	var err error
	for len(buffer) < most && err == nil {
		if len(buffer) == cap(buffer) {
			buffer = slices.Grow(buffer, min(most, max(firstBuffer, 4*cap(buffer)))-len(buffer))
		}
		var n int
		n, err = r.Read(buffer[len(buffer):min(cap(buffer), most)])
		buffer = buffer[:len(buffer)+n]
	}
	return buffer, err
}

func (u *upload) sendChunk(ctx context.Context, data []byte) error {
	if err := u.settle(ctx, max(unacknowledged/u.chunk, 2)-1); err != nil {
		return err
	}
	u.b.at(ctx, BeforeChunk)
	future, err := u.b.js.PublishMsgAsync(&nats.Msg{Subject: u.chunkSubject(), Data: data}, jetstream.WithRetryAttempts(0))
	if err != nil {
		return fmt.Errorf("send a chunk: %w", err)
	}
	u.pending = append(u.pending, future)
	u.size += int64(len(data))
	u.chunks++
	return nil
}

// settle waits until at most n chunks are unacknowledged.
func (u *upload) settle(ctx context.Context, n int) error {
	for len(u.pending) > n {
		oldest := u.pending[0] // answers once
		u.pending = u.pending[1:]
		if err := await(ctx, oldest); err != nil {
			return err
		}
	}
	return nil
}

func await(ctx context.Context, future jetstream.PubAckFuture) error {
	timer := time.NewTimer(chunkWithin)
	defer timer.Stop()
	select {
	case <-future.Ok():
		return nil
	case err := <-future.Err():
		return fmt.Errorf("store a chunk: %w", err)
	case <-timer.C:
		return fmt.Errorf("store a chunk: no answer within %v", chunkWithin)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// publishMeta makes the file visible.
func (u *upload) publishMeta(ctx context.Context, name string, digest []byte) error {
	data, err := json.Marshal(jetstream.ObjectInfo{
		ObjectMeta: jetstream.ObjectMeta{Name: name, Opts: &jetstream.ObjectMetaOptions{ChunkSize: uint32(u.chunk)}},
		Bucket:     u.bucket, NUID: u.nuid, Size: uint64(u.size), Chunks: u.chunks,
		ModTime: time.Now().UTC(), Digest: digestPrefix + base64.URLEncoding.EncodeToString(digest),
	})
	if err != nil {
		return err
	}
	msg := &nats.Msg{Subject: metaSubject(u.bucket, name), Data: data, Header: nats.Header{}}
	msg.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	u.b.at(ctx, BeforeMeta)
	defer u.b.at(ctx, AfterMeta)
	if _, err := u.b.js.PublishMsg(ctx, msg); err != nil {
		return fmt.Errorf("store the file's entry: %w", err)
	}
	return nil
}

// discard removes the chunks of a file that was not finished, also when ctx
// has ended. What it can not remove expires with the bucket.
func (u *upload) discard(ctx context.Context) {
	if u.chunks == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), purgeWithin)
	defer cancel()
	for _, future := range u.pending { // a chunk must not land behind the purge
		_ = await(ctx, future)
	}
	s, err := u.b.stream(ctx, bucketPrefix+u.bucket)
	if err == nil {
		err = s.Purge(ctx, jetstream.WithPurgeSubject(u.chunkSubject()))
	}
	if err != nil {
		u.b.cfg.Log.WarnContext(ctx, "could not remove an unfinished file; it will expire", keySubject, u.chunkSubject(), keyError, err)
	}
}

// hexDigest is how digests appear in states and names.
func (s stored) hexDigest() string { return hex.EncodeToString(s.digest) }
