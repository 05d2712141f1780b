package board

import (
	"testing"
	"time"

	"discomfy/pkg/discord/reply"
)

// inGuild is a public card in a guild where the bot may do everything, whose
// token lives.
func inGuild() reach {
	return reach{Handle: reply.Handle{Card: "1", Channel: "2", Guild: "3", BotEdits: true, BotPosts: true,
		Token: "t", App: "a", TokenDies: epoch.Add(10 * time.Minute)}}
}

func TestWaysOfAResult(t *testing.T) {
	t.Parallel()
	old := func(r *reach) { r.TokenDies = epoch }
	private := func(r *reach) { r.Private, r.Ephemeral = true, true }
	foreign := func(r *reach) { r.BotEdits, r.BotPosts = false, false } // installed by a user
	for name, c := range map[string]struct {
		change []func(*reach)
		tell   bool
		want   way
	}{
		"at once: the card, by its token":                     {nil, false, byToken},
		"a minute later: a new message":                       {nil, true, byPost},
		"without the right to send: the card":                 {[]func(*reach){func(r *reach) { r.BotPosts = false }}, true, byToken},
		"the token is dead: the bot edits":                    {[]func(*reach){old, func(r *reach) { r.BotPosts = false }}, true, byBot},
		"the token was refused: the bot edits":                {[]func(*reach){func(r *reach) { r.Deaf = true }}, false, byBot},
		"the token is dead, and it is time to tell":           {[]func(*reach){old}, true, byPost},
		"private: never a message that all see":               {[]func(*reach){private}, true, byToken},
		"private, and the token is dead: a click brings one":  {[]func(*reach){private, old}, true, parked},
		"installed by a user":                                 {[]func(*reach){foreign}, true, byToken},
		"installed by a user, dead token: a click brings one": {[]func(*reach){foreign, old}, true, parked},
		"the card was deleted":                                {[]func(*reach){func(r *reach) { r.Gone = true }}, false, byPost},
		"a private card was deleted":                          {[]func(*reach){private, func(r *reach) { r.Gone = true }}, false, byTail},
		"a private card was deleted long ago":                 {[]func(*reach){private, old, func(r *reach) { r.Gone = true }}, false, nowhere},
		"an answer that may have arrived is not sent again":   {[]func(*reach){private, func(r *reach) { r.Gone = true; r.Ending.Trying = 1 }}, false, nowhere},
		"Discord took no answer: the channel":                 {[]func(*reach){func(r *reach) { r.Lost, r.Card = true, "" }}, false, byPost},
		"Discord took no answer, private: nowhere":            {[]func(*reach){private, func(r *reach) { r.Lost, r.Card = true, "" }}, false, nowhere},
		"no permission left, live token":                      {[]func(*reach){func(r *reach) { r.NoPost = true }}, true, byToken},
		"no permission left, dead token: a click on the card": {[]func(*reach){old, func(r *reach) { r.NoPost, r.NoEdit = true, true }}, true, parked},
		"no permission left in the bot's direct messages":     {[]func(*reach){old, func(r *reach) { r.Context, r.NoPost, r.NoEdit = 1, true, true }}, true, byDM},
		"the channel is gone, with its card":                  {[]func(*reach){old, func(r *reach) { r.Gone, r.NoPost, r.NoEdit = true, true, true }}, true, nowhere},
		"deleted on demand":                                   {[]func(*reach){func(r *reach) { r.Ending.Erased = true }}, true, nowhere},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := inGuild()
			for _, change := range c.change {
				change(&r)
			}
			if got := r.main(epoch, c.tell); got != c.want {
				t.Errorf("goes by %q, want %q", got, c.want)
			}
		})
	}
}
