// Package job is the vocabulary that every part of discomfy shares: what a
// request is, which states it passes through, what progress and results look
// like, and the coded errors that are shown to people.
//
// It holds values only: no goroutines, no input or output, no clocks but the
// times that are handed to it. Everything here travels as JSON that reads well
// in `nats sub`. Changes are additive: a field that an older process does not
// know is ignored, and the zero value of a new field means what was meant
// before the field existed.
//
// It imports the standard library and google/uuid only.
package job
