// Package picture recognises, bounds, changes and re-encodes pictures. It
// knows nothing of where they come from or go to.
//
// What a file is, is told by its bytes, never by its name. Nothing is decoded
// before its header was read and judged by Limits: Info.Memory says in advance
// what decoding takes, so that a small file can not make a large allocation.
// Metadata is removed by cutting it out of the file; pixels stay as they are.
//
// The package keeps no state and starts no goroutines. Decoding a picture of
// 4096 × 4096 takes 64 MiB, Fit about twice that for a second or more: callers
// that serve many people bound how many run at once. Contexts are looked at
// between rows and attempts.
package picture
