package desk

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"

	"discomfy/pkg/job"
)

const (
	recentUsers = 1000 // of whom the latest orders are remembered
	recentJobs  = 10   // of each
)

// recent remembers the latest orders that this replica took, for suggestions.
type recent struct {
	mu     sync.Mutex
	orders map[string][]job.Request // user → newest first
	users  []string                 // oldest first
}

func (r *recent) add(user string, q job.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.orders == nil {
		r.orders = map[string][]job.Request{}
	}
	if _, ok := r.orders[user]; !ok {
		r.users = append(r.users, user)
	}
	if len(r.users) > recentUsers {
		delete(r.orders, r.users[0])
		r.users = slices.Delete(r.users, 0, 1)
	}
	mine := slices.DeleteFunc(r.orders[user], func(o job.Request) bool { return o.ID == q.ID })
	mine = slices.Insert(mine, 0, q)
	r.orders[user] = mine[:min(len(mine), recentJobs)]
}

func (r *recent) of(user string) []job.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.orders[user])
}

// remember keeps an order for suggestions: here, and, for a day, where every
// replica finds it. Of two orders at the same moment one may be forgotten there.
func (v *visit) remember(ctx context.Context, r job.Request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimBy)
	defer cancel()
	user := v.i.Asker().ID
	v.d.recent.add(user, r)
	ids := slices.DeleteFunc(v.remembered(ctx), func(id job.ID) bool { return id == r.ID })
	ids = slices.Insert(ids, 0, r.ID)
	data, err := json.Marshal(ids[:min(len(ids), recentJobs)])
	if err == nil {
		err = v.d.cfg.Broker.PutDraft(ctx, recentKey(user), data)
	}
	if err != nil {
		v.log.DebugContext(ctx, "an order could not be remembered", slog.Any(keyError, err))
	}
}

// remembered are the asker's latest jobs, newest first.
func (v *visit) remembered(ctx context.Context) []job.ID {
	data, err := v.d.cfg.Broker.Draft(ctx, recentKey(v.i.Asker().ID))
	if err != nil {
		return nil // mostly there are none
	}
	var ids []job.ID
	if json.Unmarshal(data, &ids) != nil {
		return nil
	}
	return ids[:min(len(ids), recentJobs)]
}

func recentKey(user string) string { return "recent-" + user }
