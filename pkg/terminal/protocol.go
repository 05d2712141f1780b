package terminal

import "strings"

// Protocol is how a terminal takes pictures.
type Protocol string

// The protocols that are spoken.
const (
	NoPictures Protocol = ""
	Kitty      Protocol = "kitty"  // kitty, Ghostty; also Konsole and WezTerm
	ITerm2     Protocol = "iterm2" // iTerm2, WezTerm, mintty, VS Code
)

// Detect guesses from the environment which pictures the terminal takes; a
// wrong yes would fill it with rubbish, so whatever is not known is none.
// Within tmux and screen it is none: they do not pass pictures on unasked.
func Detect(getenv func(string) string) Protocol {
	term, program := getenv("TERM"), getenv("TERM_PROGRAM")
	switch {
	case getenv("TMUX") != "", strings.HasPrefix(term, "screen"), strings.HasPrefix(term, "tmux"):
		return NoPictures
	case getenv("KITTY_WINDOW_ID") != "", term == "xterm-kitty", term == "xterm-ghostty", program == "ghostty":
		return Kitty
	case program == "iTerm.app", program == "WezTerm", program == "mintty", getenv("LC_TERMINAL") == "iTerm2":
		return ITerm2
	}
	return NoPictures
}
