package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// DeleteResult removes a stored result, for good. Removing what is not there,
// or no longer, is no error.
func (b *Broker) DeleteResult(ctx context.Context, name string) error {
	err := b.deleteObject(ctx, resultsBucket, name)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove result %s: %w", name, err)
	}
	return nil
}

// deleteObject hides the file first, in the way that object stores do
// (ADR-20), and then removes its bytes.
func (b *Broker) deleteObject(ctx context.Context, bucket, name string) error {
	ctx, cancel := context.WithTimeout(ctx, purgeWithin)
	defer cancel()
	o, err := b.objectInfo(ctx, bucket, name)
	if err != nil {
		return err
	}
	gone := jetstream.ObjectInfo{
		ObjectMeta: jetstream.ObjectMeta{Name: name}, Bucket: bucket, NUID: o.nuid,
		ModTime: time.Now().UTC(), Deleted: true,
	}
	data, err := json.Marshal(gone)
	if err != nil {
		return err
	}
	msg := &nats.Msg{Subject: metaSubject(bucket, name), Data: data, Header: nats.Header{}}
	msg.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	if _, err := b.js.PublishMsg(ctx, msg); err != nil {
		return fmt.Errorf("mark it as removed: %w", err)
	}
	s, err := b.stream(ctx, bucketPrefix+bucket)
	if err != nil {
		return err
	}
	return s.Purge(ctx, jetstream.WithPurgeSubject(chunksOf(bucket, o.nuid)))
}
