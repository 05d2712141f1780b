// Package desk answers what people do on Discord: it takes orders, answers
// questions, and does what was clicked.
//
// Every replica may get every interaction: who claims it first handles it. The
// others look again a moment later, and take over where nobody has answered.
// Whatever the broker does, Discord is answered within two seconds: what takes
// longer is deferred and goes on in a goroutine of its own, of which there are
// only so many.
//
// An order is complete before it is published: the handle that says where to
// answer is stored first, then the job, and only then the card is shown. A crash
// between can lose an answer, never a job. A job whose card Discord refuses is
// cancelled while it waits. An order whose pictures are fetched while its asker
// reads "thinking" is kept before that is shown: any replica, also one that
// begins later, finds what was left behind, and goes on with it or says that
// nothing was ordered.
//
// How many jobs of a person wait is counted upon the newest of them, and a job
// is published only if that still is the newest: orders at the same time, on
// whatever replicas, can not slip past the cap together.
//
// Desk.Handle may be called from any goroutine. Desk.Run waits for what was
// begun and returns some seconds after its context has ended; nothing is kept
// in memory that could not be lost.
package desk
