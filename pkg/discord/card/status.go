package card

import (
	"fmt"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

// mostReplicas and mostDevices bound what /status lists.
const (
	mostReplicas = 8
	mostDevices  = 4
)

// StatusView is what /status tells.
type StatusView struct {
	Version   string  // discomfy's, of the replica that answers
	Bridge    *Bridge // nil: no bridge serves the queue
	NATS      NATS
	Ingress   []Replica
	Workflows int // in the catalog
	Unusable  int // of those
}

// Bridge is the part of the bridge's own account (broker.Status) that people
// are shown; its JSON form decodes into it.
type Bridge struct {
	Queue     job.Queue `json:"queue"`
	Version   string    `json:"version"` // ComfyUI's
	Devices   []string  `json:"devices"`
	Connected bool      `json:"connected"` // to ComfyUI
	Words     string    `json:"words"`     // why nothing moves
	Inside    int       `json:"inside"`    // jobs inside ComfyUI
	Waiting   int       `json:"waiting"`
	Others    int       `json:"others"` // prompts of other clients inside the same ComfyUI
}

// NATS is the broker as this replica sees it.
type NATS struct {
	Connected bool
	Version   string
	RoundTrip time.Duration // zero where it was not measured
}

// Replica is one ingress process.
type Replica struct {
	Name    string
	Version string
	Source  string // "gateway" or "endpoint"
	Started time.Time
	Self    bool // the one that answers
}

// Status is the answer to /status.
func Status(v StatusView) api.Message {
	s := &sheet{title: titleStatusGood, colour: good}
	v.writeTrouble(s)
	v.writeBridge(s)
	v.writeNATS(s)
	bad := ""
	if v.Unusable > 0 {
		bad = fmt.Sprintf(textStatusBad, v.Unusable)
	}
	s.line(dotted(fmt.Sprintf(textStatusFlows, v.Workflows), bad))
	for _, r := range v.Ingress[:min(len(v.Ingress), mostReplicas)] {
		s.line(r.line())
	}
	if more := len(v.Ingress) - mostReplicas; more > 0 {
		s.line(fmt.Sprintf(textMore, more))
	}
	if version := shown(v.Version, maxName); version != "" {
		s.line(fmt.Sprintf(textStatusOwn, version))
	}
	return private(s.message())
}

// writeTrouble says first what keeps jobs from moving.
func (v StatusView) writeTrouble(s *sheet) {
	trouble := ""
	switch {
	case !v.NATS.Connected:
		trouble = textStatusNoNATS
	case v.Bridge == nil:
		trouble = textStatusOff
	case v.Bridge.Words != "":
		trouble = sentence(v.Bridge.Words)
	case !v.Bridge.Connected:
		trouble = textStatusComfy
	}
	if trouble != "" {
		s.title, s.colour = titleStatusBad, held
		s.line(trouble)
		s.gap()
	}
}

func (v StatusView) writeBridge(s *sheet) {
	b := v.Bridge
	if b == nil {
		if v.NATS.Connected { // else nobody knows
			s.line(textStatusNoBridge)
		}
		return
	}
	others := ""
	if b.Others > 0 {
		others = fmt.Sprintf(textQueueOthers, jobs(b.Others))
	}
	s.line(fmt.Sprintf(textStatusQueue, shown(string(b.Queue), maxName), b.Inside, b.Waiting))
	s.line(others)
	answers := textStatusUp
	if !b.Connected {
		answers = textStatusDown
	}
	s.line(fmt.Sprintf(textStatusUI, dotted(answers, shown(b.Version, maxName))))
	for _, d := range b.Devices[:min(len(b.Devices), mostDevices)] {
		s.line(shown(d, maxName))
	}
}

func (v StatusView) writeNATS(s *sheet) {
	state := textStatusUp
	if rtt := v.NATS.RoundTrip; rtt > 0 {
		state = fmt.Sprintf(textStatusRTT, rtt.Seconds()*1000)
	}
	if !v.NATS.Connected {
		state = textStatusDown
	}
	s.line(fmt.Sprintf(textStatusNATS, dotted(state, shown(v.NATS.Version, maxName))))
}

// line is a replica in one line.
func (r Replica) line() string {
	self, since := "", ""
	if r.Self {
		self = textStatusSelf
	}
	if at := relative(r.Started); at != "" {
		since = fmt.Sprintf(textStatusSince, at)
	}
	words := dotted(shown(r.Name, maxName), shown(r.Source, maxName), shown(r.Version, maxName), since, self)
	return fmt.Sprintf(textStatusIn, words)
}
