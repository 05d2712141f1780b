package terminal

import "github.com/charmbracelet/x/ansi"

// paint colours parts of a line; the zero value leaves them as they are.
type paint struct{ color bool }

func (p paint) in(c ansi.Color, s string) string {
	if !p.color || s == "" {
		return s
	}
	return ansi.NewStyle().ForegroundColor(c).Styled(s)
}

func (p paint) good(s string) string   { return p.in(ansi.Green, s) }
func (p paint) bad(s string) string    { return p.in(ansi.Red, s) }
func (p paint) warn(s string) string   { return p.in(ansi.Yellow, s) }
func (p paint) accent(s string) string { return p.in(ansi.Cyan, s) }

func (p paint) bold(s string) string {
	if !p.color || s == "" {
		return s
	}
	return ansi.NewStyle().Bold().Styled(s)
}

func (p paint) faint(s string) string {
	if !p.color || s == "" {
		return s
	}
	return ansi.NewStyle().Faint().Styled(s)
}
