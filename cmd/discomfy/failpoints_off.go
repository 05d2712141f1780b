//go:build !failpoints || !linux

package main

import "context"

// failpoints is nothing in a release build, and where a thread can not signal
// itself.
func failpoints(func(string) string) (func(context.Context, string), error) { return nil, nil }
