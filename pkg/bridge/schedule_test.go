package bridge

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"discomfy/pkg/job"
)

// asked makes a waiting job of a user.
func asked(seq int, user string, class int) *held {
	return &held{
		request: job.Request{ID: job.FromInteraction(fmt.Sprint(seq)), User: job.User(user), Class: class},
		seq:     uint64(seq),
	}
}

// served empties the schedule and names what came out, as user and age.
func served(s *schedule) []string {
	var out []string
	for h := s.next(); h != nil; h = s.next() {
		out = append(out, fmt.Sprintf("%s%d", h.request.User, h.seq))
	}
	return out
}

func TestScheduleOrder(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fill func(*schedule)
		want []string
	}{
		"one user is served by age": {
			fill: func(s *schedule) { s.add(asked(1, "a", 0)); s.add(asked(2, "a", 0)) },
			want: []string{"a1", "a2"},
		},
		"twenty jobs of one delay another's first by one": {
			fill: func(s *schedule) {
				for i := range 20 {
					s.add(asked(i+1, "a", 0))
				}
				s.add(asked(21, "b", 0))
			},
			want: append([]string{"a1", "b21"}, names("a", 2, 20)...),
		},
		"users take turns": {
			fill: func(s *schedule) {
				for i, u := range []string{"a", "a", "a", "b", "b", "c"} {
					s.add(asked(i+1, u, 0))
				}
			},
			want: []string{"a1", "b4", "c6", "a2", "b5", "a3"},
		},
		"a higher class goes first": {
			fill: func(s *schedule) { s.add(asked(1, "a", 0)); s.add(asked(2, "b", 1)); s.add(asked(3, "c", -1)) },
			want: []string{"b2", "a1", "c3"},
		},
		"what ComfyUI lost goes before all, by age": {
			fill: func(s *schedule) {
				s.add(asked(3, "a", 9))
				s.giveBack(asked(2, "b", 0))
				s.giveBack(asked(1, "c", 0))
			},
			want: []string{"c1", "b2", "a3"},
		},
		"a job inside ComfyUI counts against its user": {
			fill: func(s *schedule) {
				s.account(job.Request{User: "a"})
				s.add(asked(1, "a", 0))
				s.add(asked(2, "b", 0))
			},
			want: []string{"b2", "a1"},
		},
		"a cancelled job leaves": {
			fill: func(s *schedule) {
				s.add(asked(1, "a", 0))
				s.add(asked(2, "a", 0))
				s.remove(job.FromInteraction("1"))
			},
			want: []string{"a2"},
		},
		"a cancelled job gives its turn to its user's next": {
			fill: func(s *schedule) {
				for i, u := range []string{"a", "a", "a", "b", "b"} {
					s.add(asked(i+1, u, 0))
				}
				s.remove(job.FromInteraction("1"))
				s.add(asked(6, "a", 0))
			},
			want: []string{"a2", "b4", "a3", "b5", "a6"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSchedule()
			test.fill(s)
			if diff := cmp.Diff(test.want, served(s)); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

func names(user string, from, to int) []string {
	var out []string
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprintf("%s%d", user, i))
	}
	return out
}

func TestScheduleSharesFairlyWhateverArrives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, seq := newSchedule(), 0
		waitingOf := map[job.User]int{} // jobs of others served while the user's first waits
		for range rapid.IntRange(1, 120).Draw(t, "events") {
			if rapid.Bool().Draw(t, "arrives") {
				seq++
				s.add(asked(seq, rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "user"), 0))
				continue
			}
			got := s.next()
			if got == nil {
				continue
			}
			perUser := map[job.User]int{}
			for _, h := range s.order() {
				perUser[h.request.User]++
			}
			delete(waitingOf, got.request.User)
			for user := range perUser {
				if user != got.request.User {
					waitingOf[user]++
				}
				// While a user waits, each of the other three is served at most twice:
				// once in the turn under way and once in the next.
				if waitingOf[user] > 2*3 {
					t.Fatalf("user %s waited while %d jobs of others were served", user, waitingOf[user])
				}
			}
			for user := range waitingOf {
				if perUser[user] == 0 {
					delete(waitingOf, user)
				}
			}
		}
	})
}

func TestScheduleIsRebuiltFromTheStream(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		users := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 40).Draw(t, "users")
		first, second := newSchedule(), newSchedule()
		for i, u := range users {
			first.add(asked(i, u, 0))
		}
		for i, u := range users {
			second.add(asked(i, u, 0))
		}
		if a, b := served(first), served(second); !slices.Equal(a, b) {
			t.Fatalf("orders differ:\n%v\n%v", a, b)
		}
		if len(first.lanes[0].last) > 3 {
			t.Fatalf("the lane remembers %d users", len(first.lanes[0].last))
		}
	})
}

// A job that is cancelled while it waits leaves the order as if nobody had
// asked for it.
func TestScheduleForgetsWhatLeftIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		with, without := newSchedule(), newSchedule()
		before := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 12).Draw(t, "users before")
		for i, user := range before {
			with.add(asked(i, user, 0))
			without.add(asked(i, user, 0))
		}
		for range rapid.IntRange(0, len(before)).Draw(t, "served") {
			with.next()
			without.next()
		}
		var jobs []*held // that came afterwards
		for i := range rapid.IntRange(1, 30).Draw(t, "jobs") {
			user, class := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "user"), rapid.IntRange(0, 1).Draw(t, "class")
			h := asked(100+i, user, class)
			with.add(h)
			jobs = append(jobs, h)
			if rapid.IntRange(0, 2).Draw(t, "cancels") == 0 {
				gone := rapid.IntRange(0, len(jobs)-1).Draw(t, "which")
				with.remove(jobs[gone].request.ID)
				jobs = slices.Delete(jobs, gone, gone+1)
			}
		}
		for _, h := range jobs {
			without.add(asked(int(h.seq), string(h.request.User), h.request.Class))
		}
		if a, b := served(with), served(without); !slices.Equal(a, b) {
			t.Fatalf("the order is %v, without the cancelled ones it is %v", a, b)
		}
	})
}
