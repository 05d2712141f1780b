package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/cenkalti/backoff/v5"
)

const (
	attempts     = 3                // of a call that may be repeated
	answerWithin = 20 * time.Second // beside the time that its body takes
	slowestLink  = 128 << 10        // bytes a second
)

// call is one request to Discord.
type call struct {
	op      string // for errors and logs
	method  string
	url     string
	ctype   string
	body    []byte
	by      route
	token   *Token // of an interaction, where it is made by that
	target  string // whose limit it counts towards; empty: none that is known
	old     bool   // it edits a message over an hour old
	again   bool   // repeating it after a failure changes nothing
	answers any    // where the answer is decoded to; nil: it is not looked at
}

func (c *Client) do(ctx context.Context, k call) error {
	t := c.limits.take(k.target)
	defer c.limits.put(t)
	if err := t.enter(ctx); err != nil {
		return &Error{Op: k.op, Kind: Down, Err: err}
	}
	defer t.leave()
	pauses := &backoff.ExponentialBackOff{
		InitialInterval: 200 * time.Millisecond, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: 2 * time.Second,
	}
	pauses.Reset()
	for attempt := 1; ; attempt++ {
		err := c.attempt(ctx, k, t)
		if err == nil {
			return nil
		}
		if !c.worthAnother(ctx, k, err, attempt) || sleep(ctx, pauses.NextBackOff()) != nil {
			return err
		}
		c.counts.retried.Add(1)
	}
}

func (c *Client) attempt(ctx context.Context, k call, t *target) error {
	if err := c.hold(ctx, k, t); err != nil {
		return err
	}
	if k.token != nil {
		if err := c.usable(k.op, *k.token); err != nil {
			return err
		}
	}
	// A process that was frozen meanwhile goes on before its timers do.
	if latest, ok := ctx.Deadline(); ok && !time.Now().Before(latest) {
		return &Error{Op: k.op, Kind: Down, Err: errLate}
	}
	answer, err := c.send(ctx, k, t)
	if err != nil {
		return err
	}
	return c.decode(ctx, k, answer)
}

// hold waits for the limits of a call, or says how long that would take.
func (c *Client) hold(ctx context.Context, k call, t *target) error {
	for held := false; ; held = true {
		wait, paused := t.wait(k.old), c.limits.pause(k.by)
		if wait <= 0 && paused <= 0 {
			return nil
		}
		if !held {
			c.counts.waits.Add(1)
		}
		longest := max(wait, paused)
		deadline, ok := ctx.Deadline()
		if longest > maxWait || (ok && time.Until(deadline) < longest) {
			return &Error{Op: k.op, Kind: Limited, RetryAfter: longest, Global: paused >= wait}
		}
		if err := sleep(ctx, longest); err != nil {
			return &Error{Op: k.op, Kind: Down, Err: err}
		}
	}
}

// send makes one request, and notes what its answer says about limits and tokens.
func (c *Client) send(ctx context.Context, k call, t *target) ([]byte, error) {
	x := new(exchange)
	limited, cancel := context.WithTimeout(withExchange(ctx, x), answerWithin+time.Second*time.Duration(len(k.body)/slowestLink))
	defer cancel()
	// The bucket is free: its lock goes with the turn, and its wait is over.
	answer, err := c.rest.RequestWithLockedBucket(k.method, k.url, k.ctype, k.body,
		t.limiter.LockBucketObject(t.bucket), 0, discordgo.WithContext(limited))
	if x.status == 0 || (x.status < 300 && err != nil) {
		c.counts.failed.Add(1)
		t.learn(0)
		return nil, &Error{Op: k.op, Kind: Down, Status: x.status, Err: cause(ctx, err)}
	}
	if x.status < 300 {
		c.counts.note(x, nil, k.by)
		t.learn(0)
		return answer, nil
	}
	e := refused(k.op, x, k.by)
	c.counts.note(x, e, k.by)
	c.heed(ctx, k, t, e)
	return nil, e
}

// heed draws the lessons of a refusal.
func (c *Client) heed(ctx context.Context, k call, t *target, e *Error) {
	switch {
	case e.Kind == OldEdits:
		t.learn(0)
		t.holdOld(e.RetryAfter)
	case e.Global:
		t.learn(0)
		c.limits.stop(k.by, e.RetryAfter)
	default:
		t.learn(e.RetryAfter)
	}
	if e.Status == http.StatusTooManyRequests {
		c.log.WarnContext(ctx, "rate-limited by discord", slog.String("call", k.op),
			slog.Duration("retry_after", e.RetryAfter), slog.Bool("global", e.Global))
	}
	if k.token != nil && (e.Kind == TokenDead || (e.Kind == Unknown && !k.token.young(c.now()))) {
		c.dead.bury(*k.token, c.now())
	}
}

// worthAnother says whether a call that failed is made again: where its token's webhook
// is not known yet, where it never left, or where repeating it changes nothing.
func (c *Client) worthAnother(ctx context.Context, k call, err error, attempt int) bool {
	if ctx.Err() != nil {
		return false
	}
	switch KindOf(err) {
	case Unknown:
		return k.token != nil && k.token.young(c.now())
	case Down:
		return attempt < attempts && (k.again || neverLeft(err))
	default:
		return false
	}
}

// errLate is returned where the time for a call was over before it was made.
var errLate = fmt.Errorf("it was not sent: %w", context.DeadlineExceeded)

// neverLeft says whether the request was certainly not sent.
func neverLeft(err error) bool {
	if errors.Is(err, errLate) {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// cause is why there was no answer. An url.Error would tell the token in its address.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if of, ok := errors.AsType[*url.Error](err); ok {
		return of.Err
	}
	return err
}

// decode fills in the answer. What was done is done, even where the answer makes no
// sense; what was asked is not known then.
func (c *Client) decode(ctx context.Context, k call, answer []byte) error {
	if k.answers == nil || (len(answer) == 0 && k.method != http.MethodGet) {
		return nil
	}
	err := json.Unmarshal(answer, k.answers)
	if err == nil {
		return nil
	}
	if k.method == http.MethodGet {
		return &Error{Op: k.op, Kind: Down, Status: http.StatusOK, Message: "the answer makes no sense", Err: err}
	}
	c.log.WarnContext(ctx, "discord's answer was not understood", slog.String("call", k.op), slog.Any("error", err))
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// plain refuses what would lead an address elsewhere.
func plain(op string, parts ...string) error {
	for _, part := range parts {
		odd := func(r rune) bool {
			return !strings.ContainsRune("-_.=~@:", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		}
		if part == "" || part == "." || part == ".." || strings.ContainsFunc(part, odd) {
			return &Error{Op: op, Kind: Invalid, Message: "an id is missing or odd"}
		}
	}
	return nil
}
