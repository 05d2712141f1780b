// Package bench measures the program against the raw cost of the same work:
// BenchmarkTable prints one row a measure and, with -update, writes the table
// of docs/benchmarks.md. It holds benchmarks only; nothing imports it, and no
// time is ever asserted.
//
// What is measured runs as it does in production: a NATS server with our
// nats.conf (every write is synced), and the program, each in a process of its
// own and reached over TCP. The fake ComfyUI runs inside the benchmark, so that
// it can tell when a frame left it or a prompt was accepted; the raw cost is
// that of a bare client (WebSocket, POST, history, download, two prompts
// queued) of a second fake. Where a measure mostly waits, both sides run at the
// same time, elsewhere they take turns.
//
// DISCOMFY_BENCH_BUILD holds further flags of `go build`, such as -overlay or
// -race, to measure a program that was changed for the purpose.
package bench
