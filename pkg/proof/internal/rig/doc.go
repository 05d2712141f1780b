// Package rig runs the whole system as processes of its own on loopback: a
// NATS server with our nats.conf, the fake ComfyUI and bridges, so that a test
// can kill and freeze each of them. It is a helper of tests.
//
// A Process belongs to its test, which ends it. What processes print is kept
// in files and shown when the test has failed.
package rig
