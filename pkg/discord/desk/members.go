package desk

import (
	"context"
	"sync"
	"time"
)

const (
	// memberFor is how long somebody counts as a member after Discord said so,
	// and strangerFor how long as none.
	memberFor   = 5 * time.Minute
	strangerFor = time.Minute
	// knownPeople bounds of how many people that is remembered.
	knownPeople = 10_000
)

// members remembers for moments who is in one of the servers that may use the
// bot.
type members struct {
	mu  sync.Mutex
	all map[string]membership // by user
}

type membership struct {
	is    bool
	until time.Time
}

func (m *members) get(user string, now time.Time) (is, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.all[user]
	return s.is, ok && now.Before(s.until)
}

func (m *members) put(user string, is bool, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil || len(m.all) >= knownPeople { // what is forgotten is asked again
		m.all = map[string]membership{}
	}
	s := membership{is: is, until: now.Add(strangerFor)}
	if is {
		s.until = now.Add(memberFor)
	}
	m.all[user] = s
}

// member reports whether somebody is in a server that may use the bot. An error
// says that this is not known.
func (d *Desk) member(ctx context.Context, user string) (bool, error) {
	now := time.Now()
	if is, known := d.members.get(user, now); known {
		return is, nil
	}
	for _, guild := range d.cfg.Guilds {
		is, err := d.cfg.Discord.Member(ctx, guild, user)
		if err != nil {
			return false, err
		}
		if is {
			d.members.put(user, true, now)
			return true, nil
		}
	}
	d.members.put(user, false, now)
	return false, nil
}
