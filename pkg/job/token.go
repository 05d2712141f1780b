package job

import (
	"fmt"
	"strings"
)

// DefaultQueue is the queue of a bridge that was given no name.
const DefaultQueue = Queue("default")

// maxToken bounds a queue or user name, in bytes, so that a subject stays
// readable and far below what NATS accepts.
const maxToken = 128

// Queue names the jobs of one ComfyUI server. It is a subject token.
type Queue string

// ParseQueue accepts 1 to 128 characters of A–Z, a–z, 0–9, '_' and '-'.
func ParseQueue(s string) (Queue, error) {
	if !isToken(s) {
		return "", fmt.Errorf("queue name %q: use 1 to %d of the characters A-Z a-z 0-9 _ -", clip(s), maxToken)
	}
	return Queue(s), nil
}

// User is who asked, as a subject token: the kind of ingress and an id of its
// making, as in "discord-80351110224678912" or "terminal-ann".
type User string

// NewUser makes the token for a user that an ingress of this kind knows by id.
// Bytes outside A–Z, a–z, 0–9 and '-' become "_hh", so that different ids
// always give different tokens; an id too long to fit is an error.
func NewUser(kind, id string) (User, error) {
	var b strings.Builder
	b.WriteString(kind)
	b.WriteByte('-')
	for _, c := range []byte(id) {
		if isAlphanumeric(c) || c == '-' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return ParseUser(b.String())
}

// ParseUser reads a token that NewUser made.
func ParseUser(s string) (User, error) {
	if !isToken(s) {
		return "", fmt.Errorf("user %q: does not fit a subject token of %d characters", clip(s), maxToken)
	}
	return User(s), nil
}

func isToken(s string) bool {
	if s == "" || len(s) > maxToken {
		return false
	}
	for _, c := range []byte(s) {
		if !isAlphanumeric(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
