// Package loopback finds addresses for servers of tests and proofs that must
// know theirs before they listen, or come back to it after they were killed. It
// holds nothing.
package loopback
