// Package comfysim is a fake ComfyUI server: the HTTP routes, the WebSocket, the queue, the executor and the
// traps of a real one, so that everything above it can be tested without a GPU. Recorded traffic of three real
// servers (../testdata/recordings) is the measure; it shares no type with the client in pkg/comfy, so that the two
// cannot share a mistake.
//
// What lives in a ComfyUI process (queue, history, cache, sockets) lives here in a process value, and Restart
// replaces that value; files and the run log (Runs) survive it. One goroutine executes prompts, one sends frames,
// and each socket has the goroutine of its request. All methods of Server may be called at any time from any
// goroutine. Run owns the goroutines: it ends when its context does, closes every socket and waits for all of them.
//
// Faults have few places to go: time passes in Server.pause alone, all frames go through hub.queue or hub.direct,
// all requests through the handler that routes builds, and what a killed server loses is in process alone.
package comfysim
