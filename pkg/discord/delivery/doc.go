// Package delivery makes a job's result files fit for the place where they are
// shown, and a person's picture fit for a workflow.
//
// Preparer.Prepare turns results into a Plan: messages of at most ten files,
// each file as it was stored where Discord takes and plays it, otherwise
// re-encoded, transcoded or replaced by a poster, and words for everything
// that differs. What can not be sent is named, with a signed link to the
// original where the ingress has a public address. Preparer.Input checks a
// picture from outside by decoding it.
//
// A Preparer may be used by many goroutines: it works on one picture and one
// video at a time (settings), the others wait: pictures as long as their context
// lasts, videos for ten minutes. What is left out in words where an order does
// not insist can be had by another Prepare later.
// Large files pass through a folder of its own, whose size is bounded, which
// is removed by Close and, after a crash, by the next start on the machine. A
// Plan owns its files there until it is closed. Nothing here runs on its own:
// every goroutine and every ffmpeg ends before the call that began it.
//
// Links need no state: the address carries what it opens and until when, signed
// by a key that all replicas derive from one secret.
package delivery
