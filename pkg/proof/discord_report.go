package proof

import (
	"fmt"
	"strings"
	"time"
)

// The rules about people on Discord, as they are named when they are broken.
const (
	Unanswered   Rule = "left unanswered"             // for three seconds, though a replica could have
	Abandoned    Rule = "left thinking"               // an answer was promised, and never came
	Unasked      Rule = "job out of nowhere"          // of somebody on Discord who did not ask
	OfAnother    Rule = "mixed up"                    // a job, a button or a file that belongs to another order
	Stray        Rule = "message out of nowhere"      // it answers nobody
	LeftOpen     Rule = "left running"                // a message says so, and the job has ended
	Untold       Rule = "end not told"                // no message tells it
	ToldTwice    Rule = "told twice"                  // two messages, two copies of a file, two notifications
	NotDelivered Rule = "file not delivered"          // a file of the result is in no message
	Altered      Rule = "file altered"                // it is not what is stored, and nobody says why
	Misplaced    Rule = "not the answer to the asker" // another channel, another person
	Exposed      Rule = "private job seen by others"  // for the asker alone, and everybody sees it
	Bothered     Rule = "bothered somebody"           // who had not asked was notified
	Vanished     Rule = "message taken away"          // nobody asked for that
	DeadToken    Rule = "dead token used"             // after fifteen minutes
	RuleBroken   Rule = "rule of Discord broken"      // a body or a frame that Discord would not take
	Gap          Rule = "gap in the record"           // the judge does not know everything
)

// DiscordReport is the judgement on a campaign with people on Discord.
type DiscordReport struct {
	Report
	Interactions int            // all of them
	Slowest      time.Duration  // first answer
	Refused      int            // answered in time, and Discord did not take it for a fault of its own
	Unheard      int            // no replica heard them that was awake for three seconds
	Unsuggested  int            // autocompletions that nobody answered
	Forsaken     int            // promised answers that nobody was left to give
	Orders       int            // that people saw accepted
	ByCard       int            // ends that the card tells
	ByMessage    int            // ends that a message of their own tells
	Moved        int            // cards that lead to such a message
	Relapses     int            // times that a message which told the end went back for a while
	Deleted      int            // ends whose message people deleted
	Withdrawn    int            // jobs that were cancelled because nobody saw them accepted
	Placeless    int            // private jobs that nobody saw accepted
	Delivered    int            // files
	Encoded      int            // of them, encoded anew and called so
	NotAttached  int            // files that are not there, which is told
	Pings        int            // people who were notified
	Requests     int            // of REST
	Limited      map[string]int // 429s by route
	Twice        int            // first answers to what was answered already
	Faulty       int            // answers 5xx
}

// String is the report as an operator reads it.
func (r DiscordReport) String() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s "+format+"\n", append([]any{name}, args...)...)
	}
	limited := 0
	for _, n := range r.Limited {
		limited += n
	}
	line("people", "%d interactions, the slowest answer after %v", r.Interactions, r.Slowest.Round(time.Millisecond))
	line("unanswered", "%d that Discord itself failed, %d while no replica was awake, %d autocompletions; %d promised answers that nobody was left to give", r.Refused, r.Unheard, r.Unsuggested, r.Forsaken)
	line("orders", "%d seen accepted, %d withdrawn, %d private ones without a place", r.Orders, r.Withdrawn, r.Placeless)
	line("ends", "%d told by the card, %d by a message (%d cards lead there), %d deleted by people; %d times one went back for a while", r.ByCard, r.ByMessage, r.Moved, r.Deleted, r.Relapses)
	line("attached", "%d files, %d of them encoded anew; %d not attached", r.Delivered, r.Encoded, r.NotAttached)
	line("notified", "%d people", r.Pings)
	line("requests", "%d, %d answered 5xx, %d answered twice, %d limited: %s", r.Requests, r.Faulty, r.Twice, limited, counted(r.Limited))
	return b.String() + r.Report.String()
}
