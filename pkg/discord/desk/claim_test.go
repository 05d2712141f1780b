package desk_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/desk"
)

// deafened is a broker that does not answer for a while.
type deafened struct {
	*claims
	from, until time.Time
}

// punctual is a Discord that takes answers for three seconds.
type punctual struct {
	*told
	began time.Time
}

func (d punctual) Reply(ctx context.Context, i api.Interaction, m api.Message) (api.Posted, error) {
	if time.Since(d.began) > 3*time.Second {
		return api.Posted{}, &api.Error{Kind: api.TooLate}
	}
	return d.told.Reply(ctx, i, m)
}

var errDeaf = errors.New("no answer")

func (b *deafened) hears(ctx context.Context) error {
	if now := time.Now(); now.Before(b.from) || !now.Before(b.until) {
		return nil
	}
	<-ctx.Done()
	return errDeaf
}

func (b *deafened) Claim(ctx context.Context, key string, ttl time.Duration) (bool, error) {
	if err := b.hears(ctx); err != nil {
		return false, err
	}
	return b.claims.Claim(ctx, key, ttl)
}

func (b *deafened) Claimed(ctx context.Context, key string) (bool, error) {
	if err := b.hears(ctx); err != nil {
		return false, err
	}
	return b.claims.Claimed(ctx, key)
}

// What a replica has claimed that died then is answered, also where the broker
// does not tell that nobody has done so.
func TestABrokerThatIsAwayForTheSecondLook(t *testing.T) {
	t.Parallel()
	const won, answered = "i-100", "i-100-a"
	tests := map[string]struct {
		claimed []string
		away    time.Duration // from the end of the first second
		want    string
	}{
		"for a moment":               {[]string{won}, 400 * time.Millisecond, "reply"},
		"for good":                   {[]string{won}, time.Hour, "reply"},
		"for a moment, and answered": {[]string{won, answered}, 400 * time.Millisecond, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, d := &claims{all: map[string]bool{}}, &told{}
				for _, key := range test.claimed {
					c.all[key] = true
				}
				from := time.Now().Add(time.Second)
				b := &deafened{claims: c, from: from, until: from.Add(test.away)}
				one, stop := runWith(t, desk.Config{Discord: punctual{d, time.Now()}, Broker: b, Board: board{}, Catalog: nothing{}})
				one.Handle(t.Context(), help())
				if got := strings.Join(d.ways, " "); got != test.want {
					t.Errorf("answered by %q, want %q", got, test.want)
				}
				b.until = time.Time{}
				stop()
			})
		})
	}
}
