//go:build race

package delivery_test

// slow is how much smaller a large picture's sides are, where every access to
// memory is watched.
const slow = 2
