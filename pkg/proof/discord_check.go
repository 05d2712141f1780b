package proof

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"discomfy/pkg/job"
)

// CheckDiscord judges a campaign that people took part in: what Check does, and
// whether each of them got what they asked for, once, where they asked, and
// nobody else was bothered.
func CheckDiscord(e Evidence, d Discord) DiscordReport {
	c := newHearing(e, d)
	e.Accepted = c.accepted()
	c.report.Report = Check(e)
	c.judgeProtocol()
	for n := range c.Interactions {
		c.judgeAnswer(&c.Interactions[n])
	}
	c.judgeStrangers()
	c.judgeRecords()
	c.judgeDeletions()
	for _, o := range c.orders {
		c.judgeOrder(o)
	}
	c.judgePromises()
	c.judgePings()
	slices.SortStableFunc(c.report.Violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), a.Job.Compare(b.Job))
	})
	return c.report
}

// order is an interaction that asked for a job, and what came of it.
type order struct {
	*Interaction
	id       job.ID
	seen     bool       // the person saw it accepted
	end      *job.State // nil where it has not ended
	messages []*Message // about it, of the ingress
}

// hearing is one judgement under way.
type hearing struct {
	Evidence
	Discord
	stored  map[string]File // results by their names
	ends    map[job.ID]*job.State
	byID    map[string]*Interaction
	place   map[string]*Message
	orders  []*order
	orderOf map[job.ID]*order
	ownerOf map[string]*order // by message
	deaf    map[string]int    // refused callbacks by interaction
	bot     string            // who speaks for the ingress
	report  DiscordReport

	submitted map[job.ID]bool // accepted, and not by Discord
	known     map[job.ID]bool // in the state log
}

func newHearing(e Evidence, d Discord) *hearing {
	c := &hearing{
		Evidence: e, Discord: d, stored: byName(e.Files), ends: map[job.ID]*job.State{}, byID: map[string]*Interaction{},
		place: map[string]*Message{}, orderOf: map[job.ID]*order{}, ownerOf: map[string]*order{}, deaf: map[string]int{},
		submitted: map[job.ID]bool{}, known: map[job.ID]bool{},
	}
	for _, id := range e.Accepted {
		c.submitted[id] = true
	}
	for n := range d.Interactions {
		c.byID[d.Interactions[n].ID] = &d.Interactions[n]
	}
	for n := range d.Messages {
		m := &d.Messages[n]
		c.place[m.ID] = m
		if m.Interaction != "" {
			c.bot = m.Author
		}
	}
	c.readOrders()
	c.assign()
	return c
}

// readOrders finds out which interactions asked for jobs: those whose job the
// state log knows, and those whose answer shows it.
func (c *hearing) readOrders() {
	for n := range c.States {
		s := &c.States[n].State
		c.known[s.Job] = true
		if s.Phase.Ended() && c.ends[s.Job] == nil {
			c.ends[s.Job] = s
		}
	}
	shown := map[string]bool{}
	for _, m := range c.Messages {
		id := job.FromInteraction(m.Interaction)
		if m.Interaction != "" && slices.ContainsFunc(m.Looks, func(l Look) bool { return l.names(id, openVerbs) || l.names(id, endedVerbs) }) {
			shown[m.Interaction] = true
		}
	}
	for n := range c.Interactions {
		i := &c.Interactions[n]
		id := job.FromInteraction(i.ID)
		if !c.known[id] && !shown[i.ID] {
			continue
		}
		o := &order{Interaction: i, id: id, seen: shown[i.ID], end: c.ends[id]}
		c.orders = append(c.orders, o)
		c.orderOf[id] = o
	}
}

// accepted are the jobs that must end: whose publish was acknowledged to us,
// whose card somebody saw, and which a bridge has taken from the queue.
func (c *hearing) accepted() []job.ID {
	all := slices.Clone(c.Accepted)
	for _, o := range c.orders {
		all = append(all, o.id)
	}
	return all
}

