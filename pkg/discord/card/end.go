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

// fault is why the job failed; a record that does not say is our fault.
func (v View) fault() *job.Error {
	if v.State == nil || v.State.Error == nil {
		return &job.Error{Code: job.CodeInternal}
	}
	return v.State.Error
}

// writeFault says what happened where, and what to do about it.
func (v View) writeFault(s *sheet) {
	e := *v.fault()
	if v.Wordless {
		e.Message, e.Input = "", ""
	}
	writeError(s, &e)
}

func writeError(s *sheet, e *job.Error) {
	s.line(happened(e))
	if next := advice(e.Code); next != "" {
		s.line(fmt.Sprintf(textNext, next))
	}
	s.gap()
}

// happened says what went wrong and where, in a sentence.
func happened(e *job.Error) string {
	if span, ok := spanOf(e); ok {
		return span
	}
	node, input := shown(e.Title, maxName), shown(e.Input, maxName)
	if id := shown(e.Node, maxName); node == "" && id != "" {
		node = fmt.Sprintf(textNode, id)
	}
	where := ""
	switch {
	case node != "" && input != "":
		where = fmt.Sprintf(textInInput, node, input)
	case node != "":
		where = fmt.Sprintf(textIn, node)
	case input != "":
		where = fmt.Sprintf(textInput, input)
	}
	what := stopped(shown(e.Message, maxMessage))
	switch {
	case where == "":
		return capital(what)
	case what == "":
		return where + "."
	}
	return where + ": " + what
}

// spanOf words the failures whose message is a duration of Go's.
func spanOf(e *job.Error) (string, bool) {
	words := strings.Fields(e.Message)
	if len(words) == 0 {
		return "", false
	}
	d, err := time.ParseDuration(words[len(words)-1])
	switch {
	case err != nil:
		return "", false
	case e.Code == job.CodeTimedOut:
		return fmt.Sprintf(textLimit, span(d)), true
	case e.Code == job.CodeExpired:
		return fmt.Sprintf(textWaitedFor, span(d)), true
	}
	return "", false
}

// writeStop says who wanted it, and what it waits for.
func (v View) writeStop(s *sheet) {
	if v.State != nil && v.State.Stop != nil {
		s.line(v.stopper(*v.State.Stop))
	}
	if v.phase() == job.Stopping {
		s.line(textStopping)
	}
	s.gap()
}

// byServer is what the bridge calls ComfyUI's own page.
const byServer = "server"

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

// person is a user as people know them, escaped: those of Discord by mention.
func person(u job.User) string {
	if id, ok := strings.CutPrefix(string(u), "discord-"); ok && digits(id) {
		return mention(id)
	}
	kind, name, ok := strings.Cut(string(u), "-")
	if !ok {
		return shown(string(u), maxName)
	}
	return fmt.Sprintf(textPerson, shown(name, maxName), shown(kind, maxName))
}

// cost says what the run took.
func (v View) cost() string {
	if v.State == nil {
		return ""
	}
	var took, waited, tries, cached string
	if d := v.took(); d != "" {
		took = fmt.Sprintf(textTook, d)
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
