package card

import (
	"fmt"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

// filesLast is how long result files are stored.
const filesLast = 7 * 24 * time.Hour

// mostHistory bounds how many states of a job are listed: NATS keeps eight.
const mostHistory = 8

// Record is the answer to /show: the card with all that is known of the job,
// its history oldest first. It is ephemeral; the caller adds the files.
func Record(v View, history []job.State) api.Message {
	v.whole = true
	s := &sheet{}
	s.of(v.Job)
	v.write(s)
	s.gap()
	v.writeStored(s)
	v.writeHistory(s, history)
	return private(s.message(v.buttons()...))
}

// writeStored tells what only a record has.
func (v View) writeStored(s *sheet) {
	if r := v.request(); r != nil && clock(r.Created) != "" {
		s.line(fmt.Sprintf(textAsked, clock(r.Created)))
	}
	end := v.State
	if end == nil || !end.Phase.Ended() {
		return
	}
	if n := end.Nodes; n != nil {
		s.line(fmt.Sprintf(textNodes, n.Total, n.Done, n.Cached))
	}
	if files := v.results(); len(files) > 0 {
		until := ""
		if day := date(end.At.Add(filesLast)); !end.At.IsZero() && day != "" {
			until = fmt.Sprintf(textUntil, day)
		}
		s.line(dotted(filesWords(files), until))
	}
	if id := plain(end.PromptID, maxName); isUUID(id) && id != v.Job.String() {
		s.line(fmt.Sprintf(textPromptID, id))
	}
}

func filesWords(files []job.Result) string {
	var total int64
	for _, f := range files {
		total += max(f.Size, 0)
	}
	return fmt.Sprintf(textFiles, len(files), size(total))
}

// isUUID reports whether a text is one, and so safe between backticks.
func isUUID(s string) bool {
	_, err := job.ParseID(s)
	return err == nil
}

// writeHistory lists the states that are still stored.
func (v View) writeHistory(s *sheet, history []job.State) {
	history = history[max(len(history)-mostHistory, 0):]
	if len(history) == 0 {
		return
	}
	s.gap()
	s.line(textHistory)
	for _, one := range history {
		attempt := ""
		if one.Attempt > 1 {
			attempt = fmt.Sprintf(textAttempt, one.Attempt)
		}
		s.line(dotted(second(one.At), phaseWords(one.Phase), attempt, shown(one.Note, maxValue)))
	}
}
