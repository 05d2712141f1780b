package api

import (
	"errors"
	"time"
)

// ErrTokenDead is returned when an interaction's token is too old, or was refused before.
// Every Error of the kind TokenDead is one.
var ErrTokenDead = errors.New("the interaction's token is dead")

// Error is a call that Discord refused, or that did not reach it.
type Error struct {
	Op         string // what was tried
	Kind       Kind
	Status     int // of HTTP; 0 where no answer came
	Code       int // of Discord's JSON errors
	RetryAfter time.Duration
	Global     bool // the limit is the bot's or the address's, not the target's
	Message    string
	Err        error // the cause, where there was no answer
}

func (e *Error) Error() string { panic("stub") }

// Unwrap is the cause where no answer came: the end of a context, for one.
func (e *Error) Unwrap() error { return e.Err }

// Is makes every Error of the kind TokenDead an ErrTokenDead.
func (e *Error) Is(target error) bool { return target == ErrTokenDead && e.Kind == TokenDead }

// KindOf is the kind of the Error in err's chain, Other where there is none.
func KindOf(err error) Kind { panic("stub") }
