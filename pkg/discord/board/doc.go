// Package board shows jobs: it follows what becomes of them and keeps their
// cards true, until Discord has accepted the end of each.
//
// The states and the progress of a partition come to one replica at a time
// (broker.Render), and to another one at once when that dies. They are only an
// alarm clock: what an edit shows is read from the broker when it is made, so
// that replicas which both hold a card for a moment show the same. Between
// replicas five things keep order, none of which needs a replica to live on:
//
//   - A card that is not at its end is edited after a claim on it, which lasts
//     a second. Who hears all ticks of a job need not wait for the end of one
//     that somebody else had: its holder has died.
//   - After such an edit the state is read once more. Where the job has ended
//     meanwhile, its end is shown again.
//   - An edit can not be called back, and its sender may die. Who edits a card
//     leaves a trace; where somebody else did so shortly before the end was
//     shown, one of them looks at the card once more when nothing can be on its
//     way any longer, and only then the terminal state is acknowledged. The first
//     card of an order that was answered before is an edit too, which the handle
//     tells.
//   - Who delivers an end says so in the reply handle, for moments; everybody
//     else waits until it is done, or nothing more is heard of it.
//   - What was sent of a result is in the reply handle before the terminal
//     state is acknowledged, and new messages have a nonce of their own.
//
// The newest state of an open job stays unacknowledged, so that it comes to
// somebody else when its holder dies; a terminal one until Discord has accepted
// it. Edits by an interaction's token have its bucket; edits and messages by the
// bot's own token go through the budget of their channel, which all replicas
// share.
//
// One goroutine owns a card. Board.Run returns after all of them have; what was
// not finished within a grace goes back to the broker. Everything in memory may
// be lost at any time.
package board
