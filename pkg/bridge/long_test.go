package bridge_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"discomfy/pkg/comfy/comfysim"
)

var long = flag.Bool("long", false, "let things be away for as long as they are said to be: eleven minutes")

// takesMinutes skips a test unless it was asked for.
func takesMinutes(t *testing.T) {
	t.Helper()
	if !*long {
		t.Skip("takes minutes; -args -long runs it")
	}
}

func TestComfyUIThatIsAbsentForTenMinutes(t *testing.T) {
	takesMinutes(t)
	t.Parallel()
	s := start(t, settings{none: true})
	s.absent(10 * time.Minute)
}

// TestAHalfOpenSocketThatDiesMinutesLater makes the socket that took its place
// deaf, three times, long after everything was well again.
func TestAHalfOpenSocketThatDiesMinutesLater(t *testing.T) {
	takesMinutes(t)
	t.Parallel()
	s := start(t, settings{sim: comfysim.Config{Speed: 1}})
	salt := 0
	ask := func(seconds string) {
		salt++
		s.once(s.ask("ann", "work", map[string]string{"seconds": seconds, "salt": fmt.Sprint(salt)}))
	}
	ask("0.1")
	client := s.sim.Runs()[0].ClientID
	for range 3 {
		if n := s.sim.HalfOpen(client); n != 1 {
			t.Fatalf("%d half-open sockets", n)
		}
		ask("1")
		<-time.After(3 * time.Minute)
		ask("0.1")
		if n := s.sim.EndHalfOpen(client); n != 1 {
			t.Fatalf("%d half-open sockets died", n)
		}
		ask("1")
	}
}
