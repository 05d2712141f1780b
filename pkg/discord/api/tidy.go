package api

import (
	"maps"
	"slices"

	"github.com/bwmarrin/discordgo"
)

// tidy removes the nils that a null in a list becomes: nobody who reads an interaction
// should have to think of them.
func tidy(i *discordgo.Interaction) {
	if i.Message != nil {
		tidyMessage(i.Message)
	}
	switch data := i.Data.(type) {
	case discordgo.ApplicationCommandInteractionData:
		data.Options = tidyOptions(data.Options)
		if r := data.Resolved; r != nil {
			dropNilValues(r.Users)
			dropNilValues(r.Members)
			dropNilValues(r.Roles)
			dropNilValues(r.Channels)
			dropNilValues(r.Messages)
			dropNilValues(r.Attachments)
			for _, m := range r.Messages {
				tidyMessage(m)
			}
		}
		i.Data = data
	case discordgo.MessageComponentInteractionData:
		tidyResolved(data.Resolved)
	case discordgo.ModalSubmitInteractionData:
		tidyResolved(data.Resolved)
		data.Components = tidyComponents(data.Components)
		i.Data = data
	}
}

func tidyResolved(r discordgo.ComponentInteractionDataResolved) {
	dropNilValues(r.Users)
	dropNilValues(r.Members)
	dropNilValues(r.Roles)
	dropNilValues(r.Channels)
	dropNilValues(r.Attachments)
}

func tidyMessage(m *discordgo.Message) {
	m.Attachments = dropNils(m.Attachments)
	m.Embeds = dropNils(m.Embeds)
	m.Mentions = dropNils(m.Mentions)
	m.Components = tidyComponents(m.Components)
	for _, e := range m.Embeds {
		e.Fields = dropNils(e.Fields)
	}
}

func tidyOptions(options []*discordgo.ApplicationCommandInteractionDataOption) []*discordgo.ApplicationCommandInteractionDataOption {
	options = dropNils(options)
	for _, o := range options {
		o.Options = tidyOptions(o.Options)
	}
	return options
}

func tidyComponents(list []discordgo.MessageComponent) []discordgo.MessageComponent {
	list = slices.DeleteFunc(list, func(c discordgo.MessageComponent) bool { return c == nil })
	for _, c := range list {
		switch c := c.(type) {
		case *discordgo.ActionsRow:
			c.Components = tidyComponents(c.Components)
		case *discordgo.Container:
			c.Components = tidyComponents(c.Components)
		case *discordgo.Section:
			c.Components = tidyComponents(c.Components)
		}
	}
	return list
}

func dropNils[E any](list []*E) []*E {
	return slices.DeleteFunc(list, func(e *E) bool { return e == nil })
}

func dropNilValues[V any](m map[string]*V) {
	maps.DeleteFunc(m, func(_ string, v *V) bool { return v == nil })
}
