package api

// Kind says what a refusal means for what comes next.
type Kind uint8

// The kinds, with Discord's codes.
const (
	Other        Kind = iota // no error of Discord's
	TooLate                  // 10062: the interaction was not answered in time
	Acked                    // 40060: someone answered already
	Unknown                  // 10015: the token's webhook is not known, yet or any more
	TokenDead                // 50027, or 401 with an interaction's token
	Gone                     // 10008: the message was deleted
	NoAccess                 // 50001, 50013, 10003, 10004, 50007, 50278: not, or no longer, allowed there
	Archived                 // 50083: the thread is archived or locked
	TooLarge                 // 413, 40005, 50045, or larger than RequestLimit
	OldEdits                 // 30046: too many edits of messages older than an hour
	FollowupCap              // 40094: five follow-ups of a user-installed application
	AutoMod                  // 200000, 200001: the text is not wanted there
	Limited                  // 429, or the wait is longer than the caller has
	Down                     // 5xx, no answer, or the caller's context ended
	Unauthorized             // 401 with the bot's token
	Invalid                  // every other refusal
)
