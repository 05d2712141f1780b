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
// cancelled while it waits.
//
// What is answered "thinking", such as an order whose pictures have to be fetched
// or a record, and a click whose work goes on in a task, is kept before that
// answer and until its end: any replica, also one that begins later, finds what
// was left behind, and does it again or says that it was interrupted. So all that
// is answered like that may be done twice. What is answered at once costs nothing.
//
// How many jobs of a person wait is counted upon the newest of them, and a job
// is published only if that still is the newest: orders at the same time, on
// whatever replicas, can not slip past the cap together.
//
// Desk.Handle may be called from any goroutine. Desk.Run waits for what was
// begun and returns some seconds after its context has ended; nothing is kept
// in memory that could not be lost.
package desk
