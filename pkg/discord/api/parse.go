package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bwmarrin/discordgo"
)

// ParseInteraction decodes an interaction as the gateway and the endpoint get it. What
// discordgo cannot decode is left out where the interaction still makes sense without:
// components of unknown kinds, or a message that is nothing but odd. It fails where it is
// not known who asked, or how to answer. No list of a parsed interaction holds a nil.
func ParseInteraction(raw []byte, received time.Time) (Interaction, error) {
	var extra extras
	if err := json.Unmarshal(raw, &extra); err != nil {
		return Interaction{}, fmt.Errorf("parse interaction: %w", err)
	}
	decoded, err := decodeInteraction(raw)
	if err != nil {
		return Interaction{}, fmt.Errorf("parse interaction: %w", err)
	}
	i := Interaction{
		Interaction: decoded, Raw: raw, Received: received,
		SizeLimit: DefaultSizeLimit, AgeRestricted: extra.Channel.AgeRestricted,
	}
	if extra.SizeLimit > 0 {
		i.SizeLimit = extra.SizeLimit
	}
	if isThread(extra.Channel.Type) {
		i.Parent = extra.Channel.Parent
	}
	if i.ChannelID == "" {
		i.ChannelID = extra.Channel.ID
	}
	return i, check(i)
}

// extras are what discordgo has no field for.
type extras struct {
	SizeLimit int64   `json:"attachment_size_limit"`
	Channel   Channel `json:"channel"`
}

func isThread(t discordgo.ChannelType) bool {
	return t == discordgo.ChannelTypeGuildNewsThread || t == discordgo.ChannelTypeGuildPublicThread || t == discordgo.ChannelTypeGuildPrivateThread
}

func check(i Interaction) error {
	if i.Type == discordgo.InteractionPing {
		return nil
	}
	switch _, err := discordgo.SnowflakeTimestamp(i.ID); {
	case err != nil:
		return errors.New("parse interaction: it has no id")
	case i.Token == "":
		return errors.New("parse interaction: it has no token")
	case i.Data == nil:
		return fmt.Errorf("parse interaction: its type %d is not known", i.Type)
	case i.Asker().ID == "":
		return errors.New("parse interaction: it does not say who asked")
	}
	return nil
}

// decodeInteraction tries all of it first, then without what is unknown, then without
// the message but for its id.
func decodeInteraction(raw []byte) (*discordgo.Interaction, error) {
	var err error
	for _, reduce := range []func([]byte) ([]byte, error){whole, prune, pruneMessages} {
		var reduced []byte
		if reduced, err = reduce(raw); err != nil {
			continue
		}
		var i discordgo.Interaction
		if err = json.Unmarshal(reduced, &i); err == nil {
			tidy(&i)
			return &i, nil
		}
	}
	return nil, err
}

// parseMessage decodes a message, without the components that are unknown here.
func parseMessage(raw []byte) (*discordgo.Message, error) {
	m := new(discordgo.Message)
	err := json.Unmarshal(raw, m)
	if err != nil {
		var reduced []byte
		if reduced, err = prune(raw); err == nil {
			m = new(discordgo.Message)
			err = json.Unmarshal(reduced, m)
		}
	}
	if err != nil {
		return nil, err
	}
	tidyMessage(m)
	return m, nil
}
