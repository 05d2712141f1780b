//go:build !race

package delivery_test

// slow is how much smaller a large picture's sides are.
const slow = 1
