package board

import (
	"time"

	"discomfy/pkg/discord/reply"
)

// way is how a result gets to people.
type way string

const (
	byToken way = "token"  // the card is edited by an interaction's token
	byBot   way = "bot"    // the card is edited by the bot's own token
	byPost  way = "post"   // a new message in the channel
	byTail  way = "tail"   // another answer to the interaction, by its token
	byDM    way = "dm"     // a message in the direct messages with the bot
	parked  way = "parked" // a click on the card has to bring a token
	nowhere way = "none"   // the record has it
)

// reach is what is known of the ways to who asked: the handle, and what
// Discord has refused since the end came.
type reach struct {
	reply.Handle
	Deaf   bool // the token was refused
	NoEdit bool // the bot may not edit there
	NoPost bool // nor post
	NoTail bool // no further answers
	NoDM   bool // nor write to who asked
}

// main is the way of the result. Where it is time to tell people, that is a new
// message, if the bot may send one; else the card itself.
func (r reach) main(now time.Time, tell bool) way {
	if tell && r.posts() {
		return byPost
	}
	if w := r.card(now); w != nowhere {
		return w
	}
	switch {
	case r.posts():
		return byPost
	case r.Gone && r.tails(now):
		return byTail
	case r.InBotDM() && !r.NoDM && !r.Private:
		return byDM
	case !r.Lost && !r.Gone && !r.Ending.Erased:
		return parked
	}
	return nowhere
}

// more is the way of the further messages of a result.
func (r reach) more(now time.Time) way {
	switch {
	case r.posts():
		return byPost
	case r.tails(now):
		return byTail
	}
	return nowhere
}

// card is the way to edit the card.
func (r reach) card(now time.Time) way {
	switch {
	case r.Lost || r.Gone || r.Ending.Erased:
		return nowhere
	case r.ByToken(now) && !r.Deaf:
		return byToken
	case r.ByBot() && r.Card != "" && !r.NoEdit:
		return byBot
	}
	return nowhere
}

func (r reach) posts() bool { return r.CanPost() && !r.NoPost && !r.Ending.Erased }

// tails reports whether the token sends further answers. After one that was
// lost there are none: it can not be known whether it arrived.
func (r reach) tails(now time.Time) bool {
	return !r.Lost && !r.Deaf && !r.NoTail && !r.Ending.Erased && r.Ending.Trying == 0 && r.ByToken(now)
}
