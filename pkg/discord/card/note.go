package card

import (
	"fmt"
	"net/url"
	"strings"
)

// writeNotes adds remarks, and where the originals are.
func (v View) writeNotes(s *sheet) {
	s.gap()
	if !v.Wordless {
		for _, n := range v.Notes[:min(len(v.Notes), mostNotes)] {
			s.line(sentence(n))
		}
		if more := len(v.Notes) - mostNotes; more > 0 {
			s.line(fmt.Sprintf(textMore, more))
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
