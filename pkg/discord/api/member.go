package api

import (
	"context"
	"errors"

	"github.com/bwmarrin/discordgo"
)

// Codes of what is not there: the page "Opcodes and Status Codes".
const (
	codeUnknownGuild  = 10004
	codeUnknownMember = 10007
	codeUnknownUser   = 10013
)

// Member says whether somebody is a member of a server; of one that the bot is
// not in nobody is, as far as it can tell. It needs no privileged intent.
func (c *Client) Member(ctx context.Context, guild, user string) (bool, error) {
	const op = "look for a member"
	if err := plain(op, guild, user); err != nil {
		return false, err
	}
	var answer struct {
		User struct {
			ID string `json:"id"`
		} `json:"user"`
	}
	err := c.do(ctx, call{
		op: op, method: "GET", url: discordgo.EndpointGuildMember(guild, user), target: "members " + guild, again: true, answers: &answer,
	})
	if err == nil {
		return answer.User.ID == user, nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		switch {
		case e.Code == codeUnknownMember, e.Code == codeUnknownUser, e.Code == codeUnknownGuild, e.Kind == NoAccess:
			return false, nil
		}
	}
	return false, err
}
