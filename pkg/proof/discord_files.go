package proof

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// numbered is how the name of a result's file ends.
var numbered = regexp.MustCompile(`-([0-9]{1,4})\.[a-z0-9]{1,8}$`)

// number is which file of the result it is, as its name says; 0 where it does
// not.
func (f Attachment) number() int {
	hit := numbered.FindStringSubmatch(f.Name)
	if hit == nil {
		return 0
	}
	n, _ := strconv.Atoi(hit[1]) // at most four digits
	return n
}

// judgeFiles looks whether each file of a result is on Discord once, and is what
// is stored.
func (c *hearing) judgeFiles(o *order) {
	there, text, deleted := o.files()
	counts := map[int]int{}
	for _, f := range there {
		n := f.number()
		if n < 1 || n > len(o.end.Results) {
			c.accuse(OfAnother, o.id, "file %s is none of its %d", f.Name, len(o.end.Results))
			continue
		}
		counts[n]++
		c.judgeBytes(o, n, f, text)
	}
	for n := range o.end.Results {
		switch count := counts[n+1]; {
		case count == 1:
			c.report.Delivered++
		case count > 1:
			c.accuse(ToldTwice, o.id, "file %d is there %d times", n+1, count)
		case deleted:
		case excuses(text, n+1, len(o.end.Results), notAttached):
			c.report.NotAttached++
		case c.toldAny(o):
			c.accuse(NotDelivered, o.id, "file %d of %d is in no message", n+1, len(o.end.Results))
		}
	}
}

// toldAny reports whether the end is told at all; that it is not was said.
func (c *hearing) toldAny(o *order) bool {
	return slices.ContainsFunc(o.messages, func(m *Message) bool { return m.Deleted.IsZero() && m.last().standing(o.id) == saysEnded })
}

// files are those of the messages that carry the result, and what these say;
// deleted is set where people removed one of them.
func (o *order) files() (there []Attachment, text string, deleted bool) {
	for _, m := range o.messages {
		look := m.last()
		switch standing := look.standing(o.id); {
		case standing != saysEnded && standing != onlyFiles:
		case m.Deleted.IsZero():
			there = append(there, look.Files...)
			text += look.Text + "\n"
		default:
			deleted = true
		}
	}
	return there, text, deleted
}

// Words by which a message tells what became of a file.
var (
	encoded     = []string{"JPEG here", "compressed better", "only the first frame", "encoded anew", "shown by one picture"}
	notAttached = []string{"not attached"}
)

// judgeBytes compares a file with what is stored.
func (c *hearing) judgeBytes(o *order, n int, f Attachment, text string) {
	r := o.end.Results[n-1]
	stored, ok := c.stored[r.Name]
	switch {
	case ok && f.Digest == stored.Digest && f.Size == stored.Size:
	case excuses(text, n, len(o.end.Results), encoded):
		c.report.Encoded++
	case f.Digest == "":
		c.accuse(Altered, o.id, "the bytes of %s were gone before they could be read", f.Name)
	default:
		c.accuse(Altered, o.id, "%s has %d bytes, %s, and %s has %d, %s", f.Name, f.Size, f.Digest, r.Name, stored.Size, stored.Digest)
	}
}

// excuses reports whether a line tells one of the words of file n of so many:
// "The picture is JPEG here", "Pictures 1, 3 and 5–7 are JPEG here".
func excuses(text string, n, of int, words []string) bool {
	for line := range strings.Lines(text) {
		for _, word := range words {
			before, _, found := strings.Cut(line, word)
			if found && (of == 1 || listsNumber(before, n)) {
				return true
			}
		}
	}
	return false
}

var ranges = regexp.MustCompile(`(\d+)(?:–(\d+))?`)

func listsNumber(text string, n int) bool {
	for _, hit := range ranges.FindAllStringSubmatch(text, -1) {
		from, _ := strconv.Atoi(hit[1])
		to, _ := strconv.Atoi(cmp.Or(hit[2], hit[1]))
		if from <= n && n <= to {
			return true
		}
	}
	return false
}
