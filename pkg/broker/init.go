package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
)

// InitConfig holds the settings of the set-up. A zero value means: as it is,
// and where it is not yet, the default.
type InitConfig struct {
	Queues       []job.Queue // none means job.DefaultQueue
	MaxJobs      int         // jobs that one queue holds before it refuses more; default 2000
	ResultsBytes int64       // room for output files; default 8 GiB, or what the server has
	InputsBytes  int64       // room for input pictures; default 2 GiB, or what the server has
	Replicas     int         // of every stream; default 1
	Discord      bool        // what the Discord ingress needs too; without one it would only pile up
}

// Init creates all streams, stores and consumers, or brings existing ones to
// the settings that this version needs. It may be repeated at any time and
// removes nothing: sizes and ages that an operator chose larger are kept. The
// settings that the server reports afterwards are compared with those asked
// for, because old servers drop what they do not know.
func (b *Broker) Init(ctx context.Context, c InitConfig) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("set up NATS: %w", err)
	}
	if len(c.Queues) == 0 {
		c.Queues = []job.Queue{job.DefaultQueue}
	}
	defer b.forget()
	for _, a := range topology(c) {
		if err := b.ensureWithin(ctx, a, c); err != nil {
			return fmt.Errorf("set up %s: %w", a.stream.Name, err)
		}
	}
	return nil
}

// initWithin bounds what is made for one stream: a server whose disk is busy may
// take seconds for a file.
const initWithin = 30 * time.Second

func (b *Broker) ensureWithin(ctx context.Context, a asset, c InitConfig) error {
	ctx, cancel := context.WithTimeout(ctx, initWithin)
	defer cancel()
	return b.ensure(ctx, a, c)
}

func (c InitConfig) check() error {
	if c.MaxJobs < 0 || c.ResultsBytes < 0 || c.InputsBytes < 0 || c.Replicas < 0 {
		return errors.New("a size is negative")
	}
	for _, q := range c.Queues {
		if _, err := job.ParseQueue(string(q)); err != nil {
			return err
		}
	}
	return nil
}

func (b *Broker) ensure(ctx context.Context, a asset, c InitConfig) error {
	was, err := b.currentStream(ctx, a.stream.Name)
	if err != nil {
		return err
	}
	want := a.stream
	if want.Replicas = max(c.Replicas, 1); want.Replicas > 1 {
		want.PersistMode = jetstream.DefaultPersistMode // the server wants it so
	}
	if was == nil && want.Discard == jetstream.DiscardNew && want.MaxMsgs == 0 {
		want.MaxMsgs = defaultMaxJobs
	}
	if was != nil && was.PersistMode == jetstream.AsyncPersistMode && c.Replicas > 1 {
		// Such a stream can not be replicated, nor changed. What it holds is lossy.
		if err := b.js.DeleteStream(ctx, want.Name); err != nil {
			return fmt.Errorf("make it anew, replicated: %w", err)
		}
		was = nil
	}
	if was != nil {
		want = upgrade(*was, a.stream, c)
	}
	if err := b.ensureStream(ctx, was, want, a.shrinks && was == nil); err != nil {
		return err
	}
	for _, consumer := range a.consumers {
		if err := b.ensureConsumer(ctx, want, consumer); err != nil {
			return fmt.Errorf("consumer %s: %w", consumer.Durable, err)
		}
	}
	return nil
}

func (b *Broker) currentStream(ctx context.Context, name string) (*jetstream.StreamConfig, error) {
	s, err := b.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	config := s.CachedInfo().Config
	return &config, nil
}

// ensureStream creates or updates a stream where it differs.
func (b *Broker) ensureStream(ctx context.Context, was *jetstream.StreamConfig, want jetstream.StreamConfig, shrinks bool) error {
	if was != nil && len(differences(want, *was)) == 0 {
		return nil
	}
	s, err := b.js.CreateOrUpdateStream(ctx, want)
	if shrinks && judge(err) == storeFull {
		s, err = b.shrink(ctx, &want)
	}
	switch {
	case tooFewServers(err):
		return fmt.Errorf("%d replicas need a NATS cluster of at least as many servers: %w", want.Replicas, err)
	case err != nil && judge(err) == storeFull:
		return fmt.Errorf("the server's store has no room for %d MiB; ask for less, or raise max_file_store: %w", want.MaxBytes>>20, err)
	case err != nil && was != nil:
		return fmt.Errorf("the server refuses to change the existing stream (make a backup and remove it, if it is not needed): %w", err)
	case err != nil:
		return err
	}
	if d := differences(want, s.CachedInfo().Config); len(d) > 0 {
		return fmt.Errorf("%w: it did not take %s", ErrUnfit, strings.Join(d, ", "))
	}
	b.cfg.Log.InfoContext(ctx, verbFor(was != nil)+" stream", keyStream, want.Name)
	return nil
}

