// Package card makes every message that the bot shows: the card of a job in
// each of its states, the lists and answers, and the ids of the buttons below
// them. It owns the words, the colours and the shapes, and nothing else: what
// comes in is a View, what goes out is an api.Message, and the same View always
// gives the same message, so that equal messages need no edit.
//
// Three things hold for every message, whatever the View holds:
//
//   - Discord takes it: every length, every count and the sum of an embed stay
//     within Discord's limits, counted in UTF-16 units, which are never fewer
//     than the characters that Discord counts.
//   - What people, workflows and servers wrote is shown as text: it can not
//     mention, link, format, hide or reorder anything.
//   - It is true when it is read, not only when it was written: times are
//     Discord's relative ones, which count by themselves, and what would go
//     stale in a message that is no longer edited says of when it is.
//
// All functions are pure and safe for concurrent use. Nothing here starts a
// goroutine, so there is nothing to stop.
package card
