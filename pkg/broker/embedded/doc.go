// Package embedded runs a NATS server with JetStream inside the process, for
// `up`, `demo` and tests.
//
// A Server owns its store directory alone: it is locked, so that a second
// process with the same directory fails to start. It starts in Start,
// is ready when Start returns, and stops in Shutdown, which waits for the
// server's goroutines; Run does the latter when its context ends. All methods
// may be called concurrently.
package embedded
