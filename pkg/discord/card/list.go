package card

import (
	"fmt"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
)

// The lists, as the Arg of the buttons that turn their pages.
const (
	ListLoras  = "loras"
	ListModels = "models"
)

// perPage is how many items one page shows: a screenful of a phone.
const perPage = 15

// Listing is a list, of which one page is shown.
type Listing struct {
	What  string // ListLoras or ListModels
	Items []Item // all of them
	Page  int    // from 1; any other number is brought into range
	Open  bool   // the server may have more
}

// Item is one line of a list.
type Item struct {
	Name string
	Note string // such as the workflows that take it; may be empty
}

// Page is one page of a list, with the buttons that turn it.
func Page(l Listing) api.Message {
	pages := max((len(l.Items)+perPage-1)/perPage, 1)
	page := min(max(l.Page, 1), pages, MaxNumber)
	s := &sheet{title: titleModels, colour: neutral}
	if l.What == ListLoras {
		s.title = titleLoras
	}
	from := (page - 1) * perPage
	for _, item := range l.Items[from:min(from+perPage, len(l.Items))] {
		s.line(item.line())
	}
	if len(l.Items) == 0 {
		s.line(textNone)
	}
	s.gap()
	if l.Open {
		s.line(textOpenList)
	}
	if pages > 1 {
		s.footer = fmt.Sprintf(textPage, len(l.Items), page, pages)
	}
	return private(s.message(l.turns(page, pages)...))
}

// line is an item in one line.
func (i Item) line() string {
	name := shown(i.Name, maxName)
	if name == "" {
		return ""
	}
	return "• " + dotted(name, shown(i.Note, maxName))
}

// turns are the buttons that turn the page; none for a single one.
func (l Listing) turns(page, pages int) []discordgo.MessageComponent {
	if pages < 2 {
		return nil
	}
	turn := func(label string, to int) discordgo.Button {
		b := button(discordgo.SecondaryButton, label, ID{Verb: List, Arg: l.What, N: min(max(to, 1), MaxNumber)})
		b.Disabled = to < 1 || to > pages || b.CustomID == ""
		return b
	}
	return layout([]discordgo.MessageComponent{turn(labelBack, page-1), turn(labelForward, page+1)})
}
