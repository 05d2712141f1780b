package card

import (
	"cmp"

	"discomfy/pkg/discord/api"
)

// Said is one ephemeral sentence, shown escaped, with a capital and a full stop.
func Said(words string) api.Message {
	return api.Message{Content: cmp.Or(stopped(capital(shown(words, maxSaid))), textNothing), Ephemeral: true}
}

// NotYours refuses a click or a /cancel by somebody else.
func NotYours() api.Message { return Said(textNotYours) }

// Nobodys refuses to delete a message of whose job nothing is known any more.
func Nobodys() api.Message { return Said(textNobodys) }

// Hidden refuses to show a private job to somebody else.
func Hidden() api.Message { return Said(textPrivate) }

// NotHere refuses a guild that is not allowed.
func NotHere() api.Message { return Said(textNotHere) }

// NotMember refuses somebody who is in no guild that is allowed.
func NotMember() api.Message { return Said(textNotMember) }

// NotTold refuses while it is not known whether somebody is in such a guild.
func NotTold() api.Message { return Said(textNotTold) }

// TooMany refuses one job more than the number that a user may have waiting.
func TooMany(waiting int) api.Message { return Said(tooMany(waiting)) }

// OldButton answers a click on what is ErrID.
func OldButton() api.Message { return Said(textOldButton) }

// Ended answers a cancel that comes too late.
func Ended() api.Message { return Said(textEnded) }

// Erased answers Erase when it is done.
func Erased() api.Message { return Said(textErased) }

// Kept answers Keep.
func Kept() api.Message { return Said(textKeptIt) }

// Unreachable says that NATS does not answer, so that nothing was started.
func Unreachable() api.Message { return Said(textUnreach) }

// Busy says that nothing was done, because too much is going on.
func Busy() api.Message { return Said(textBusy) }

// Interrupted says that an order came to nothing, because its replica died.
func Interrupted() api.Message { return Said(textBroken) }

// NotStored says that an order came to nothing, because its picture could not
// be stored.
func NotStored() api.Message { return Said(textNotStored) }

// NoDraft answers a click on a set-up card whose draft has expired.
func NoDraft() api.Message { return Said(textNoDraft) }
