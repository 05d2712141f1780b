// Package proof judges a campaign: whether every accepted job ended in exactly
// one terminal state, with its result stored, and ran to its end once.
//
// It judges from durable facts only, which Gather collects when nothing moves
// any more: the state log, the queue and the results store of NATS, the run
// log, the output folder and the queue of the fake ComfyUI, and the list of
// the jobs whose publish was acknowledged. It asks no bridge and believes no
// log line.
//
// A second completed run is no violation where ComfyUI itself had lost its
// memory in between, by a restart or a cleared history; such runs are counted
// apart and printed.
//
// Check is a pure function. Nothing here runs in the background. The tests
// beside it start real processes, kill and freeze them, and end with Check.
package proof
