package card

import (
	"fmt"
	"slices"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

// mostPlaces is how many jobs of a queue are listed: a screenful of a phone.
const mostPlaces = 12

// QueueView is what is known of a whole queue.
type QueueView struct {
	Snapshot job.Snapshot
	Offline  bool              // no bridge serves it: the order is not known, and nothing runs
	Viewer   string            // user id of who asks: their jobs stand out
	Prompts  map[job.ID]string // of the jobs that are not private; the others show none
}

// Queue is the answer to /queue: who waits, and whose turn it is.
func Queue(q QueueView) api.Message {
	s := &sheet{title: q.title(), colour: neutral}
	q.writeWhy(s)
	if q.empty() && !q.Offline && q.Snapshot.Server == "" {
		s.line(textQueueEmpty)
	}
	all := slices.Concat(q.Snapshot.Running, q.Snapshot.Waiting)
	for i, p := range all[:min(len(all), mostPlaces)] {
		s.line(q.line(i, p))
		s.quote(q.Prompts[p.Job], maxLine)
	}
	if more := len(all) - mostPlaces; more > 0 {
		s.line(fmt.Sprintf(textMore, more))
		q.writeOwn(s, all)
	}
	if n := q.Snapshot.Others; n > 0 && !q.Offline {
		s.gap()
		s.line(fmt.Sprintf(textQueueOthers, jobs(n)))
	}
	return private(s.message())
}

func (q QueueView) empty() bool { return len(q.Snapshot.Running)+len(q.Snapshot.Waiting) == 0 }

func (q QueueView) title() string {
	running, waiting := len(q.Snapshot.Running), len(q.Snapshot.Waiting)
	switch {
	case q.empty():
		return titleQueueEmpty
	case q.Offline:
		return fmt.Sprintf(titleQueueOff, running+waiting)
	}
	return fmt.Sprintf(titleQueue, running, waiting)
}

// writeWhy says what keeps the whole queue from moving.
func (q QueueView) writeWhy(s *sheet) {
	switch {
	case q.Offline:
		s.colour = held
		s.line(textQueueOff)
	case q.Snapshot.Server != "":
		s.colour = held
		s.line(sentence(q.Snapshot.Server))
	}
	s.gap()
}

// line is one job: its place, whose it is, what it is and when it comes.
func (q QueueView) line(i int, p job.Place) string {
	place := fmt.Sprintf("**%d** %s", i+1, q.mark(i))
	if q.Offline {
		place = q.mark(i)
	}
	you := ""
	if q.mine(p) {
		you = "**" + textQueueYou + "**"
	}
	return place + " " + dotted(person(p.User), you, shown(p.Workflow, maxName), q.when(i, p))
}

func (q QueueView) mark(i int) string {
	if !q.Offline && i < len(q.Snapshot.Running) {
		return "●"
	}
	return "○"
}

func (q QueueView) mine(p job.Place) bool {
	return digits(q.Viewer) && p.User == job.User("discord-"+q.Viewer)
}

// when says when a job ends or starts, as far as that is known.
func (q QueueView) when(i int, p job.Place) string {
	if q.Offline || q.Snapshot.Server != "" || !(p.Seconds > 0 && p.Seconds < 1e7) || q.Snapshot.At.IsZero() {
		return ""
	}
	at := relative(q.Snapshot.At.Add(time.Duration(p.Seconds * float64(time.Second))))
	if i < len(q.Snapshot.Running) {
		return fmt.Sprintf(textQueueEnds, at)
	}
	return fmt.Sprintf(textQueueStarts, at)
}

// writeOwn says where the viewer's next job is, when it is not listed.
func (q QueueView) writeOwn(s *sheet, all []job.Place) {
	first := slices.IndexFunc(all, q.mine)
	if first >= mostPlaces && !q.Offline {
		s.line(fmt.Sprintf(textQueueYours, inLine(first+1)))
	}
}
