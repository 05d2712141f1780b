package api

import (
	"context"

	"github.com/bwmarrin/discordgo"
)

// maxGuilds bounds a list of servers; a bot in more of them has to be sharded.
const maxGuilds = 2500

// guildsAtOnce is how many servers Discord tells at once, at most.
const guildsAtOnce = 200

// Guilds lists the ids of the servers that the bot is in, up to 2500 of them.
func (c *Client) Guilds(ctx context.Context) ([]string, error) {
	var all []string
	for page := "?limit=200"; len(all) < maxGuilds; page = "?limit=200&after=" + all[len(all)-1] {
		var answer []struct {
			ID string `json:"id"`
		}
		err := c.do(ctx, call{
			op: "list the servers", method: "GET", url: discordgo.EndpointUserGuilds("@me") + page,
			target: "guilds", again: true, answers: &answer,
		})
		if err != nil {
			return nil, err
		}
		for _, g := range answer {
			all = append(all, g.ID)
		}
		if len(answer) < guildsAtOnce {
			break
		}
	}
	return all, nil
}
