package card

import (
	"fmt"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

// Card is the whole message of a job: embed and buttons. The caller adds the
// files: v.Preview while it runs, the results once it is done.
func Card(v View) api.Message {
	s := &sheet{}
	s.of(v.Job)
	v.write(s)
	m := s.message(v.buttons()...)
	m.Ephemeral = v.Private
	if v.Mention && digits(v.Asker) {
		m.Content = fmt.Sprintf(textPing, v.Asker, v.news())
		m.Mention = []string{v.Asker}
	}
	return m
}

// write draws the state in which the job is.
func (v View) write(s *sheet) {
	switch p := v.phase(); {
	case p.Ended():
		v.writeEnd(s, p)
	case p == job.Running || p == job.Stopping:
		v.writeRun(s, p)
	default:
		v.writeWait(s, p)
	}
	v.writeNotes(s)
}

// What is shown of texts from outside, in units. Escaped, none of them doubles.
const (
	maxPrompt  = 300  // while it waits and runs
	maxAsked   = 700  // once it has ended
	maxRecord  = 2200 // in a record
	maxLine    = 60   // in a list
	mostNotes  = 12
	maxMessage = 600
	maxSaid    = 1500
	maxName    = 80
	maxAddress = 1024
)

// writeAsked shows what was asked for, and by whom.
func (v View) writeAsked(s *sheet, most int) {
	if v.whole {
		most = maxRecord
	}
	if v.Wordless {
		s.line(textMuted)
	} else {
		s.quote(prompt(v.request()), most)
	}
	s.line(dotted(v.workflow(), mention(v.Asker)))
	s.gap()
}

// workflow is its name for people, escaped.
func (v View) workflow() string {
	if v.Offer != nil && v.Offer.Title != "" {
		return shown(v.Offer.Title, maxName)
	}
	if r := v.request(); r != nil {
		return shown(r.Workflow, maxName)
	}
	return ""
}

// prompt is the text of the request that tells it from others, or "".
func prompt(r *job.Request) string {
	if r == nil {
		return ""
	}
	for _, name := range promptNames {
		if s, ok := r.Params[name].(string); ok && s != "" {
			return s
		}
	}
	return ""
}

var promptNames = []string{"prompt", "text"}

// news is what a new message tells the asker.
func (v View) news() string {
	switch v.phase() {
	case job.Done:
		return v.newsDone()
	case job.Failed:
		return pingFailed
	case job.Rejected:
		return pingRejected
	case job.Cancelled:
		return pingCancelled
	}
	return pingOpen
}

func (v View) newsDone() string {
	files := v.results()
	switch n := len(Pictures(files)); {
	case n == len(files) && n == 1:
		return pingPicture
	case n == len(files) && n > 1:
		return fmt.Sprintf(pingPictures, n)
	case n == 0 && allVideos(files):
		return pingVideo
	}
	return pingDone
}
