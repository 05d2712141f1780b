package card

// For tests of how texts from outside are shown.
var (
	Plain  = plain
	Shown  = shown
	Bar    = bar
	Lasted = lasted
	Span   = span
	Ord    = ordinal
)
