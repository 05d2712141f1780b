package source

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"
)

// reserve is how many new sessions are left untouched: Discord answers the last one by
// killing all sessions and resetting the token.
const reserve = 5

// admit waits until a new session may begin: until there is budget for one, and until
// no other replica begins one. It returns the gateway's address.
func (g *Gateway) admit(ctx context.Context) (url string, err error) {
	for {
		budget, err := g.cfg.Client.Gateway(ctx)
		if err != nil {
			return "", explain(err)
		}
		if budget.Shards > g.cfg.Shard.Count {
			g.once(ctx, "shards", "discord recommends more shards", slog.Int("shards", budget.Shards))
		}
		if budget.Remaining > reserve || budget.Total <= reserve {
			g.warnEarly(ctx, budget.Remaining, budget.Total)
			return budget.URL, g.claim(ctx, g.cfg.Shard.ID%budget.MaxConcurrency)
		}
		g.be("discord allows no new session before " + g.cfg.Client.Now().Add(budget.ResetAfter).Format(time.TimeOnly))
		g.once(ctx, "budget", "the budget of new sessions with discord is used up: waiting for the next", slog.Duration("wait", budget.ResetAfter))
		// Asked again every minute: the answer tells more than a clock that is hours off.
		if err := sleep(ctx, min(max(budget.ResetAfter, time.Second), time.Minute)+jitter(g.cfg.IdentifyGap)); err != nil {
			return "", err
		}
	}
}

func (g *Gateway) warnEarly(ctx context.Context, remaining, total int) {
	if remaining < total/10 {
		g.once(ctx, "early", "few new sessions with discord are left for today: something connects too often",
			slog.Int("remaining", remaining), slog.Int("total", total))
	}
}

// claim takes the lock under which one replica at a time begins a session. Where it
// cannot be had for long it is done without: people must be told that something is
// down, which needs a connection.
func (g *Gateway) claim(ctx context.Context, bucket int) error {
	if g.cfg.Locker == nil {
		return nil
	}
	app, err := g.app(ctx)
	if err != nil {
		return explain(err)
	}
	key := fmt.Sprintf("identify-%s-%d", app, bucket)
	began := time.Now()
	for failed := 0; failed < 3 && time.Since(began) < 20*g.cfg.IdentifyGap; {
		switch ours, err := g.tryClaim(ctx, key); {
		case ours && err == nil:
			return nil
		case err != nil:
			failed++
			g.once(ctx, "lock", "the lock for new sessions cannot be asked for", slog.Any("error", err))
		}
		if err := sleep(ctx, g.cfg.IdentifyGap/12+jitter(g.cfg.IdentifyGap/6)); err != nil {
			return err
		}
	}
	return sleep(ctx, jitter(2*g.cfg.IdentifyGap))
}

func (g *Gateway) tryClaim(ctx context.Context, key string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return g.cfg.Locker.Claim(ctx, key, g.cfg.IdentifyGap)
}

func (g *Gateway) app(ctx context.Context) (string, error) {
	if g.cfg.App != "" {
		return g.cfg.App, nil
	}
	app, err := g.cfg.Client.Application(ctx)
	if err == nil {
		g.cfg.App = app.ID
	}
	return app.ID, err
}

func jitter(most time.Duration) time.Duration { return rand.N(max(most, 1)) }
