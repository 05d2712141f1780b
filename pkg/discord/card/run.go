package card

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"discomfy/pkg/job"
)

// barCells is the width of the bar: on the narrowest phones it stays on one
// line together with the percent.
const barCells = 12

// writeRun draws a job that runs.
func (v View) writeRun(s *sheet, p job.Phase) {
	s.title, s.colour = v.runTitle(p)
	v.writeAsked(s, maxPrompt)
	switch {
	case p == job.Stopping:
		v.writeStop(s)
	case v.stuck():
		v.writeNoNews(s)
		v.writeLast(s)
	case v.asleep():
		v.writeLast(s)
		v.writeTimes(s)
	default:
		v.writeProgress(s)
		v.writeTimes(s)
	}
	v.writeAsleep(s)
	v.showPreview(s)
}

// stuck reports whether nothing is heard of the run.
func (v View) stuck() bool { return v.Offline || v.Server != "" }

// writeNoNews says why nothing is heard of the run.
func (v View) writeNoNews(s *sheet) {
	if v.Offline {
		s.line(textBridge)
		s.line(textKeptRun)
		return
	}
	v.writeWhy(s)
}

func (v View) runTitle(p job.Phase) (string, colour) {
	switch {
	case p == job.Stopping:
		return titleStopping, held
	case v.stuck():
		return titleHeld, held
	case v.asleep():
		return titleStill, runs
	}
	return titleRunning, runs
}

// writeProgress draws the bar, and what runs.
func (v View) writeProgress(s *sheet) {
	p := v.progress()
	if p == nil {
		s.line(bar(0))
		s.line(textPreparing)
		return
	}
	s.line(bar(p.Percent))
	s.line(doing(p))
	if c := p.Nodes.Cached; c > 0 && p.Nodes.Total >= c {
		s.line(fmt.Sprintf(textCached, c, p.Nodes.Total))
	}
	if p.Attempt > 1 {
		s.line(fmt.Sprintf(textAttempt, p.Attempt))
	}
}

// writeLast says how far it was, where that may have changed since.
func (v View) writeLast(s *sheet) {
	p := v.progress()
	if p == nil {
		return
	}
	at := relative(p.At)
	if at == "" {
		at = relative(v.AsOf)
	}
	s.line(strings.TrimSpace(fmt.Sprintf(textAtPercent, percent(p.Percent), at)))
}

// doing is the running node's title and its step.
func doing(p *job.Progress) string {
	title := shown(p.Title, maxName)
	if title == "" && p.Node != "" {
		title = fmt.Sprintf(textNode, shown(p.Node, maxName))
	}
	if title == "" {
		return textPreparing
	}
	step := ""
	if p.Steps > 1 && p.Step >= 0 {
		step = fmt.Sprintf(textStep, min(p.Step, p.Steps), p.Steps)
	}
	return dotted("**"+title+"**", step)
}

// writeTimes says when it began and when it should end.
func (v View) writeTimes(s *sheet) {
	p := v.progress()
	if p == nil {
		return
	}
	if at := relative(p.Started); at != "" {
		s.line(fmt.Sprintf(textStarted, at))
	}
	s.line(v.estimate(p.ETA, textEnd, textEndPast))
}

// percent is a whole number from 0 to 100, and 100 at the very end only.
func percent(p float64) int {
	if math.IsNaN(p) {
		return 0
	}
	return int(min(max(p, 0), 100))
}

// bar draws percent. It is full at 100 only, and never shrinks while percent
// grows.
func bar(p float64) string {
	n := percent(p)
	filled := n * barCells / 100
	return strings.Repeat("▰", filled) + strings.Repeat("▱", barCells-filled) + fmt.Sprintf(" %d %%", n)
}

var previewNames = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,80}$`)

// previewTypes are what Discord shows in an embed.
var previewTypes = []string{".jpg", ".jpeg", ".png", ".webp", ".gif"}

// showPreview puts the attached preview into the embed. Spoilers have none: an
// embed can not hide it.
func (v View) showPreview(s *sheet) {
	if !v.Spoiler && previewNames.MatchString(v.Preview) && slices.Contains(previewTypes, path.Ext(v.Preview)) {
		s.image = v.Preview
	}
}
