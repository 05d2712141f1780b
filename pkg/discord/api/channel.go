package api

import (
	"context"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Edit replaces a message of the bot's, by the bot's token.
func (c *Client) Edit(ctx context.Context, channel, message string, m Message) (Posted, error) {
	panic("stub")
}

// Post sends a new message.
func (c *Client) Post(ctx context.Context, channel string, m Message) (Posted, error) { panic("stub") }

// Get reads a message. Components of kinds that are not known here are left out.
func (c *Client) Get(ctx context.Context, channel, message string) (*discordgo.Message, error) {
	panic("stub")
}

// Delete removes a message.
func (c *Client) Delete(ctx context.Context, channel, message string) error { panic("stub") }

// DM is the channel of the direct messages with a user.
func (c *Client) DM(ctx context.Context, user string) (string, error) { panic("stub") }

// Channel is what is known of a channel.
type Channel struct {
	ID            string
	Guild         string
	Parent        string
	Type          discordgo.ChannelType
	AgeRestricted bool
}

// Channel asks about a channel.
func (c *Client) Channel(ctx context.Context, channel string) (Channel, error) { panic("stub") }

// WaitChannel is how long the next edit in the channel would wait for its rate limit,
// as far as this process knows it.
func (c *Client) WaitChannel(channel string) time.Duration { panic("stub") }