// tooFewServers knows the answers of a server to more replicas than there are
// servers (nats-server 2.15, server/errors.json).
func tooFewServers(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == codeNotClustered || api.ErrorCode == codeNoPeers)
}

const (
	codeNoPeers      jetstream.ErrorCode = 10005 // of the cluster's servers too few have room
	codeNotClustered jetstream.ErrorCode = 10074
)

// shrink creates a bucket with half of the largest size that the server has:
// the other half is for what comes after it.
func (b *Broker) shrink(ctx context.Context, want *jetstream.StreamConfig) (jetstream.Stream, error) {
	for {
		want.MaxBytes /= 2
		s, err := b.js.CreateOrUpdateStream(ctx, *want)
		switch {
		case err == nil:
			want.MaxBytes /= 2
			return b.js.CreateOrUpdateStream(ctx, *want)
		case judge(err) != storeFull || want.MaxBytes/2 < minBucketBytes:
			return s, err
		}
	}
}

func verbFor(existed bool) string {
	if existed {
		return "updated"
	}
	return "created"
}

// upgrade lays what we need over what exists: settings that are none of ours
// (placement, compression, republishing, …) and larger sizes stay.
func upgrade(was, need jetstream.StreamConfig, c InitConfig) jetstream.StreamConfig {
	next := was
	next.Description, next.Subjects = need.Description, need.Subjects
	next.Retention, next.Discard, next.Storage = need.Retention, need.Discard, need.Storage
	next.MaxMsgsPerSubject, next.DiscardNewPerSubject = need.MaxMsgsPerSubject, need.DiscardNewPerSubject
	next.MaxMsgSize, next.MaxConsumers, next.Duplicates = need.MaxMsgSize, need.MaxConsumers, need.Duplicates
	next.NoAck, next.AllowRollup = need.NoAck, need.AllowRollup
	next.AllowDirect, next.AllowMsgTTL = need.AllowDirect, need.AllowMsgTTL
	next.SubjectDeleteMarkerTTL = need.SubjectDeleteMarkerTTL
	next.MaxAge = longest(was.MaxAge, need.MaxAge)
	next.Metadata = merged(was.Metadata, need.Metadata)
	if c.Replicas > 0 {
		next.Replicas = c.Replicas
	}
	next.MaxMsgs = chosen(need.MaxMsgs, was.MaxMsgs, defaultMaxJobs)
	if need.MaxBytes < 0 || asked(need.Name, c) || was.MaxBytes <= 0 {
		next.MaxBytes = need.MaxBytes
	}
	return next
}

// asked reports whether the size of this bucket was set, not left to us.
func asked(stream string, c InitConfig) bool {
	switch stream {
	case bucketPrefix + resultsBucket:
		return c.ResultsBytes > 0
	case bucketPrefix + inputsBucket:
		return c.InputsBytes > 0
	}
	return false
}

// chosen is the limit asked for; where none is (0), the existing one; where
// there is none either, the standard one.
func chosen(asked, existing, standard int64) int64 {
	switch {
	case asked != 0:
		return asked
	case existing > 0:
		return existing
	}
	return standard
}

// differences names the settings in which got is not what was wanted.
func differences(want, got jetstream.StreamConfig) []string {
	fields := []struct {
		name string
		same bool
	}{
		{"description", want.Description == got.Description},
		{"subjects", slices.Equal(want.Subjects, got.Subjects)},
		{"retention", want.Retention == got.Retention},
		{"discard", want.Discard == got.Discard},
		{"storage", want.Storage == got.Storage},
		{"max_msgs", want.MaxMsgs == got.MaxMsgs},
		{"max_bytes", want.MaxBytes == got.MaxBytes},
		{"max_age", want.MaxAge == got.MaxAge},
		{"max_msgs_per_subject", want.MaxMsgsPerSubject == got.MaxMsgsPerSubject},
		{"discard_new_per_subject", want.DiscardNewPerSubject == got.DiscardNewPerSubject},
		{"max_msg_size", want.MaxMsgSize == got.MaxMsgSize},
		{"max_consumers", want.MaxConsumers == got.MaxConsumers},
		{"duplicate_window", want.Duplicates == got.Duplicates},
		{"num_replicas", want.Replicas == got.Replicas},
		{"no_ack", want.NoAck == got.NoAck},
		{"allow_rollup_hdrs", want.AllowRollup == got.AllowRollup},
		{"allow_direct", want.AllowDirect == got.AllowDirect},
		{"allow_msg_ttl", want.AllowMsgTTL == got.AllowMsgTTL},
		{"subject_delete_marker_ttl", want.SubjectDeleteMarkerTTL == got.SubjectDeleteMarkerTTL},
		{"metadata", contains(got.Metadata, want.Metadata)},
	}
	var names []string
	for _, f := range fields {
		if !f.same {
			names = append(names, f.name)
		}
	}
	return names
}
