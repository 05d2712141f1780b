package bridge

import (
	"cmp"
	"slices"

	"discomfy/pkg/job"
)

// held is a job of ours that is not inside ComfyUI.
type held struct {
	request job.Request
	seq     uint64    // place in the stream: the job's age
	state   job.State // the last one written
	again   bool      // it was inside ComfyUI before and goes first
	turn    int       // fair-share round within its class
	steps   int       // that are asked for; 0 where the workflow has none
}

// schedule orders the jobs that wait: those that ComfyUI lost come first, then
// by priority class, then fair share between users, then age.
//
// Fair share is start-time fair queueing with every job of equal size: a job's
// turn is one after its user's last one, but never before the turn that is
// being served. So a user with twenty jobs delays another's first by one job
// at the most, and nobody gains by waiting. The turns follow from the order of
// arrival of the open jobs, so a successor makes them anew from the stream.
//
// A schedule is not safe for concurrent use.
type schedule struct {
	waiting []*held // in order
	lanes   map[int]*lane
}

// lane is the fair-share state of one priority class.
type lane struct {
	now  int              // the turn being served
	last map[job.User]int // each user's latest turn
}

func newSchedule() *schedule { return &schedule{lanes: map[int]*lane{}} }

// add puts a job in its place.
func (s *schedule) add(h *held) {
	h.turn = s.lane(h.request.Class).take(h.request.User)
	s.insert(h)
}

// giveBack returns a job that left the schedule before and has to run again.
func (s *schedule) giveBack(h *held) {
	h.again = true
	s.insert(h)
}

// account counts a job that is inside ComfyUI already against its user.
func (s *schedule) account(r job.Request) {
	s.lane(r.Class).take(r.User)
}

// next removes and returns the first job, or nil.
func (s *schedule) next() *held {
	if len(s.waiting) == 0 {
		return nil
	}
	h := s.waiting[0]
	s.waiting = slices.Delete(s.waiting, 0, 1)
	if l := s.lane(h.request.Class); h.turn > l.now {
		l.now = h.turn
	}
	s.forget(h.request.Class)
	return h
}

// remove takes a job out, or returns nil when it does not wait. Its user has
// its turn back, so the order is what it would be if nobody had asked for it.
func (s *schedule) remove(id job.ID) *held {
	i := slices.IndexFunc(s.waiting, func(h *held) bool { return h.request.ID == id })
	if i < 0 {
		return nil
	}
	h := s.waiting[i]
	s.waiting = slices.Delete(s.waiting, i, i+1)
	if !h.again { // one that has run has used its turn
		s.moveUp(h)
	}
	return h
}

// moveUp gives a user's turn back: its later jobs move up by one. Their turns
// follow one another without a gap, since none is before the one being served.
func (s *schedule) moveUp(gone *held) {
	l := s.lane(gone.request.Class)
	if _, ok := l.last[gone.request.User]; ok {
		l.last[gone.request.User]--
	}
	moved := false
	for _, h := range s.waiting {
		if !h.again && h.request.User == gone.request.User && h.request.Class == gone.request.Class && h.turn > gone.turn {
			h.turn--
			moved = true
		}
	}
	if moved {
		slices.SortFunc(s.waiting, (*held).compare)
	}
}

// order is the waiting jobs, next first. The caller must not keep it.
func (s *schedule) order() []*held { return s.waiting }

func (s *schedule) insert(h *held) {
	i, _ := slices.BinarySearchFunc(s.waiting, h, (*held).compare)
	s.waiting = slices.Insert(s.waiting, i, h)
}

func (h *held) compare(other *held) int {
	if h.again != other.again {
		if h.again {
			return -1
		}
		return 1
	}
	if h.again {
		return cmp.Compare(h.seq, other.seq)
	}
	return cmp.Or(
		cmp.Compare(other.request.Class, h.request.Class),
		cmp.Compare(h.turn, other.turn),
		cmp.Compare(h.seq, other.seq),
	)
}

func (s *schedule) lane(class int) *lane {
	l, ok := s.lanes[class]
	if !ok {
		l = &lane{last: map[job.User]int{}}
		s.lanes[class] = l
	}
	return l
}

// forget drops users whose turns are all served, so that a lane never grows
// with the number of users it has seen.
func (s *schedule) forget(class int) {
	l := s.lanes[class]
	for user, turn := range l.last {
		if turn < l.now {
			delete(l.last, user)
		}
	}
}

func (l *lane) take(user job.User) int {
	turn := l.now
	if last, ok := l.last[user]; ok && last+1 > turn {
		turn = last + 1
	}
	l.last[user] = turn
	return turn
}
