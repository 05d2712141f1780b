package proof_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/proof"
)

// Whatever is changed about what people see at the end, the judge finds it.
func TestNothingCanBeChangedUnnoticed(t *testing.T) {
	t.Parallel()
	changes := map[string]func(s *scene, m *proof.Message) bool{
		"it is there twice": func(s *scene, m *proof.Message) bool {
			again := *m
			again.ID, again.Pinged = s.id(), nil
			s.Messages = append(s.Messages, again)
			return len(end(&again).Files) > 0 // else both lead to the same end
		},
		"it runs again": func(_ *scene, m *proof.Message) bool {
			m.Looks = append(m.Looks, m.Looks[0])
			return len(m.Looks) > 2
		},
		"it thinks again": func(_ *scene, m *proof.Message) bool {
			m.Looks = append(m.Looks, proof.Look{Thinking: true})
			return true
		},
		"it says that it was not accepted": func(_ *scene, m *proof.Message) bool {
			m.Looks = append(m.Looks, proof.Look{Text: "nothing was started", Colours: []int{0xED4245}})
			return m.Reference != "" || len(m.Looks[1].Files) > 0 // else the card only leads to the end
		},
		"it shows the end of another order": func(s *scene, m *proof.Message) bool {
			other := s.card(0)
			if m == other {
				other = s.post()
			}
			m.Looks = append(m.Looks, *end(other))
			return true
		},
		"it is in another channel": func(_ *scene, m *proof.Message) bool {
			m.Channel = attic
			return len(end(m).Files) > 0
		},
		"it answers another person": func(_ *scene, m *proof.Message) bool {
			m.Asker = "13"
			return m.Interaction != "" && len(end(m).Files) > 0
		},
		"another person alone sees it": func(_ *scene, m *proof.Message) bool {
			m.For = "13"
			return len(end(m).Files) > 0
		},
		"another person is notified": func(_ *scene, m *proof.Message) bool {
			m.Pinged = append(m.Pinged, "13")
			return true
		},
		"the ingress takes it away": func(s *scene, m *proof.Message) bool {
			m.Deleted = noon.Add(time.Minute)
			s.Requests = append(s.Requests, proof.Request{Status: 204, Route: "DELETE /channels/{channel}/messages/{message}", Path: "/api/v9/channels/21/messages/" + m.ID})
			return true
		},
		"another picture": ofFile(func(f *proof.Attachment) { f.Digest = strings.Repeat("0", 64) }),
		"a shorter file":  ofFile(func(f *proof.Attachment) { f.Size-- }),
		"another number":  ofFile(func(f *proof.Attachment) { f.Name = strings.Replace(f.Name, "-1.", "-9.", 1) }),
		"no number":       ofFile(func(f *proof.Attachment) { f.Name = "picture.png" }),
		"a file less": func(_ *scene, m *proof.Message) bool {
			files := end(m).Files
			end(m).Files = files[:max(0, len(files)-1)]
			return len(files) > 0
		},
		"a file more": func(_ *scene, m *proof.Message) bool {
			files := end(m).Files
			end(m).Files = append(slices.Clone(files), files[:min(1, len(files))]...)
			return len(files) > 0
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tried := 0
			for n := range told().Messages {
				s := told()
				if !change(s, s.card(n)) {
					continue
				}
				tried++
				if r := proof.CheckDiscord(s.Evidence, s.Discord); r.Err() == nil {
					t.Errorf("message %d: nothing was found\n%s", n, r)
				}
			}
			if tried == 0 {
				t.Error("it could be tried nowhere")
			}
		})
	}
}

// ofFile changes the first file of a message that has any.
func ofFile(change func(f *proof.Attachment)) func(*scene, *proof.Message) bool {
	return func(_ *scene, m *proof.Message) bool {
		files := end(m).Files
		if len(files) > 0 {
			change(&files[0])
		}
		return len(files) > 0
	}
}

// What is wrong with what is beside the orders.
func TestWhatStrangersMustNotGet(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rule   proof.Rule
		change func(s *scene)
	}{
		"a result in the answer to a stranger": {proof.Stray, func(s *scene) {
			s.answer(proof.Interaction{Command: "queue"}, proof.Look{Text: "nothing waits", Files: end(s.card(0)).Files})
		}},
		"a result with its buttons in the answer to a stranger": {proof.ToldTwice, func(s *scene) {
			s.answer(proof.Interaction{Command: "queue"}, *end(s.card(0)))
		}},
		"a record that everybody sees": {proof.Exposed, func(s *scene) {
			s.record(end(s.card(0)).Files).For = ""
		}},
		"a record with other bytes": {proof.Altered, func(s *scene) {
			files := slices.Clone(end(s.card(0)).Files)
			files[0].Digest = strings.Repeat("0", 64)
			s.record(files)
		}},
		"a record with the files of another job": {proof.OfAnother, func(s *scene) {
			s.record(end(s.post()).Files[1:])
		}},
		"the record of another person's private job": {proof.Exposed, func(s *scene) {
			s.Interactions[0].Options["private"], s.card(0).For = true, ann
			s.record(end(s.card(0)).Files)
		}},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := told()
			tt.change(s)
			r := proof.CheckDiscord(s.Evidence, s.Discord)
			if !slices.ContainsFunc(r.Violations, func(v proof.Violation) bool { return v.Rule == tt.rule }) {
				t.Errorf("it was not found to be %q:\n%s", tt.rule, r)
			}
		})
	}
}

// What people may do, and have done for them.
func TestWhatPeopleMayHaveTakenAwayAndShown(t *testing.T) {
	t.Parallel()
	cases := map[string]func(s *scene){
		"a record of their own": func(s *scene) { s.record(end(s.card(0)).Files) },
		"a message that is deleted by its button": func(s *scene) {
			s.card(0).Deleted = noon.Add(time.Minute)
			s.Interactions = append(s.Interactions, proof.Interaction{
				ID: s.id(), Kind: 3, User: ann, Guild: guild, Channel: studio, Created: noon, Acked: noon, Button: buttons(s.campaign.first, "erase")[0],
			})
			s.Requests = append(s.Requests, proof.Request{Status: 204, Route: "DELETE /channels/{channel}/messages/{message}", Path: fmt.Sprintf("/api/v9/channels/%s/messages/%s", studio, s.card(0).ID)})
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := told()
			change(s)
			if r := proof.CheckDiscord(s.Evidence, s.Discord); r.Err() != nil {
				t.Errorf("%v\n%s", r.Err(), r)
			}
		})
	}
}

// answer lets bob do something that is answered for him alone.
func (s *scene) answer(i proof.Interaction, look proof.Look) *proof.Message {
	i.ID, i.Kind, i.User, i.Guild, i.Channel, i.Created, i.Acked = s.id(), 2, bob, guild, studio, noon, noon
	s.Interactions = append(s.Interactions, i)
	s.Messages = append(s.Messages, proof.Message{
		ID: s.id(), Channel: studio, Author: robot, Interaction: i.ID, Asker: bob, For: bob, Looks: []proof.Look{look},
	})
	return &s.Messages[len(s.Messages)-1]
}

// record shows bob the record of the first job, with files.
func (s *scene) record(files []proof.Attachment) *proof.Message {
	return s.answer(proof.Interaction{Command: "show", Options: map[string]any{"job": s.campaign.first.String()}},
		proof.Look{Text: "Record", Colours: []int{0x2ECC71}, Files: files})
}
