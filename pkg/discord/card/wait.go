package card

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"discomfy/pkg/job"
)

// writeWait draws a job that has not begun to run.
func (v View) writeWait(s *sheet, p job.Phase) {
	s.title, s.colour = v.waitTitle(p)
	v.writeAsked(s, maxPrompt)
	v.writeWhy(s)
	if !v.Offline {
		v.writePlace(s, p)
	}
	v.writeAsleep(s)
}

// waitTitle is the most important that there is to say.
func (v View) waitTitle(p job.Phase) (string, colour) {
	switch {
	case v.Offline:
		return titleBridge, held
	case v.Server != "":
		return titleComfy, held
	case v.retry() != "":
		return v.retryTitle(), held
	case v.asleep():
		return titleStillWait, waits
	case p == job.Submitted:
		return titleHanded, waits
	case p == "":
		return titleAccepted, waits
	case !v.AsOf.IsZero():
		return titleWaiting, waits
	case v.Position == 1:
		return titleNext, waits
	case v.Position > 1:
		return "○ " + inLine(v.Position), waits
	}
	return titleWaiting, waits
}

// writeWhy says what keeps every job from going on.
func (v View) writeWhy(s *sheet) {
	switch {
	case v.Offline:
		s.line(textBridge)
		s.line(textKept)
	case v.Server != "":
		s.line(sentence(v.Server))
		s.line(textKeptServer)
	default:
		s.line(v.retry())
	}
}

// writePlace says whose turn it is, and when it is this job's.
func (v View) writePlace(s *sheet, p job.Phase) {
	switch {
	case p == job.Submitted:
		s.line(textHanded)
	case p == "":
		s.line(textAccepted)
	case v.Position > 0 && !v.AsOf.IsZero():
		s.line(fmt.Sprintf(textWas, inLine(v.Position), relative(v.AsOf)))
	case v.Position > 0 && (v.Server != "" || v.retry() != ""):
		s.line(fmt.Sprintf(textIs, inLine(v.Position)))
	case v.Position > 0:
		s.line(ahead(v.Position - 1))
	default:
		s.line(textNoPlace)
	}
	if v.Raised {
		s.line(textRaised)
	}
	if v.Server == "" {
		s.line(v.estimate(v.Start, textStart, textStartPast))
	}
}

// estimate is a moment to come, in a sentence; past says that it has passed.
func (v View) estimate(t time.Time, sentence, past string) string {
	at := relative(t)
	switch {
	case at == "":
		return ""
	case !v.Now.IsZero() && !t.After(v.Now):
		return past
	}
	return fmt.Sprintf(sentence, at)
}

// retry is why the job is tried again, as a sentence; "" where it is not.
func (v View) retry() string {
	if v.State == nil || v.State.Note == "" || v.State.Phase.Ended() {
		return ""
	}
	why, _, _ := strings.Cut(v.State.Note, "; trying") // the title says that
	return sentence(why)
}

func (v View) retryTitle() string {
	if v.State.Retry != "" {
		return titleRetry
	}
	return titleAgain
}

// asleep reports whether the message waits for a click to follow the job.
func (v View) asleep() bool { return v.Refresh && !v.AsOf.IsZero() }

// writeAsleep says how to wake the message.
func (v View) writeAsleep(s *sheet) {
	if v.asleep() {
		s.gap()
		s.line(textAsleep)
	}
}

// sentence makes one of words from outside: escaped, with a capital and a full
// stop.
func sentence(text string) string {
	return stopped(capital(shown(text, maxMessage)))
}

// stopped ends a text with a full stop, where nothing else ends it.
func stopped(text string) string {
	if text != "" && !strings.ContainsAny(text[len(text)-1:], ".!?)") && !strings.HasSuffix(text, "…") {
		text += "."
	}
	return text
}

// capital makes the first letter a capital one.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || r == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
