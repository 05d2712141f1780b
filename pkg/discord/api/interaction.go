package api

import (
	"encoding/json"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Interaction is what a person did, with what discordgo leaves out.
type Interaction struct {
	*discordgo.Interaction
	Raw json.RawMessage
	// SizeLimit bounds one file of the answer, in bytes. DefaultSizeLimit where Discord did not say.
	SizeLimit int64
	// AgeRestricted is of the channel, as far as the payload knows it. For a thread, ask
	// Client.Channel about Parent; a direct message is never.
	AgeRestricted bool
	// Parent is the channel of the thread in which it happened, else empty.
	Parent   string
	Received time.Time
}

// ParseInteraction decodes an interaction as the gateway and the endpoint get it.
func ParseInteraction(raw []byte, received time.Time) (Interaction, error) { panic("stub") }

// Asker is who did it. It has an id unless the interaction is a ping.
func (i Interaction) Asker() *discordgo.User { panic("stub") }

// Created is when Discord made the interaction, by its snowflake.
func (i Interaction) Created() time.Time { panic("stub") }

// TokenDies is 15 minutes after Created.
func (i Interaction) TokenDies() time.Time { panic("stub") }

// Hand is the token with which its answers are edited.
func (i Interaction) Hand() Token { panic("stub") }

// InGuild says whether it happened in a server.
func (i Interaction) InGuild() bool { panic("stub") }

// InBotDM says whether it happened in the direct messages with the bot.
func (i Interaction) InBotDM() bool { panic("stub") }

// GuildInstalled says whether the server, or the direct messages with the bot,
// authorise it: key "0" of the owners.
func (i Interaction) GuildInstalled() bool { panic("stub") }

// UserInstalled says whether the asker's own installation authorises it: key "1" of the owners.
func (i Interaction) UserInstalled() bool { panic("stub") }

// InThread says whether the channel is a thread.
func (i Interaction) InThread() bool { panic("stub") }

// Allows says whether the bot has all of these permissions where it happened.
func (i Interaction) Allows(permissions int64) bool { panic("stub") }

// BotCanEdit says whether the bot's own token can edit a public answer, once the
// interaction's is dead.
func (i Interaction) BotCanEdit() bool { panic("stub") }

// BotCanPost says whether the bot's own token can post a reply with files there.
func (i Interaction) BotCanPost() bool { panic("stub") }

// Moderator says whether the asker may manage messages there.
func (i Interaction) Moderator() bool { panic("stub") }

// HasRole says whether the asker has a role of the server.
func (i Interaction) HasRole(role string) bool { panic("stub") }
