package card

import (
	"fmt"
	"strings"
	"time"

	"discomfy/pkg/job"
)

// writeEnd draws a job that has ended.
func (v View) writeEnd(s *sheet, p job.Phase) {
	s.title, s.colour = v.endTitle(p)
	v.writeAsked(s, maxAsked)
	switch p {
	case job.Cancelled:
		v.writeStop(s)
	case job.Failed, job.Rejected:
		v.writeFault(s)
	}
	if p == job.Done || v.whole {
		v.writeSettings(s)
		s.gap()
	}
	s.line(v.cost())
}

func (v View) endTitle(p job.Phase) (string, colour) {
	switch p {
	case job.Done:
		return titleDone, good
	case job.Cancelled:
		return titleCancelled, ended
	}
	return markFailed + failed(v.fault().Code), bad
}

// stopper says who wanted the job to stop.
func (v View) stopper(stop job.Stop) string {
	switch {
	case stop.Code == job.CodeTimedOut:
		return textTooLong
	case stop.By == byServer:
		return textByServer
	case stop.By != "":
		return fmt.Sprintf(textCancelledBy, person(job.User(stop.By)))
	}
	return ""
}

// cost says what the run took.
func (v View) cost() string {
	if v.State == nil {
		return ""
	}
	var took, waited, tries, cached string
	if d := v.took(); d != "" {
		took = fmt.Sprintf(textRan, d)
		if v.State.Phase == job.Done {
			took = fmt.Sprintf(textTook, d)
		}
	}
	if t := v.State.Timings; t != nil && !t.Started.IsZero() && !t.Created.IsZero() {
		if d := t.Started.Sub(t.Created); d >= 500*time.Millisecond {
			waited = fmt.Sprintf(textWaited, lasted(d))
		}
	}
	if n := v.State.Attempt; n > 1 {
		tries = fmt.Sprintf(textTries, n)
	}
	if n := v.State.Nodes; n != nil && n.Cached > 0 {
		cached = fmt.Sprintf(textCost, n.Cached, n.Total)
	}
	return capital(dotted(took, waited, tries, cached))
}

// took is how long the run lasted; "" where that is not known.
func (v View) took() string {
	if v.State == nil || v.State.Timings == nil {
		return ""
	}
	t := v.State.Timings
	if t.Started.IsZero() || t.Ended.IsZero() {
		return ""
	}
	return lasted(t.Ended.Sub(t.Started))
}

// results are the files of an ended job.
func (v View) results() []job.Result {
	if v.State == nil || v.State.Phase != job.Done {
		return nil
	}
	return v.State.Results
}

// allVideos reports whether there are files, and every one is a video.
func allVideos(files []job.Result) bool {
	for _, f := range files {
		if !strings.HasPrefix(f.Type, "video/") {
			return false
		}
	}
	return len(files) > 0
}

// dotted joins what is not empty.
func dotted(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(" · ")
		}
		b.WriteString(p)
	}
	return b.String()
}
