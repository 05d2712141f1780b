package broker

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// The object store of nats.go reads once per chunk, so that a slow body gives
// thousands of tiny ones, and keeps thousands of chunks in flight, which
// overruns the stream's in-queue. So files are written here, in its format
// (ADR-20): anything that reads object stores reads them.
const (
	// chunkSize is the size of every chunk but the last, in bytes: a little
	// below what a message may hold, since each one is synced to the disk.
	chunkSize = 1008 << 10
	// chunkWindow is how many chunks may wait for their acknowledgement.
	chunkWindow = 4
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
	u := upload{b: b, bucket: to.bucket, nuid: nuid.Next(), hash: sha256.New()}
	if err := u.send(ctx, r); err != nil {
		u.discard(ctx)
		return stored{}, storeError(err)
	}
	done := stored{size: u.size, digest: u.hash.Sum(nil)}
	name := to.name(done)
	if to.have != nil && to.have(ctx, name) {
		u.discard(ctx)
		return done, nil
	}
	if err := u.publishMeta(ctx, name); err != nil {
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
	hash    hash.Hash
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

// send reads r to its end and publishes it in full chunks. One buffer serves
// them all: publishing copies it, and without retries nothing is sent later.
func (u *upload) send(ctx context.Context, r io.Reader) error {
	buffer := make([]byte, chunkSize)
	for {
		n, err := fill(buffer, r)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return fmt.Errorf("read the file: %w", err)
		}
		if n > 0 {
			if err := u.sendChunk(ctx, buffer[:n]); err != nil {
				return err
			}
		}
		if last {
			return u.settle(ctx, 0)
		}
	}
}

// fill reads until the buffer is full or r has ended, which is io.EOF alone: a
// download that breaks off says io.ErrUnexpectedEOF, which io.ReadFull would
// make look like the end of the file.
func fill(buffer []byte, r io.Reader) (n int, err error) {
	for n < len(buffer) && err == nil {
		var more int
		more, err = r.Read(buffer[n:])
		n += more
	}
	return n, err
}

func (u *upload) sendChunk(ctx context.Context, data []byte) error {
	if err := u.settle(ctx, chunkWindow-1); err != nil {
		return err
	}
	u.b.at(ctx, BeforeChunk)
	future, err := u.b.js.PublishMsgAsync(&nats.Msg{Subject: u.chunkSubject(), Data: data}, jetstream.WithRetryAttempts(0))
	if err != nil {
		return fmt.Errorf("send a chunk: %w", err)
	}
	u.pending = append(u.pending, future)
	u.hash.Write(data)
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
func (u *upload) publishMeta(ctx context.Context, name string) error {
	data, err := json.Marshal(jetstream.ObjectInfo{
		ObjectMeta: jetstream.ObjectMeta{Name: name, Opts: &jetstream.ObjectMetaOptions{ChunkSize: chunkSize}},
		Bucket:     u.bucket, NUID: u.nuid, Size: uint64(u.size), Chunks: u.chunks,
		ModTime: time.Now().UTC(), Digest: jetstream.GetObjectDigestValue(u.hash),
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
