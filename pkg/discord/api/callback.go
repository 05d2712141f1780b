package api

import (
	"context"

	"github.com/bwmarrin/discordgo"
)

// response is an answer to an interaction.
type response struct {
	Type discordgo.InteractionResponseType `json:"type"`
	Data any                               `json:"data,omitempty"`
}

// Reply answers with a message.
func (c *Client) Reply(ctx context.Context, i Interaction, m Message) (Posted, error) {
	return c.callback(ctx, "reply", i, response{discordgo.InteractionResponseChannelMessageWithSource, m.fresh()}, m.Files)
}

// Defer answers "thinking": the message comes by EditOriginal, and is for the asker
// alone if and only if this answer is.
func (c *Client) Defer(ctx context.Context, i Interaction, ephemeral bool) (Posted, error) {
	r := response{Type: discordgo.InteractionResponseDeferredChannelMessageWithSource}
	if ephemeral {
		r.Data = map[string]any{"flags": discordgo.MessageFlagsEphemeral}
	}
	return c.callback(ctx, "defer the answer", i, r, nil)
}

// DeferUpdate answers a click without changing anything yet; EditOriginal edits the
// message that was clicked.
func (c *Client) DeferUpdate(ctx context.Context, i Interaction) error {
	_, err := c.callback(ctx, "defer the update", i, response{Type: discordgo.InteractionResponseDeferredMessageUpdate}, nil)
	return err
}

// Update answers a click by replacing the message that was clicked.
func (c *Client) Update(ctx context.Context, i Interaction, m Message) error {
	_, err := c.callback(ctx, "update the message", i, response{discordgo.InteractionResponseUpdateMessage, m.whole()}, m.Files)
	return err
}

// Suggest answers an autocompletion; an empty list is sent as such.
func (c *Client) Suggest(ctx context.Context, i Interaction, choices []*discordgo.ApplicationCommandOptionChoice) error {
	if choices == nil {
		choices = []*discordgo.ApplicationCommandOptionChoice{}
	}
	r := response{discordgo.InteractionApplicationCommandAutocompleteResult, map[string]any{"choices": choices}}
	_, err := c.callback(ctx, "suggest choices", i, r, nil)
	return err
}

// Ask answers with a form. It must be the first answer, and not one to a form.
func (c *Client) Ask(ctx context.Context, i Interaction, m Modal) error {
	form := map[string]any{"custom_id": m.ID, "title": m.Title, "components": m.Components}
	_, err := c.callback(ctx, "ask by a form", i, response{discordgo.InteractionResponseModal, form}, nil)
	return err
}

// callback gives the first answer. It is sent once: whether a broken call arrived is
// not known, and the second would be told that someone answered already.
func (c *Client) callback(ctx context.Context, op string, i Interaction, r response, files []File) (Posted, error) {
	if i.Interaction == nil {
		return Posted{}, &Error{Op: op, Kind: Invalid, Message: "no interaction"}
	}
	if err := plain(op, i.ID, i.Token); err != nil {
		return Posted{}, err
	}
	ctype, body, done, err := c.encode(ctx, op, r, files)
	if err != nil {
		return Posted{}, err
	}
	defer done()
	var answer callbackAnswer
	err = c.do(ctx, call{
		op: op, method: "POST", url: discordgo.EndpointInteractionResponse(i.ID, i.Token) + "?with_response=true",
		ctype: ctype, body: body, by: byToken, answers: &answer,
	})
	if err != nil {
		return Posted{}, err
	}
	return answer.posted(i.ChannelID), nil
}
