package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

var (
	// ErrTokenDead is returned when an interaction's token is too old, or was refused before.
	// Every Error of the kind TokenDead is one.
	ErrTokenDead = errors.New("the interaction's token is dead")

	errTooLong = errors.New("longer than allowed")
)

const (
	// limitUnsaid is the wait after a 429 that names none: Cloudflare's ban does not, and
	// asking on makes it longer.
	limitUnsaid = time.Minute
	// oldEditsReset is the window of the limit for edits of old messages, as people
	// observed it (discord-userdoccers, 2026).
	oldEditsReset = 6 * time.Second
)

// Error is a call that Discord refused, or that did not reach it.
type Error struct {
	Op         string // what was tried
	Kind       Kind
	Status     int // of HTTP; 0 where no answer came
	Code       int // of Discord's JSON errors
	RetryAfter time.Duration
	Said       bool   // in Discord's own JSON, not by what stands before it
	Global     bool   // the limit is the bot's or the address's, not the target's
	Message    string // Discord's words; for logs, not for people
	Err        error  // the cause, where there was no answer
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Op, e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d, code %d)", e.Status, e.Code)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, ", again in %s", e.RetryAfter.Round(time.Millisecond))
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap is the cause where no answer came: the end of a context, for one.
func (e *Error) Unwrap() error { return e.Err }

// Is makes every Error of the kind TokenDead an ErrTokenDead.
func (e *Error) Is(target error) bool { return target == ErrTokenDead && e.Kind == TokenDead }

// KindOf is the kind of the Error in err's chain, Other where there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Other
}

// NotDone reports whether what was asked was certainly not done: Discord itself
// has refused it, or it never left. A proxy's word and silence tell nothing.
func NotDone(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err != nil // no call was made
	}
	return e.Kind != Down || (e.Said && e.Status >= http.StatusBadRequest) || neverLeft(err)
}

// refusal is the body of an answer that is no success.
type refusal struct {
	Code       int             `json:"code"`
	Message    string          `json:"message"`
	Errors     json.RawMessage `json:"errors"`
	RetryAfter float64         `json:"retry_after"`
	Global     bool            `json:"global"`
}

// refused makes an Error of an answer.
func refused(op string, x *exchange, by route) *Error {
	var said refusal
	isJSON := json.Unmarshal(x.body, &said) == nil
	e := &Error{Op: op, Kind: kindOf(x.status, said.Code, by), Status: x.status, Code: said.Code, Said: isJSON, Message: words(said)}
	if !isJSON && (e.Kind == NoAccess || e.Kind == Unknown) {
		e.Kind = Down // not Discord's word, but that of what stands before it
	}
	if e.Kind == OldEdits {
		e.RetryAfter = oldEditsReset
	}
	if x.status != http.StatusTooManyRequests {
		return e
	}
	e.RetryAfter = cmp.Or(max(seconds(said.RetryAfter), secondsOf(x.header.Get("Retry-After"))), e.RetryAfter)
	e.Global = said.Global || x.header.Get("X-Ratelimit-Global") != "" || x.header.Get("X-Ratelimit-Scope") == "global"
	if e.RetryAfter == 0 {
		e.RetryAfter = limitUnsaid
		e.Global = e.Global || !isJSON
	}
	return e
}

// words are Discord's, with what it says about single fields, and bounded.
func words(said refusal) string {
	text := said.Message
	if len(said.Errors) > 0 && string(said.Errors) != "null" {
		text += " " + string(said.Errors)
	}
	return strings.ToValidUTF8(text[:min(len(text), 600)], "")
}

func secondsOf(header string) time.Duration {
	n, _ := strconv.ParseFloat(header, 64)
	return seconds(n)
}

// seconds is a duration between nothing and a day.
func seconds(n float64) time.Duration {
	if !(n > 0) {
		return 0
	}
	return time.Duration(min(n, 24*60*60) * float64(time.Second))
}
