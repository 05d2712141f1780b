package desk

import (
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
