package api

import (
	"sync"
	"time"
)

const (
	// TokenLife is how long Discord accepts an interaction's token.
	TokenLife = 15 * time.Minute
	// TokenMargin is how long before its end the Client stops using a token: an answer of
	// 401 counts towards the ban of an address.
	TokenMargin = 30 * time.Second
	// tokenYoung is how long a token's webhook may be unknown because Discord has not
	// yet dealt with the answer that makes it (discord-api-docs #7220, #6851).
	tokenYoung = 10 * time.Second
	// graves bounds the memory of refused tokens. Each cost a refused call.
	graves = 10_000
)

// Token is what edits the answers of one interaction. It is a capability: whoever has it
// may use it, so it is never logged.
type Token struct {
	App   string    // application id
	Token string    // secret
	Dies  time.Time // 15 minutes after the interaction was created
}

// Alive says whether the Client would still use the token, unless Discord refused it before.
func (t Token) Alive(now time.Time) bool {
	return t.Token != "" && now.Before(t.Dies.Add(-TokenMargin))
}

// young says whether its webhook may not be known yet.
func (t Token) young(now time.Time) bool {
	return now.Before(t.Dies.Add(-TokenLife + tokenYoung))
}

// graveyard remembers refused tokens until they would have died anyway.
type graveyard struct {
	mu   sync.Mutex
	dies map[string]time.Time
}

func (g *graveyard) holds(t Token) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.dies[t.Token]
	return ok
}

func (g *graveyard) bury(t Token, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dies == nil {
		g.dies = map[string]time.Time{}
	}
	for token, dies := range g.dies {
		if now.After(dies) || len(g.dies) >= graves {
			delete(g.dies, token)
		}
	}
	g.dies[t.Token] = t.Dies
}

// usable refuses a token that must not be used any more.
func (c *Client) usable(op string, t Token) error {
	if t.Alive(c.now()) && !c.dead.holds(t) {
		return nil
	}
	c.counts.dead.Add(1)
	return &Error{Op: op, Kind: TokenDead}
}
