package board

import "time"

// How often a card is edited. Discord gives an interaction's token about five
// calls in two seconds, and a channel five edits in five for all its cards
// together (discord.md 1.2): the card of a token may be lively, the others
// tell the beginning, the end, and now and then how far it is.
const (
	tickGap  = 1800 * time.Millisecond // between edits of a running card, by an interaction's token
	placeGap = 5 * time.Second         // of a waiting card that is one of the next few
	placeFew = 5                       // how many these are; the gap grows with the place from there
	beginGap = time.Second             // before an edit that shows another phase
	botGap   = 10 * time.Second        // of a running card, by the bot's token

	firstPause   = time.Second // after a failure, doubled by each further one
	longestPause = 15 * time.Second
)

// news is what an edit would tell, the more urgent the greater.
type news int

const (
	nothing  news = iota
	shifted       // a waiting job's place has changed
	ticked        // progress
	begun         // another phase
	farewell      // the token dies soon: what is told now stays
)

// tempo is the rhythm of one card's edits, as far as this replica makes them.
// It has no clock: every moment is handed to it.
type tempo struct {
	last  time.Time // when an edit was begun; zero for never
	after time.Time // none before this, because the last one failed
	fails int       // in a row
	place int       // in line; 0 where it is not known
}

// due is when the news may be told; false for never, by the bot's token.
func (t tempo) due(n news, byBot bool) (time.Time, bool) {
	gap, ok := gapOf(n, byBot)
	if !ok {
		return time.Time{}, false
	}
	if n == shifted {
		gap = gap * time.Duration(max(placeFew, t.place)) / placeFew
	}
	due := t.last.Add(gap)
	if t.after.After(due) {
		due = t.after
	}
	return due, true
}

func gapOf(n news, byBot bool) (time.Duration, bool) {
	switch {
	case n == nothing:
		return 0, false
	case n == farewell || n == begun:
		return beginGap, true
	case byBot && n == shifted:
		return 0, false // a waiting card's times count by themselves
	case byBot:
		return botGap, true
	case n == shifted:
		return placeGap, true
	}
	return tickGap, true
}

// begin notes that an edit is begun.
func (t *tempo) begin(now time.Time) { t.last = now }

// worked notes that Discord took it.
func (t *tempo) worked() { t.fails, t.after = 0, time.Time{} }

// failed notes that it did not, and at least how long it asks to be left alone.
func (t *tempo) failed(now time.Time, wait time.Duration) {
	t.fails++
	t.after = now.Add(max(wait, backOff(t.fails)))
}

// backOff grows from a second to a quarter of a minute.
func backOff(fails int) time.Duration {
	if fails > 4 {
		return longestPause
	}
	return min(firstPause<<(fails-1), longestPause)
}
