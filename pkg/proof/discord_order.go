package proof

import (
	"slices"
	"strings"

	"discomfy/pkg/job"
)

// judgeStrangers looks for jobs and messages of which nobody knows where they
// come from.
func (c *hearing) judgeStrangers() {
	asked := map[job.ID]bool{}
	for n := range c.Interactions {
		asked[job.FromInteraction(c.Interactions[n].ID)] = true
	}
	for id := range c.known {
		if !asked[id] && !c.submitted[id] {
			c.accuse(Unasked, id, "no interaction asked for it")
		}
	}
	for n := range c.Messages {
		m := &c.Messages[n]
		switch {
		case m.Author != c.bot || c.ownerOf[m.ID] != nil:
		case m.Interaction == "":
			c.accuse(Stray, job.ID{}, "message %s answers nobody: %.80q", m.ID, m.last().Text)
		case len(m.last().Files) > 0 && !c.isRecord(m):
			c.accuse(Stray, job.ID{}, "message %s for %s has files of no order of theirs: %.80q", m.ID, m.Asker, m.last().Text)
		}
	}
}

// judgeOrder looks at what became of one order.
func (c *hearing) judgeOrder(o *order) {
	if o.seen {
		c.report.Orders++
	}
	c.judgeRequest(o)
	for _, m := range o.messages {
		c.judgeNames(o, m)
	}
	if o.end == nil {
		return // Check has said so
	}
	c.judgeCourse(o)
	c.judgeEnd(o)
	if o.end.Phase == job.Done {
		c.judgeFiles(o)
	}
}

// judgeRequest looks whether the job is what that person asked for.
func (c *hearing) judgeRequest(o *order) {
	if o.end == nil || o.end.Request == nil {
		return
	}
	user, err := job.NewUser("discord", o.User)
	if r := o.end.Request; err != nil || r.User != user {
		c.accuse(OfAnother, o.id, "%s asked for it, and it is of %s", o.User, r.User)
	}
	wanted, ok := o.Options["prompt"].(string)
	got, has := o.end.Request.Params["prompt"].(string)
	if ok && has && strings.TrimSpace(wanted) != strings.TrimSpace(got) {
		c.accuse(OfAnother, o.id, "%q was asked for, and the job is %q", wanted, got)
	}
}

// judgeNames looks for the buttons of other jobs.
func (c *hearing) judgeNames(o *order, m *Message) {
	for _, l := range m.Looks {
		if other := l.job(); !other.IsZero() && other != o.id {
			c.accuse(OfAnother, o.id, "message %s has the buttons of job %s", m.ID, other)
			return
		}
	}
}

// judgeCourse looks for messages that still say that the job goes on.
func (c *hearing) judgeCourse(o *order) {
	for _, m := range o.messages {
		c.report.Relapses += m.relapses(o.id)
		if !m.Deleted.IsZero() {
			continue
		}
		switch m.last().standing(o.id) {
		case saysOpen, thinks:
			c.accuse(LeftOpen, o.id, "it is %s, and message %s still says %.80q", o.end.Phase, m.ID, m.last().Text)
		case saysMoved:
			c.report.Moved++
			if !c.leads(o, m.last().Text) {
				c.accuse(Untold, o.id, "message %s leads to no message that tells the end", m.ID)
			}
		}
	}
}

// leads reports whether a text has the address of a message that tells the end.
func (c *hearing) leads(o *order, text string) bool {
	return slices.ContainsFunc(o.messages, func(m *Message) bool {
		return m.last().standing(o.id) == saysEnded && strings.Contains(text, "/"+m.ID)
	})
}

// judgeEnd looks whether the person was told the end, once and where they asked.
func (c *hearing) judgeEnd(o *order) {
	var told []*Message
	deleted := false
	for _, m := range o.messages {
		switch {
		case m.last().standing(o.id) != saysEnded:
		case m.Deleted.IsZero():
			told = append(told, m)
		default:
			deleted = true
		}
	}
	switch {
	case len(told) > 1:
		c.accuse(ToldTwice, o.id, "messages %s and %s both tell that it is %s", told[0].ID, told[1].ID, o.end.Phase)
	case len(told) == 1:
		c.judgePlace(o, told[0])
	case deleted:
		c.report.Deleted++
	case o.Acked.IsZero() && o.end.Phase == job.Cancelled:
		c.report.Withdrawn++
	case o.Acked.IsZero() && c.private(o):
		c.report.Placeless++
	default:
		c.accuse(Untold, o.id, "it is %s, and no message says so", o.end.Phase)
	}
}

// private reports whether only the person may see the job: they wanted it so,
// or clicked where nobody else sees.
func (c *hearing) private(o *order) bool {
	if wanted, _ := o.Options["private"].(bool); wanted {
		return true
	}
	m := c.place[o.Message]
	return m != nil && m.For != "" && o.Guild != ""
}

// judgePlace looks whether a message is where the person asked, answers them,
// and is seen by nobody who must not.
func (c *hearing) judgePlace(o *order, m *Message) {
	answers := m.Asker == o.User
	if m.Interaction == "" {
		c.report.ByMessage++
		answers = slices.Contains(m.Pinged, o.User) && (c.ownerOf[m.Reference] == o || c.ledTo(o, m) || !c.hasCard(o))
	} else {
		c.report.ByCard++
	}
	switch {
	case m.Channel != o.Channel:
		c.accuse(Misplaced, o.id, "it was asked for in channel %s, and its end is in %s", o.Channel, m.Channel)
	case !answers:
		c.accuse(Misplaced, o.id, "message %s answers somebody else than %s, who asked", m.ID, o.User)
	case m.For != "" && m.For != o.User:
		c.accuse(Misplaced, o.id, "only %s sees message %s, and %s asked", m.For, m.ID, o.User)
	case m.For == "" && c.private(o) && o.Guild != "":
		c.accuse(Exposed, o.id, "everybody sees message %s", m.ID)
	}
}

// ledTo reports whether another message of the order leads to this one.
func (c *hearing) ledTo(o *order, m *Message) bool {
	return slices.ContainsFunc(o.messages, func(from *Message) bool {
		return from.last().standing(o.id) == saysMoved && strings.Contains(from.last().Text, "/"+m.ID)
	})
}

// hasCard reports whether the answer to the interaction is still there.
func (c *hearing) hasCard(o *order) bool {
	return slices.ContainsFunc(o.messages, func(m *Message) bool { return m.Interaction == o.ID && m.Deleted.IsZero() })
}

// judgePings looks who was notified, and how often.
func (c *hearing) judgePings() {
	for n := range c.Messages {
		if m := &c.Messages[n]; m.Author == c.bot {
			c.judgePinged(m)
		}
	}
	for _, o := range c.orders {
		pings := 0
		for _, m := range o.messages {
			if m.Deleted.IsZero() && slices.Contains(m.Pinged, o.User) {
				pings++
			}
		}
		c.report.Pings += pings
		if pings > 1 {
			c.accuse(ToldTwice, o.id, "%s was notified %d times", o.User, pings)
		}
	}
}

// judgePinged looks for people whom a message had nothing to tell.
func (c *hearing) judgePinged(m *Message) {
	asker, id := m.Asker, job.ID{}
	if o := c.ownerOf[m.ID]; o != nil {
		asker, id = o.User, o.id
	}
	if m.Everyone {
		c.accuse(Bothered, id, "message %s notified everyone", m.ID)
	}
	for _, who := range m.Pinged {
		if who != asker && who != m.Asker {
			c.accuse(Bothered, id, "message %s notified %s", m.ID, who)
		}
	}
}
