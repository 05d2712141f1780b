package source

import (
	"errors"
	"fmt"

	"github.com/gorilla/websocket"

	"discomfy/pkg/discord/api"
)

// permanent is an error that no further attempt mends.
type permanent struct {
	advice string
	err    error
}

func (p *permanent) Error() string { return fmt.Sprintf("%s (%v)", p.advice, p.err) }
func (p *permanent) Unwrap() error { return p.err }

func isPermanent(err error) bool {
	_, ok := errors.AsType[*permanent](err)
	return ok
}

const badToken = "discord refuses the bot token: copy it anew from the Bot page of the application, and set DISCORD_TOKEN to it"

// explain makes a permanent error of what only a person can mend. The close codes are
// those after which Discord's documentation forbids to reconnect.
func explain(err error) error {
	if api.KindOf(err) == api.Unauthorized {
		return &permanent{badToken, err}
	}
	closed, ok := errors.AsType[*websocket.CloseError](err)
	if !ok {
		return err
	}
	switch closed.Code {
	case 4004:
		return &permanent{badToken, err}
	case 4010:
		return &permanent{"discord refuses the shard: its number must be below the count of shards", err}
	case 4011:
		return &permanent{"discord demands more shards: start with --shard i/n for every i below n", err}
	case 4012:
		return &permanent{"discord no longer offers this version of its interface: a newer release is needed", err}
	case 4013, 4014:
		return &permanent{"discord refuses the intents, though none is asked for: a newer release is needed", err}
	}
	return err
}
