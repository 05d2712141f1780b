package card

import (
	"time"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// View is all that a card shows of one job. Its zero value, with a Job, is a
// job of which nothing but its acceptance is known.
type View struct {
	Job     job.ID
	Phase   job.Phase       // the newest that is known; "" means State's, or accepted where there is none
	Offer   *workflow.Offer // of the request's workflow; nil where the catalog no longer has it
	Request *job.Request    // nil means State's
	State   *job.State      // the newest; the record once the job has ended
	Actions Actions         // what may follow a result, by ActionsOf

	// While it waits. Position and Of are those of the queue's snapshot.
	Position int       // counted from 1, running jobs included; 0 where it is not known
	Of       int       // jobs in the queue; 0 where it is not known
	Start    time.Time // estimated; zero where it is not known
	Raised   bool      // fair share has let it pass jobs that came earlier
	Server   string    // why nothing moves, in the bridge's words (job.Snapshot.Server)
	Offline  bool      // no bridge serves the queue

	// While it runs.
	Progress *job.Progress // ignored where it is of an earlier attempt than State
	Preview  string        // name of the preview that the caller attaches: .jpg, .jpeg, .png, .webp or .gif; "" for none

	Asker    string   // user id; pinged only by a card with Mention
	Mention  bool     // this is a new message that tells the asker: it begins with a mention
	Private  bool     // for its owner and moderators: the message is ephemeral
	Spoiler  bool     // no preview is shown, whatever Preview says
	Wordless bool     // nothing that a person typed is shown: AutoMod has refused it
	Refresh  bool     // only a token can edit the message: a button that brings one
	Notes    []string // remarks about the delivery, unsupported options, …: a sentence each, shown escaped
	Link     string   // for Moved, the message with the result: an https address

	// Originals are where the results are that could not be attached as they
	// are.
	Originals []Original

	// AsOf is the moment of which the card tells, where it will not follow the
	// job from then on: in the last edit before a token dies, and in a waiting
	// card that only the bot token can edit. Zero while it follows.
	AsOf time.Time
	// Now is when the card is made; only an estimate that has passed looks at
	// it. Zero: no estimate has.
	Now time.Time

	whole bool // a record: nothing is shortened that fits
}

// Original is a link to a result.
type Original struct {
	Name    string
	URL     string    // http or https, at most 1024 bytes
	Expires time.Time // zero where it does not
}

// phase is where the job stands, by all that the view knows.
func (v View) phase() job.Phase {
	p := v.Phase
	if s := v.State; s != nil && (p == "" || s.Phase.Ended()) {
		p = s.Phase
	}
	if v.progress() != nil && (p == "" || p == job.Queued || p == job.Submitted) {
		return job.Running
	}
	return p
}

// progress is the running attempt's; nil where there is none.
func (v View) progress() *job.Progress {
	if v.Progress == nil || (v.State != nil && v.Progress.Attempt < v.State.Attempt) {
		return nil
	}
	return v.Progress
}

// request is what was asked for; nil where it is not known.
func (v View) request() *job.Request {
	if v.Request == nil && v.State != nil {
		return v.State.Request
	}
	return v.Request
}
