package discord_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// atOnce is how many tests run at the same time where the command line does not
// say: they wait for Discord's limits far more than they compute.
const atOnce = "8"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
