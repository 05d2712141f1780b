// Package reply is where a job is answered: the handle that is stored before
// the job is published, and from which any replica, at any later time, can tell
// how the job's card can be changed and where else its result may go.
//
// A Handle holds an interaction's token: only the ingress may read it, and it
// is never logged. Its questions are pure functions of it and of a moment.
// Changes are compare-and-set (Store.Change), so that no replica overwrites
// what another one has learned. Nothing here starts a goroutine.
package reply
