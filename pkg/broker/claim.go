package broker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// LongestClaim is how long a claim lasts at most, and where nothing else is said:
// it is the age to which their stream keeps them, whatever a claim asks for.
const LongestClaim = time.Minute

// claimWithin bounds a claim whose context has no earlier deadline: what is
// claimed has to be answered within three seconds.
const claimWithin = 2 * time.Second

// Claim reports whether we are the first to claim the key. The claim lasts for
// ttl, in whole seconds of the server's clock, LongestClaim where that is 0;
// until then everybody else's fails. It can not be given up. An error says that
// it is not known whose the key is, or that the claim would not last as long.
//
// Keys are 1 to 128 characters of A–Z, a–z, 0–9, '_' and '-'.
func (b *Broker) Claim(ctx context.Context, key string, ttl time.Duration) (bool, error) {
	subject, err := keyed(KindClaim, key)
	if err != nil {
		return false, fmt.Errorf("claim: %w", err)
	}
	if ttl > LongestClaim {
		return false, fmt.Errorf("claim %s: it is to last %v, claims are kept for %v", key, ttl, LongestClaim)
	}
	msg := &nats.Msg{Subject: subject, Data: []byte(uuid.NewString()), Header: nats.Header{}}
	if ttl > 0 {
		msg.Header.Set(jetstream.MsgTTLHeader, wholeSeconds(ttl))
	}
	ctx, cancel := context.WithTimeout(ctx, claimWithin)
	defer cancel()
	again := false
	won, err := backoff.Retry(ctx, func() (bool, error) {
		won, err := b.tryClaim(ctx, msg, again)
		again = true
		return won, err
	}, backoff.WithBackOff(quickly()))
	if err != nil {
		return false, fmt.Errorf("claim %s: %w", key, err)
	}
	return won, nil
}

// tryClaim publishes; where the subject is taken it looks who has it, if that
// may be ourselves, by an attempt whose answer was lost. All replicas claim
// every interaction, so that the look is saved where it can be.
func (b *Broker) tryClaim(ctx context.Context, msg *nats.Msg, again bool) (bool, error) {
	ctx, cancel := b.request(ctx, answerWithin)
	defer cancel()
	_, err := b.js.PublishMsg(ctx, msg, jetstream.WithRetryAttempts(0))
	switch judge(err) {
	case accepted:
		return true, nil
	case duplicate:
		if !again {
			return false, nil
		}
		holder, err := b.lastOf(ctx, claimsStream, msg.Subject)
		if errors.Is(err, ErrNotFound) {
			return false, nil // it has ended this moment; it was somebody's
		}
		if err != nil {
			return false, err
		}
		return bytes.Equal(holder.Data, msg.Data), nil
	case absent:
		return false, backoff.Permanent(ErrNotSetUp)
	case uncertain:
		b.count.repeated.Add(1)
		return false, err
	}
	return false, backoff.Permanent(err)
}

// Claimed reports whether somebody has claimed the key, and the claim lasts.
func (b *Broker) Claimed(ctx context.Context, key string) (bool, error) {
	subject, err := keyed(KindClaim, key)
	if err != nil {
		return false, fmt.Errorf("look for a claim: %w", err)
	}
	ctx, cancel := b.request(ctx, answerWithin)
	defer cancel()
	_, err = b.lastOf(ctx, claimsStream, subject)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// wholeSeconds is a time to live as the header has it: at least a second.
func wholeSeconds(d time.Duration) string {
	return strconv.Itoa(max(int(math.Ceil(d.Seconds())), 1)) + "s"
}
