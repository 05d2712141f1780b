package card

import (
	"fmt"
	"strings"
	"time"

	"discomfy/pkg/job"
)

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
