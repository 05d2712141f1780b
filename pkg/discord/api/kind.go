package api

import (
	"net/http"
	"slices"
)

// Kind says what a refusal means for what comes next.
type Kind uint8

// The kinds, with Discord's codes: the page "Opcodes and Status Codes" of its documentation.
const (
	Other        Kind = iota // no error of Discord's
	TooLate                  // 10062: the interaction was not answered in time
	Acked                    // 40060: someone answered already
	Unknown                  // 10015: the token's webhook is not known, yet or any more
	TokenDead                // 50027, or 401 with an interaction's token
	Gone                     // 10008: the message was deleted
	NoAccess                 // 50001, 50013, 10003, 10004, 50007, 50278, other 403: not allowed there
	Archived                 // 50083, 160005: the thread is archived or locked
	TooLarge                 // 413, 40005, 50045, or larger than RequestLimit
	OldEdits                 // 30046: too many edits of messages older than an hour
	FollowupCap              // 40094: five follow-ups of a user-installed application
	AutoMod                  // 200000, 200001, 240000: the text is not wanted there
	Limited                  // 429, or the wait is longer than the caller has
	Down                     // 5xx, no answer, or the caller's context ended
	Unauthorized             // 401 with the bot's token
	Invalid                  // every other refusal
)

func (k Kind) String() string {
	names := []string{
		"other", "too late", "answered already", "unknown webhook", "token dead", "message gone", "no access",
		"thread archived", "too large", "too many edits of old messages", "too many follow-ups",
		"refused by moderation", "rate-limited", "discord down", "bot token refused", "invalid",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown kind"
}

// route tells whose token a call is made by.
type route uint8

const (
	byBot   route = iota // bound to the bot's global limit
	byToken              // an interaction's, which is not
)

// kindOf judges a refusal. Discord's own code says more than the status.
func kindOf(status, code int, by route) Kind {
	if kind, ok := kindOfCode(code); ok {
		return kind
	}
	return kindOfStatus(status, by)
}

func kindOfCode(code int) (Kind, bool) {
	for _, known := range []struct {
		kind  Kind
		codes []int
	}{
		{TooLate, []int{10062}},
		{Acked, []int{40060}},
		{Unknown, []int{10015}},
		{TokenDead, []int{50027}},
		{Gone, []int{10008}},
		{NoAccess, []int{50001, 50013, 10003, 10004, 50007, 50278}},
		{Archived, []int{50083, 160005}},
		{TooLarge, []int{40005, 50045}},
		{OldEdits, []int{30046}},
		{FollowupCap, []int{40094}},
		{AutoMod, []int{200000, 200001, 240000}},
	} {
		if slices.Contains(known.codes, code) {
			return known.kind, true
		}
	}
	return Other, false
}

func kindOfStatus(status int, by route) Kind {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return TooLarge
	case status == http.StatusTooManyRequests:
		return Limited
	case status == http.StatusUnauthorized && by == byToken:
		return TokenDead
	case status == http.StatusUnauthorized:
		return Unauthorized
	case status == http.StatusForbidden:
		return NoAccess
	case status == http.StatusNotFound && by == byToken:
		return Unknown
	case status >= 500 || status == http.StatusRequestTimeout:
		return Down
	default:
		return Invalid
	}
}
