package proof

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"discomfy/pkg/job"
)

// judgeRecords looks at what people were shown who asked for a record: that
// nobody else sees it, and that its files are those of the job.
func (c *hearing) judgeRecords() {
	for n := range c.Messages {
		m := &c.Messages[n]
		if m.Author != c.bot || m.Interaction == "" || !c.isRecord(m) || !m.Deleted.IsZero() {
			continue
		}
		i := c.byID[m.Interaction]
		id := c.recordOf(i, m)
		if m.For != i.User && i.Guild != "" {
			c.accuse(Exposed, id, "everybody sees message %s, the record that %s asked for", m.ID, i.User)
		}
		c.judgeShown(i, m, id)
	}
}

// recordOf is the job whose record an interaction asked for, or that the answer
// has the buttons of; zero where neither says it.
func (c *hearing) recordOf(i *Interaction, m *Message) job.ID {
	if _, id, ok := button(i.Button); ok {
		return id
	}
	named, _ := i.Options["job"].(string)
	id, err := job.ParseID(named)
	if err != nil {
		return m.last().job()
	}
	return id
}

// judgeShown looks at the files of a record.
func (c *hearing) judgeShown(i *Interaction, m *Message, id job.ID) {
	look := m.last()
	end := c.ends[id]
	for _, f := range look.Files {
		n := f.number()
		if end == nil || n < 1 || n > len(end.Results) {
			c.accuse(OfAnother, id, "file %s of the record in message %s is none of it", f.Name, m.ID)
			continue
		}
		c.judgeBytes(&order{Interaction: i, id: id, end: end}, n, f, look.Text)
	}
	if o := c.orderOf[id]; o != nil && c.private(o) && o.User != i.User && len(look.Files) > 0 {
		c.accuse(Exposed, id, "%s was shown the record of a private job of %s", i.User, o.User)
	}
}

// judgeDeletions looks for messages that the ingress has taken away although
// nobody had clicked what asks for it.
func (c *hearing) judgeDeletions() {
	for _, r := range c.Requests {
		if r.Status >= http.StatusMultipleChoices || !strings.HasPrefix(r.Route, http.MethodDelete+" ") {
			continue
		}
		if !slices.ContainsFunc(c.Interactions, func(i Interaction) bool { return c.erases(i, path.Base(r.Path)) }) {
			c.accuse(Vanished, job.ID{}, "%s at %s, for which nobody had asked", r.Path, r.At.Format("15:04:05"))
		}
	}
}

// erases reports whether somebody asked to delete a message, by its id or as
// the answer to what they clicked.
func (c *hearing) erases(i Interaction, message string) bool {
	verb, id, ok := button(i.Button)
	if ok && verb == "erase" {
		o := c.ownerOf[message]
		return o == nil || o.id == id
	}
	return strings.HasPrefix(i.Button, "d1:discard:")
}
