// Package operator keeps docs/nats.md true: its tests run every command of that
// page with the NATS CLI against a real server that holds jobs in all states,
// and compare what comes back with what the page shows. It has no code of its
// own and nobody imports it.
//
// `make docs` writes the answers on the page anew.
package operator
