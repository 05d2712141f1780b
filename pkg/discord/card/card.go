package card

import (
	"fmt"
	"net/url"
	"strings"

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

// writeNotes adds remarks, and where the originals are.
func (v View) writeNotes(s *sheet) {
	s.gap()
	if !v.Wordless {
		for _, n := range v.Notes[:min(len(v.Notes), mostNotes)] {
			s.line(sentence(n))
		}
	}
	for _, o := range v.Originals {
		s.line(o.line())
	}
}

// line is the link with its name and its end; "" where it is no address.
func (o Original) line() string {
	text := link(shown(o.Name, maxName), o.URL)
	if until := relative(o.Expires); text != "" && until != "" {
		text = fmt.Sprintf(textExpires, text, until)
	}
	return text
}

// link is a text that leads to an address; "" where that is none.
func link(text, address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || len(address) > maxAddress {
		return ""
	}
	safe := addresses.Replace(u.String())
	if text == "" {
		text = textOriginal
	}
	return "[" + text + "](" + safe + ")"
}

// addresses leaves nothing in an address that could end the link around it.
var addresses = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "[", "%5B", "]", "%5D",
	" ", "%20", "\\", "%5C", "`", "%60", "*", "%2A", "|", "%7C")

// What is shown of texts from outside, in units. Escaped, none of them doubles.
const (
	maxPrompt  = 300  // while it waits and runs
	maxAsked   = 700  // once it has ended
	maxRecord  = 2200 // in a record
	maxLine    = 60   // in a list
	mostNotes  = 5
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

// mention shows a user by name. In an embed it pings nobody.
func mention(user string) string {
	if !digits(user) {
		return ""
	}
	return "<@" + user + ">"
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
