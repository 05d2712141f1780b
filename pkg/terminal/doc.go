// Package terminal is the ingress of the command line: it turns arguments into
// jobs and shows what becomes of them.
//
// It owns what a person at a terminal sees: the frames that are redrawn in
// place, the plain log where there is no terminal, the lines of JSON for
// programs, the pictures that some terminals can draw, and the files that are
// saved. Nothing below the broker knows that it exists: a job of the terminal
// is a job as any other.
//
// Everything that came from outside (prompts, node titles, error messages,
// file names) passes Clean or SafeName before it is written anywhere.
//
// Submit, Save and the functions that render are plain calls. Watch runs until
// its jobs have ended or its context has; one goroutine owns all that it knows
// and draws, at most three more fetch files and one asks whether the bridge is
// there, and all have returned when Watch does. A Screen may be shared: what
// is written to it scrolls past above the frame.
package terminal
