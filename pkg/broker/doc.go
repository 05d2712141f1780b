// Package broker is the only one that knows NATS: subjects, streams and their
// set-up, the queue of jobs, the log of their states, the lease of the one
// active bridge with its fence, live progress, input and result files, and the
// control service.
//
// A Broker is one connection; its methods may be called concurrently and need
// no particular role. What only the active bridge may do is in Term: Lead
// hands one out while this process holds the queue's lease, so that a write
// without a fence can not be expressed.
//
// Three rules carry the promise that every accepted job ends exactly once:
//
//   - A state is written only together with the epoch of the writer's term; the
//     server refuses the write as soon as another term has begun.
//   - A job is acknowledged, and so leaves the queue, only after its terminal
//     state is stored (or after it moved to another queue).
//   - Durable facts are read from the stream's leader. Plain messages are only
//     an alarm clock: subscribers also see what the stream refused.
//
// A Broker owns its connection until Close. Lead returns when its context has
// ended and everything that it started has too; a channel of Follow is closed
// after its context ended. While NATS is away nothing is buffered: calls fail
// or repeat themselves within a bound.
package broker
