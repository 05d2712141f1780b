package broker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ensureConsumer creates or updates a consumer where it differs. It holds as
// many messages as its stream may have, so that the bridge sees every job.
func (b *Broker) ensureConsumer(ctx context.Context, stream jetstream.StreamConfig, need jetstream.ConsumerConfig) error {
	if need.MaxAckPending == 0 && need.AckPolicy == jetstream.AckExplicitPolicy {
		need.MaxAckPending = int(stream.MaxMsgs)
	}
	was, err := b.js.Consumer(ctx, stream.Name, need.Durable)
	want := need
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound):
	case err != nil:
		return err
	default:
		config := was.CachedInfo().Config
		if len(consumerDifferences(need, config)) == 0 {
			return nil
		}
		want = upgradeConsumer(config, need)
	}
	got, err := b.js.CreateOrUpdateConsumer(ctx, stream.Name, want)
	if err != nil {
		return err
	}
	if d := consumerDifferences(want, got.CachedInfo().Config); len(d) > 0 {
		return fmt.Errorf("%w: it did not take %s", ErrUnfit, strings.Join(d, ", "))
	}
	b.cfg.Log.InfoContext(ctx, verbFor(was != nil)+" consumer", keyStream, stream.Name, "consumer", need.Durable)
	return nil
}

// upgradeConsumer keeps what is none of ours, such as a pause.
func upgradeConsumer(was, need jetstream.ConsumerConfig) jetstream.ConsumerConfig {
	next := was
	next.Description, next.AckPolicy, next.AckWait = need.Description, need.AckPolicy, need.AckWait
	next.MaxAckPending, next.MaxDeliver, next.BackOff = need.MaxAckPending, need.MaxDeliver, nil
	next.FilterSubject, next.PriorityPolicy, next.PriorityGroups = need.FilterSubject, need.PriorityPolicy, need.PriorityGroups
	next.Metadata = merged(was.Metadata, need.Metadata)
	return next
}

func consumerDifferences(want, got jetstream.ConsumerConfig) []string {
	var names []string
	for name, same := range map[string]bool{
		"description":     want.Description == got.Description,
		"ack_policy":      want.AckPolicy == got.AckPolicy,
		"ack_wait":        want.AckWait == got.AckWait,
		"max_ack_pending": want.MaxAckPending == got.MaxAckPending || want.AckPolicy == jetstream.AckNonePolicy,
		"filter_subject":  want.FilterSubject == got.FilterSubject,
		"priority_policy": want.PriorityPolicy == got.PriorityPolicy,
		"priority_groups": slices.Equal(want.PriorityGroups, got.PriorityGroups),
		"max_deliver":     want.MaxDeliver == got.MaxDeliver,
		"backoff":         len(got.BackOff) == 0,
		"metadata":        contains(got.Metadata, want.Metadata),
	} {
		if !same {
			names = append(names, name)
		}
	}
	return names
}

// longest is the longer age, where 0 is for ever.
func longest(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}

// merged is both maps in one; the second wins.
func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	if all == nil {
		all = make(map[string]string, len(b))
	}
	maps.Copy(all, b)
	return all
}

// contains reports whether every entry of part is in whole. Servers add
// entries of their own and change them.
func contains(whole, part map[string]string) bool {
	for k, v := range part {
		if whole[k] != v && !strings.HasPrefix(k, "_nats.") {
			return false
		}
	}
	return true
}
