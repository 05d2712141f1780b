// Package bridge is the worker between the broker and one ComfyUI server: it
// holds the queue's jobs, decides their order, submits them, follows their
// runs, stores their results and writes what became of them.
//
// # Terms
//
// A [Bridge] waits for the lease of its queue. While it holds it, it is the
// active bridge and everything below belongs to that term: the one WebSocket,
// the held jobs, the runs. When the term ends, by shutdown or by losing the
// lease, nothing of it goes on: no further write is possible, since the broker
// refuses them, and no further prompt is posted. What was under way stays
// un-acknowledged and is picked up by the next term, here or elsewhere, from
// the state log and from what ComfyUI knows.
//
// # Concurrency
//
// One goroutine owns a job from the moment it leaves the schedule until its
// end, and only that goroutine writes its states. The socket's reader feeds
// the tracker and never waits for anyone. Dispatching is serial, so prompts
// reach ComfyUI in the order of the schedule. Everything shared is guarded by
// the mutex of its type; no two are ever held at once.
//
// # Stopping
//
// [Bridge.Run] returns when its context ends and every goroutine it started
// has returned: it takes no more jobs, leaves the open ones un-acknowledged,
// closes the socket with a close handshake, and gives the lease up.
package bridge
