package api

import (
	"time"

	"github.com/bwmarrin/discordgo"
)

// message is what is read of a message that Discord returns. Components are not, so
// that none that is unknown here can make an answer unreadable.
type message struct {
	ID          string                         `json:"id"`
	Channel     string                         `json:"channel_id"`
	Flags       discordgo.MessageFlags         `json:"flags"`
	Attachments []*discordgo.MessageAttachment `json:"attachments"`
	Edited      string                         `json:"edited_timestamp"` // as it came, for the same reason
}

func (m message) posted() Posted {
	p := Posted{
		ID: m.ID, Channel: m.Channel, Attachments: m.Attachments, Flags: m.Flags,
		Ephemeral: m.Flags&discordgo.MessageFlagsEphemeral != 0,
		Loading:   m.Flags&discordgo.MessageFlagsLoading != 0,
	}
	if at, err := time.Parse(time.RFC3339Nano, m.Edited); err == nil {
		p.Edited = at.UTC()
	}
	return p
}

// callbackAnswer is what with_response=true brings. The message itself comes with
// types 4 and 7 only; of a deferred answer Discord tells the id.
type callbackAnswer struct {
	Interaction struct {
		Message   string `json:"response_message_id"`
		Loading   bool   `json:"response_message_loading"`
		Ephemeral bool   `json:"response_message_ephemeral"`
	} `json:"interaction"`
	Resource struct {
		Message *message `json:"message"`
	} `json:"resource"`
}

func (a callbackAnswer) posted(channel string) Posted {
	p := Posted{ID: a.Interaction.Message, Loading: a.Interaction.Loading, Ephemeral: a.Interaction.Ephemeral}
	if a.Resource.Message != nil {
		p = a.Resource.Message.posted()
	}
	if p.Channel == "" {
		p.Channel = channel
	}
	return p
}
