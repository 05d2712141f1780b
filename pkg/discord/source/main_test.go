package source

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// These tests wait, above all for the second that discordgo takes to close, and
	// hardly compute: more of them than processors may run side by side.
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m,
		// Here discordgo waits for its own lock, for ever: what Discord answered to IDENTIFY
		// or RESUME made it lock the session that Open had locked. See the package comment.
		goleak.IgnoreAnyFunction("github.com/bwmarrin/discordgo.(*Session).onEvent"))
}
