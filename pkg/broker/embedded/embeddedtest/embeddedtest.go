// Package embeddedtest starts real NATS servers for tests. A server is shut
// down, and has stopped, when its test ends.
package embeddedtest

import (
	"testing"

	"discomfy/pkg/broker/embedded"
)

// Start runs a server of its own for the test, on a free loopback port and in
// a temporary directory.
func Start(t testing.TB) *embedded.Server {
	t.Helper()
	return StartWith(t, embedded.Config{Dir: t.TempDir()})
}

// StartWith is Start with settings: to stop a server and start it again on the
// same port with the same data, or to give it little room. A test does not wait
// for the disk, as a benchmark does.
func StartWith(t testing.TB, c embedded.Config) *embedded.Server {
	t.Helper()
	if _, ok := t.(*testing.T); ok {
		c.Unsynced = true
	}
	s, err := embedded.Start(c)
	if err != nil {
		t.Fatalf("start embedded NATS: %v", err)
	}
	t.Cleanup(s.Shutdown)
	return s
}
