package api

import (
	"encoding/json"
	"slices"
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

// Keys of the authorising owners: the documentation's page "Receiving and Responding".
const (
	ownerGuild discordgo.ApplicationIntegrationType = 0
	ownerUser  discordgo.ApplicationIntegrationType = 1
)

// Asker is who did it. It is never nil, and has an id unless the interaction is a ping.
func (i Interaction) Asker() *discordgo.User {
	switch {
	case i.Interaction == nil:
	case i.Member != nil && i.Member.User != nil:
		return i.Member.User
	case i.User != nil:
		return i.User
	}
	return &discordgo.User{}
}

// Created is when Discord made the interaction, by its snowflake.
func (i Interaction) Created() time.Time {
	if at, err := discordgo.SnowflakeTimestamp(i.ID); err == nil {
		return at
	}
	return i.Received
}

// TokenDies is 15 minutes after Created.
func (i Interaction) TokenDies() time.Time { return i.Created().Add(TokenLife) }

// Access is the token with which its answers are edited.
func (i Interaction) Access() Token {
	return Token{App: i.AppID, Token: i.Token, Dies: i.TokenDies()}
}

// InGuild says whether it happened in a server.
func (i Interaction) InGuild() bool { return i.GuildID != "" }

// InBotDM says whether it happened in the direct messages with the bot.
func (i Interaction) InBotDM() bool {
	return !i.InGuild() && i.Context == discordgo.InteractionContextBotDM
}

// InThread says whether the channel is a thread.
func (i Interaction) InThread() bool { return i.Parent != "" }

// GuildInstalled says whether the server, or the direct messages with the bot,
// authorise it: key "0" of the owners.
func (i Interaction) GuildInstalled() bool { return i.owner(ownerGuild) }

// UserInstalled says whether the asker's own installation authorises it: key "1" of the owners.
func (i Interaction) UserInstalled() bool { return i.owner(ownerUser) }

func (i Interaction) owner(key discordgo.ApplicationIntegrationType) bool {
	_, ok := i.AuthorizingIntegrationOwners[key]
	return ok
}

// Allows says whether the bot has all of these permissions where it happened.
func (i Interaction) Allows(permissions int64) bool {
	return has(i.AppPermissions, permissions)
}

// BotCanEdit says whether the bot's own token can edit a public answer, once the
// interaction's is dead: that needs nothing but to see the channel (discord-api-docs #3096).
func (i Interaction) BotCanEdit() bool {
	if !i.GuildInstalled() {
		return false
	}
	return i.InBotDM() || (i.InGuild() && i.Allows(discordgo.PermissionViewChannel))
}

// BotCanPost says whether the bot's own token can post a reply with files there.
func (i Interaction) BotCanPost() bool {
	if !i.BotCanEdit() || i.InBotDM() {
		return i.BotCanEdit()
	}
	send := int64(discordgo.PermissionSendMessages)
	if i.InThread() {
		send = discordgo.PermissionSendMessagesInThreads
	}
	return i.Allows(send | discordgo.PermissionEmbedLinks | discordgo.PermissionAttachFiles | discordgo.PermissionReadMessageHistory)
}

// Moderator says whether the asker may manage messages there.
func (i Interaction) Moderator() bool {
	return i.Member != nil && has(i.Member.Permissions, discordgo.PermissionManageMessages)
}

// HasRole says whether the asker has a role of the server.
func (i Interaction) HasRole(role string) bool {
	return role != "" && i.Member != nil && slices.Contains(i.Member.Roles, role)
}

// has says whether all permissions are among those that are had; an administrator has all.
func has(had, permissions int64) bool {
	return had&permissions == permissions || had&discordgo.PermissionAdministrator != 0
}
