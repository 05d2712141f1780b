//go:build !failpoints

package main

import "context"

// failpoints is nothing in a release build.
func failpoints(func(string) string) (func(context.Context, string), error) { return nil, nil }
