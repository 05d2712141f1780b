package api

import "time"

const (
	// TokenLife is how long Discord accepts an interaction's token.
	TokenLife = 15 * time.Minute
	// TokenMargin is how long before its end the Client stops using a token: an answer of
	// 401 counts towards the ban of an address.
	TokenMargin = 30 * time.Second
)

// Token is what edits the answers of one interaction. It is a capability: whoever has it
// may use it, so it is never logged.
type Token struct {
	App   string    // application id
	Token string    // secret
	Dies  time.Time // 15 minutes after the interaction was created
}

// Alive says whether the Client would still use the token.
func (t Token) Alive(now time.Time) bool {
	return t.Token != "" && now.Before(t.Dies.Add(-TokenMargin))
}