// assign finds the order that each message of the ingress is about. Replies
// come after what they reply to.
func (c *hearing) assign() {
	for n := range c.Messages {
		m := &c.Messages[n]
		if m.Author != c.bot || c.isRecord(m) {
			continue
		}
		o := c.orderOf[job.FromInteraction(m.Interaction)]
		if m.Interaction == "" || o == nil && len(m.last().Files) > 0 {
			if o = c.ownerOf[m.Reference]; o == nil {
				o = c.orderOf[m.last().job()]
			}
		}
		if o != nil {
			c.ownerOf[m.ID] = o
			o.messages = append(o.messages, m)
		}
	}
}

// isRecord reports whether a message answers somebody who asked to see a job or
// a picture once more.
func (c *hearing) isRecord(m *Message) bool {
	i := c.byID[m.Interaction]
	if i == nil {
		return false
	}
	verb, _, _ := button(i.Button)
	return i.Command == "show" || verb == "show" || verb == "pick"
}

func (c *hearing) accuse(rule Rule, id job.ID, format string, args ...any) {
	c.report.Violations = append(c.report.Violations, Violation{Rule: rule, Job: id, What: fmt.Sprintf(format, args...)})
}

// judgeProtocol looks at what went over the wire.
func (c *hearing) judgeProtocol() {
	for _, text := range c.Broken {
		c.accuse(RuleBroken, job.ID{}, "%s", text)
	}
	if c.Missed > 0 {
		c.accuse(Gap, job.ID{}, "%d events are missing", c.Missed)
	}
	c.report.Limited = map[string]int{}
	c.report.Requests = len(c.Requests)
	for _, r := range c.Requests {
		switch {
		case r.Code == 50027:
			c.accuse(DeadToken, job.ID{}, "%s by %s at %s", r.Route, r.Host, r.At.Format(time.TimeOnly))
		case r.Code == 40060:
			c.report.Twice++
		case r.Status == 429:
			c.report.Limited[r.Route]++
		case r.Status >= 500:
			c.report.Faulty++
		}
		c.noteCallback(r)
	}
}

// noteCallback keeps the first answers that came in time and that Discord did
// not take, for a fault of its own.
func (c *hearing) noteCallback(r Request) {
	parts := strings.Split(r.Path, "/interactions/")
	if len(parts) != 2 {
		return
	}
	id, _, _ := strings.Cut(parts[1], "/")
	i := c.byID[id]
	if i == nil || r.At.Sub(i.Created) >= AckWithin {
		return
	}
	slow := r.Code == 10062 && r.At.Add(r.Took).Sub(i.Created) > AckWithin
	if slow || r.Status == 429 || r.Status >= 500 {
		c.deaf[id]++
	}
}

// judgeAnswer looks whether somebody answered a person.
func (c *hearing) judgeAnswer(i *Interaction) {
	c.report.Interactions++
	switch {
	case !i.Acked.IsZero():
		c.report.Slowest = max(c.report.Slowest, i.Acked.Sub(i.Created))
	case c.deaf[i.ID] > 0:
		c.report.Refused++
	case i.Kind == kindAutocomplete:
		c.report.Unsuggested++
	case len(c.hearers(i, i.Created.Add(AckWithin))) == 0:
		c.report.Unheard++
	default:
		c.accuse(Unanswered, job.ID{}, "interaction %s of %s at %s, though %s heard it and was awake",
			i.ID, i.User, i.Created.Format("15:04:05.000"), strings.Join(c.hearers(i, i.Created.Add(AckWithin)), " and "))
	}
}

// hearers are the replicas that were told an interaction, on a socket that was
// unbroken for as long as it could be answered, and that were awake until then.
func (c *hearing) hearers(i *Interaction, until time.Time) (hosts []string) {
	for _, s := range c.Sockets {
		awake := func(span Span) bool { return span.holds(i.Created, until) }
		if s.holds(i.Created, i.Created.Add(AckWithin)) && slices.ContainsFunc(c.Awake[s.Host], awake) {
			hosts = append(hosts, s.Host)
		}
	}
	return hosts
}
