package api

import (
	"context"

	"github.com/bwmarrin/discordgo"
)

// Reply answers with a message.
func (c *Client) Reply(ctx context.Context, i Interaction, m Message) (Posted, error) { panic("stub") }

// Defer answers "thinking": the message comes by EditOriginal.
func (c *Client) Defer(ctx context.Context, i Interaction, ephemeral bool) (Posted, error) {
	panic("stub")
}

// DeferUpdate answers a click without changing anything yet.
func (c *Client) DeferUpdate(ctx context.Context, i Interaction) error { panic("stub") }

// Update answers a click by replacing the message that was clicked.
func (c *Client) Update(ctx context.Context, i Interaction, m Message) error { panic("stub") }

// Suggest answers an autocompletion. No choices are sent as such.
func (c *Client) Suggest(ctx context.Context, i Interaction, choices []*discordgo.ApplicationCommandOptionChoice) error {
	panic("stub")
}

// Ask answers with a form.
func (c *Client) Ask(ctx context.Context, i Interaction, m Modal) error { panic("stub") }
