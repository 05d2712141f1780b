// Package comfy is the client of a ComfyUI server: typed HTTP calls, and one
// WebSocket that never gives up. It imports nothing of ours, and knows nothing
// of jobs: its words are the server's (prompt, node, queue, history).
//
// # Client
//
// A Client is safe for use by many goroutines and keeps no state but idle
// connections, which CloseIdle drops. Every answer is bounded in size
// (Config.MaxBody), every call in time: calls whose answer is small by a fixed
// time, streams (View, Upload, ObjectInfo) by a time without progress. Only
// Submit waits as long as its context and its connection live, because
// nobody knows the fate of a submission that was given up on.
//
// # Conn
//
// A Conn owns the one WebSocket of a client id. Run opens it, reads it,
// and opens the next after it has ended, for ever:
//
//   - Ownership. Nobody else sees the socket. Run's goroutines are the
//     only ones that touch it, and Run returns when all of them have.
//   - Generations. A connection that was answered (its first status, and the
//     feature_flags answer) begins a generation: Connected. Nothing is replayed
//     by the server, so whoever sees a new generation must ask the server
//     what it missed: the queue first, then the history.
//   - Order. Events reach Sink one call at a time, in the order of the wire:
//     Connected first, Disconnected last, and every event of generation n before
//     any of n+1. Sink must not block: a slow reader delays every client
//     of the server, which sends to its sockets one after the other.
//   - Deafness. A server may forget an open socket (ComfyUI #16010): it stays
//     open, answers pings and hears nothing more. Conn looks for what must
//     arrive: the feature_flags answer, a status after each accepted submission
//     (Expect), and, while there are open jobs and the socket is silent, frames
//     that explain what GET /queue says. What does not arrive ends
//     the generation within five seconds.
//   - Close before open. The end of an old socket makes a newer one with the
//     same client id deaf, so the old one is closed wholly (close handshake, or
//     given up on after a bounded wait) before the next is opened.
//   - Stop. When the context ends, Run closes the socket in the same way and
//     returns the context's error.
//
// A frame that cannot be read, or is larger than Config.MaxFrame, is counted and
// skipped; so are message types that the package does not know.
//
// Facts about the protocol are from ComfyUI's source (0.3.64, 0.8.0, 0.33.0) and
// from recordings of those servers, in testdata/recordings.
package comfy
