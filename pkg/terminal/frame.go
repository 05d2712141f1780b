package terminal

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"discomfy/pkg/job"
)

// Bounds of the layout, in cells.
const (
	minWidth = 20
	maxWidth = 140 // wider lines are hard to read
	minBar   = 10
	maxBar   = 40
)

// frame draws the jobs that have not ended, as lines of at most width cells
// and at most height of them.
func (b *board) frame(now time.Time, width, height int, p paint) []string {
	width = min(max(width, minWidth), maxWidth)
	lines := b.notices(width, p)
	var open []*entry
	for _, e := range b.entries {
		if !e.final {
			open = append(open, e)
		}
	}
	for i, e := range open {
		more := len(open) - i
		if len(lines)+2 > height-2 && (more > 1 || len(lines)+2 > height-1) {
			return append(lines, p.faint(fit(fmt.Sprintf("  … and %d more", more), width)))
		}
		lines = append(lines, e.heading(width, p), fit("  "+e.standing(now, width-2, p), width))
	}
	return lines
}

// notices say what keeps the whole queue from moving.
func (b *board) notices(width int, p paint) []string {
	var lines []string
	if words := cmp.Or(b.away, Clean(b.server)); words != "" {
		lines = append(lines, p.warn(fit("! "+words, width)))
	}
	return lines
}

// heading names the job: its mark, its number, who asked, the workflow and
// the prompt.
func (e *entry) heading(width int, p paint) string {
	var b strings.Builder
	b.WriteString(e.mark(p) + " ")
	if e.number > 0 {
		b.WriteString(p.faint(fmt.Sprintf("#%d ", e.number)))
	}
	b.WriteString(p.bold(Person(e.request.User)) + "  " + Clean(e.request.Workflow))
	if text := prompt(e.request); text != "" {
		b.WriteString("  " + p.faint("“"+text+"”"))
	}
	return fit(b.String(), width)
}

func (e *entry) mark(p paint) string {
	switch {
	case e.end == nil && e.running():
		return p.accent("●")
	case e.end == nil:
		return p.faint("○")
	case e.end.Phase == job.Done:
		return p.good("✓")
	case e.end.Phase == job.Cancelled:
		return p.warn("–")
	default:
		return p.bad("✗")
	}
}

// standing says where the job stands now, in one line.
func (e *entry) standing(now time.Time, width int, p paint) string {
	switch {
	case e.end != nil && e.end.Phase == job.Done:
		return "done, fetching the result"
	case e.end != nil:
		return string(e.end.Phase)
	case e.phase == job.Stopping:
		return p.warn("stopping")
	case e.running():
		return e.gauge(now, width, p)
	}
	return e.waiting(now)
}

// waiting says how long it may still take until the run.
func (e *entry) waiting(now time.Time) string {
	words := "handed in, no place in the queue yet"
	if e.position > 0 {
		words = fmt.Sprintf("position %d of %d in the queue", e.position, max(e.of, e.position))
		if in, ok := e.startsIn(now); ok {
			words += ", starts in " + about(in)
		}
	}
	if e.note != "" {
		words += " · " + Clean(e.note)
	}
	return words
}

// gauge is the bar with what fits beside it: the node and its step first, then
// the times.
func (e *entry) gauge(now time.Time, width int, p paint) string {
	filled, rest := bar(e.percent, min(max(width/3, minBar), maxBar))
	line := p.accent(filled) + p.faint(rest) + fmt.Sprintf(" %3d %%", int(e.percent))
	const gap = "  "
	room := width - ansi.StringWidth(line) - len(gap)
	if doing := fit(e.doing(), room); room >= 8 && doing != "" {
		line += gap + doing
		room -= ansi.StringWidth(doing) + len(gap)
	}
	for _, times := range e.times(now) {
		if ansi.StringWidth(times) <= room {
			return line + gap + times
		}
	}
	return line
}

// times are the ways to say how long it has taken and will take, the fullest
// first.
func (e *entry) times(now time.Time) []string {
	passed := elapsed(e.elapsed(now))
	left, ok := e.left(now)
	if !ok {
		return []string{passed}
	}
	return []string{passed + ", " + about(left) + " left", about(left) + " left", passed}
}

// doing is the running node's title and its step.
func (e *entry) doing() string {
	if e.note != "" && e.progress.Title == "" {
		return Clean(e.note)
	}
	title := Clean(e.progress.Title)
	if title == "" {
		title = Clean(e.progress.Node)
	}
	if e.progress.Steps > 1 {
		title = strings.TrimSpace(fmt.Sprintf("%s %d/%d", title, e.progress.Step, e.progress.Steps))
	}
	return title
}

// fit cuts a line to width cells.
func fit(s string, width int) string { return ansi.Truncate(s, width, "…") }
