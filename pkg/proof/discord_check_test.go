package proof_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/job"
	"discomfy/pkg/proof"
)

func TestPeopleWhoGotWhatTheyAskedFor(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*scene){
		"one card and one message":          func(*scene) {},
		"a job of the terminal beside them": func(s *scene) { s.terminal() },
		"nobody was awake": func(s *scene) {
			s.wait()
			s.Awake = nil
		},
		"the only one who heard it was killed a second later": func(s *scene) {
			s.wait()
			s.Sockets = s.Sockets[:1]
			s.Awake[replicaOne] = []proof.Span{{From: noon.Add(-time.Hour), To: noon.Add(time.Second)}}
		},
		"all sockets broke a second later": func(s *scene) {
			s.wait()
			for n := range s.Sockets {
				s.Sockets[n].To = noon.Add(time.Second)
			}
		},
		"Discord answered the answer with 503": func(s *scene) {
			s.wait()
			s.Requests = append(s.Requests, callback(s.Interactions[0], 503))
		},
		"Discord kept the answer until it was too late": func(s *scene) {
			s.wait()
			kept := callback(s.Interactions[0], 404)
			kept.Code, kept.Took = 10062, 4*time.Second
			s.Requests = append(s.Requests, kept)
		},
		"an answer that was promised by the last who was left": func(s *scene) {
			s.promise()
			s.Ended = noon.Add(time.Hour)
			for host := range s.Awake {
				s.Awake[host][0].To = noon.Add(10 * time.Second)
			}
		},
		"a record that nobody was left to show": func(s *scene) {
			s.promiseRecord()
			s.Awake[replicaOne][0].To = noon.Add(time.Minute)
		},
		"an answer that was promised a moment ago": func(s *scene) {
			s.promise()
			s.Ended = noon.Add(time.Minute)
		},
		"a suggestion that nobody made":                    func(s *scene) { s.wait(); s.Interactions[0].Kind = 4 },
		"a job that nobody saw accepted was withdrawn":     func(s *scene) { s.lose(); s.withdraw() },
		"a private job that nobody saw accepted":           func(s *scene) { s.lose(); s.Interactions[0].Options["private"] = true },
		"a job that nobody saw accepted came as a message": func(s *scene) { s.lose(); s.tellLost(ann) },
		"the message with the result was deleted by people": func(s *scene) {
			s.card(0).Deleted = noon.Add(time.Minute)
		},
		"the card was deleted by people, and the result came as a message": func(s *scene) {
			s.card(1).Looks, s.card(1).Deleted = s.card(1).Looks[:1], noon.Add(time.Second)
			s.post().Reference = ""
		},
		"a message that replies to nothing, to which the card leads": func(s *scene) { s.post().Reference = "" },
		"a plain line leads to the message": func(s *scene) {
			link := strings.TrimPrefix(end(s.card(1)).Text, "Done · ")
			*end(s.card(1)) = proof.Look{Text: "Job " + s.campaign.second.String() + " has ended: " + link}
		},
		"a second message has the other file": func(s *scene) {
			more := proof.Message{ID: s.id(), Channel: studio, Author: robot, Reference: s.post().ID, Looks: []proof.Look{{Text: "Files 2 to 2 of 2"}}}
			end(&more).Files, end(s.post()).Files = end(s.post()).Files[1:], end(s.post()).Files[:1]
			s.Messages = append(s.Messages, more)
		},
		"a picture that is called a JPEG": func(s *scene) {
			end(s.card(0)).Files[0].Digest = strings.Repeat("cd", 32)
			end(s.card(0)).Text += "\nThe picture is JPEG here: the original has 12 MiB."
		},
		"one of two pictures that is called a JPEG": func(s *scene) {
			end(s.post()).Files[1].Digest = strings.Repeat("cd", 32)
			end(s.post()).Text += "\nPictures 1–3 are JPEG here: the originals have 12 MiB."
		},
		"a file that is not attached, which is said": func(s *scene) {
			end(s.post()).Files = end(s.post()).Files[:1]
			end(s.post()).Text += "\nPicture 2 is not attached: the original has 12 MiB."
		},
		"somebody had the record shown": func(s *scene) {
			i := proof.Interaction{ID: s.id(), Kind: 2, User: bob, Guild: guild, Channel: studio, Command: "show", Created: noon, Acked: noon}
			s.Interactions = append(s.Interactions, i)
			s.Messages = append(s.Messages, proof.Message{
				ID: s.id(), Channel: studio, Author: robot, Interaction: i.ID, Asker: bob, For: bob, Looks: []proof.Look{*end(s.card(0))},
			})
		},
		"a refusal in words": func(s *scene) {
			i := proof.Interaction{ID: s.id(), Kind: 2, User: bob, Guild: guild, Channel: studio, Command: "generate", Created: noon, Acked: noon}
			s.Interactions = append(s.Interactions, i)
			s.Messages = append(s.Messages, proof.Message{
				ID: s.id(), Channel: studio, Author: robot, Interaction: i.ID, Asker: bob, For: bob,
				Looks: []proof.Look{{Text: "nothing was started", Colours: []int{0xED4245}}},
			})
		},
		"what people write is theirs": func(s *scene) {
			s.Messages = append(s.Messages, proof.Message{ID: s.id(), Channel: studio, Author: ann, Pinged: []string{bob}, Looks: []proof.Look{{Text: "hey"}}})
		},
		"a private job in direct messages": func(s *scene) {
			s.Interactions[0].Options["private"], s.Interactions[0].Guild = true, ""
		},
		"requests that were limited": func(s *scene) { s.Requests = append(s.Requests, proof.Request{Status: 429, Route: "PATCH /x"}) },
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

// terminal adds a job that was asked for elsewhere.
func (s *scene) terminal() {
	other := kept()
	s.Accepted = append(s.Accepted, other.Accepted...)
	for _, st := range other.States {
		s.write(st.State)
	}
	s.Runs, s.Files, s.Made = append(s.Runs, other.Runs...), append(s.Files, other.Files...), append(s.Made, other.Made...)
}

// tellLost posts the end of the first job, which has no card.
func (s *scene) tellLost(who string) {
	whole := told()
	s.Messages = append(s.Messages, proof.Message{
		ID: s.id(), Channel: studio, Author: robot, Pinged: []string{who}, Looks: []proof.Look{*end(whole.card(0))},
	})
}

func TestPeopleWhoDidNot(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rule   proof.Rule
		change func(*scene)
	}{
		"nobody answered":                    {proof.Unanswered, func(s *scene) { s.wait() }},
		"nobody answered, and one was awake": {proof.Unanswered, func(s *scene) { s.wait(); delete(s.Awake, replicaTwo) }},
		"the answer came too late": {proof.Unanswered, func(s *scene) {
			s.wait()
			late := callback(s.Interactions[0], 404)
			late.At = noon.Add(4 * time.Second)
			s.Requests = append(s.Requests, late)
		}},
		"the answer was made by a wrong token": {proof.Unanswered, func(s *scene) {
			s.wait()
			wrong := callback(s.Interactions[0], 404)
			wrong.Code = 10062
			s.Requests = append(s.Requests, wrong)
		}},
		"a replica woke up and nobody else slept": {proof.Unanswered, func(s *scene) {
			s.wait()
			s.Awake[replicaOne] = []proof.Span{{From: noon.Add(time.Second)}}
		}},
		"a click that nobody answered": {proof.Unanswered, func(s *scene) { s.wait(); s.Interactions[0].Kind = 3 }},
		"a card, and no job":           {proof.Lost, func(s *scene) { s.forget(s.campaign.first) }},
		"a card, and a job that did not end": {proof.Lost, func(s *scene) {
			s.States = slices.Delete(s.States, 1, 2)
		}},
		"a job for which nobody asked": {proof.Unasked, func(s *scene) { s.stranger() }},
		"a second job of one interaction, under another id": {proof.Unasked, func(s *scene) {
			s.stranger()
			s.last2().Request = s.States[1].Request
		}},
		"a job of another person": {proof.OfAnother, func(s *scene) { s.States[1].Request.User = "discord-" + bob }},
		"another prompt":          {proof.OfAnother, func(s *scene) { s.States[1].Request.Params["prompt"] = "a bird" }},
		"the buttons of another job": {proof.OfAnother, func(s *scene) {
			end(s.card(0)).Buttons = append(buttons(s.campaign.second, "vary"), end(s.card(0)).Buttons...)
		}},
		"a file of another number": {proof.OfAnother, func(s *scene) {
			end(s.card(0)).Files = append(end(s.card(0)).Files, proof.Attachment{Name: "x-2.png"})
		}},
		"a message that answers nobody": {proof.Stray, func(s *scene) {
			s.Messages = append(s.Messages, proof.Message{ID: s.id(), Channel: studio, Author: robot, Looks: []proof.Look{{Text: "Hello!"}}})
		}},
		"a card that still runs beside its result": {proof.LeftOpen, func(s *scene) { s.card(1).Looks = s.card(1).Looks[:1] }},
		"a card that thinks for ever beside its result": {proof.LeftOpen, func(s *scene) {
			s.card(1).Looks[1] = proof.Look{Thinking: true}
		}},
		"a card without buttons that is stopping for ever": {proof.LeftOpen, func(s *scene) {
			s.card(1).Looks[1] = proof.Look{Text: "Stopping", Colours: []int{0xF0B232}}
		}},
		"a card that says that nothing was started": {proof.Untold, func(s *scene) {
			s.lose()
			s.Interactions[0].Acked = noon
			s.Messages = append(s.Messages, proof.Message{
				ID: s.id(), Channel: studio, Author: robot, Interaction: s.Interactions[0].ID, Asker: ann, For: ann,
				Looks: []proof.Look{{Text: "it could not be confirmed: job " + s.campaign.first.String(), Colours: []int{0xED4245}}},
			})
		}},
		"a job that nobody saw accepted, and whose result nobody got": {proof.Untold, func(s *scene) { s.lose() }},
		"a card that leads to no message":                             {proof.Untold, func(s *scene) { end(s.card(1)).Text = "https://discord.com/channels/1/2/3" }},
		"a result in the card and in a message": {proof.ToldTwice, func(s *scene) {
			s.card(1).Looks = append(s.card(1).Looks, proof.Look{Colours: []int{0x2ECC71}, Buttons: buttons(s.campaign.second, "vary")})
		}},
		"a result in two messages": {proof.ToldTwice, func(s *scene) {
			again := *s.post()
			again.ID, again.Pinged, again.Looks = s.id(), nil, []proof.Look{{Colours: []int{0x2ECC71}, Buttons: buttons(s.campaign.second, "vary")}}
			s.Messages = append(s.Messages, again)
		}},
		"a file twice in one message": {proof.ToldTwice, func(s *scene) {
			end(s.card(0)).Files = append(end(s.card(0)).Files, end(s.card(0)).Files...)
		}},
		"a file once more in another message": {proof.ToldTwice, func(s *scene) {
			s.Messages = append(s.Messages, proof.Message{
				ID: s.id(), Channel: studio, Author: robot, Reference: s.post().ID, Looks: []proof.Look{{Files: end(s.post()).Files[1:]}},
			})
		}},
		"a person who was notified twice": {proof.ToldTwice, func(s *scene) {
			s.Messages = append(s.Messages, proof.Message{
				ID: s.id(), Channel: studio, Author: robot, Reference: s.post().ID, Pinged: []string{bob}, Looks: []proof.Look{{Text: "there"}},
			})
		}},
		"a file that is nowhere": {proof.NotDelivered, func(s *scene) { end(s.post()).Files = end(s.post()).Files[:1] }},
		"a file that is nowhere, and another is said to be": {proof.NotDelivered, func(s *scene) {
			end(s.post()).Files = end(s.post()).Files[:1]
			end(s.post()).Text += "\nPicture 1 is not attached: the original has 12 MiB."
		}},
		"other bytes": {proof.Altered, func(s *scene) { end(s.card(0)).Files[0].Digest = strings.Repeat("cd", 32) }},
		"fewer bytes": {proof.Altered, func(s *scene) { end(s.card(0)).Files[0].Size = 99 }},
		"other bytes, and another picture is called a JPEG": {proof.Altered, func(s *scene) {
			end(s.post()).Files[1].Digest = strings.Repeat("cd", 32)
			end(s.post()).Text += "\nPicture 1 is JPEG here: the original has 12 MiB."
		}},
		"bytes that nobody could read": {proof.Altered, func(s *scene) { end(s.card(0)).Files[0].Digest = "" }},
		"the file of the other job": {proof.Altered, func(s *scene) {
			end(s.card(0)).Files[0].Digest, end(s.card(0)).Files[0].Size = strings.Repeat("ef", 32), 7
		}},
		"a result in another channel": {proof.Misplaced, func(s *scene) { s.post().Channel = attic }},
		"a message that replies to nothing, beside a card": {proof.Misplaced, func(s *scene) {
			s.post().Reference = ""
			*end(s.card(1)) = proof.Look{Text: "nothing was started"}
		}},
		"a message that tells nobody":                 {proof.Misplaced, func(s *scene) { s.post().Pinged = nil }},
		"a result that another person alone sees":     {proof.Misplaced, func(s *scene) { s.card(0).For = bob }},
		"a private job that everybody sees":           {proof.Exposed, func(s *scene) { s.Interactions[0].Options["private"] = true }},
		"a click where nobody else sees, seen by all": {proof.Exposed, func(s *scene) { s.clicked() }},
		"a lost job whose message notifies another":   {proof.Bothered, func(s *scene) { s.lose(); s.tellLost(ann); s.both() }},
		"somebody else was notified":                  {proof.Bothered, func(s *scene) { s.card(0).Pinged = []string{bob} }},
		"everyone was notified":                       {proof.Bothered, func(s *scene) { s.post().Everyone = true }},
		"a token that had died": {proof.DeadToken, func(s *scene) {
			s.Requests = append(s.Requests, proof.Request{Status: 401, Code: 50027, Route: "PATCH /webhooks"})
		}},
		"a body that Discord would refuse": {proof.RuleBroken, func(s *scene) { s.Broken = []string{"PATCH: too long"} }},
		"an answer that was promised and never came": {proof.Abandoned, func(s *scene) {
			s.promise()
			s.Ended = noon.Add(2 * time.Minute)
		}},
		"a record whose replica lives": {proof.Abandoned, func(s *scene) { s.promiseRecord() }},
		"a record that another replica could have shown": {proof.Abandoned, func(s *scene) {
			s.promiseRecord()
			s.Awake = map[string][]proof.Span{replicaOne: {{From: noon, To: noon.Add(time.Second)}}, replicaTwo: {{From: noon}}}
		}},
		"an answer that a replica of later could have given": {proof.Abandoned, func(s *scene) {
			s.promise()
			s.Ended = noon.Add(3 * time.Minute)
			s.Sockets, s.Awake = nil, map[string][]proof.Span{replicaTwo: {{From: noon.Add(time.Minute)}}}
		}},
		"a record with a gap": {proof.Gap, func(s *scene) { s.Missed = 1 }},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := told()
			tt.change(s)
			r := proof.CheckDiscord(s.Evidence, s.Discord)
			var rules []proof.Rule
			for _, v := range r.Violations {
				rules = append(rules, v.Rule)
			}
			if diff := cmp.Diff([]proof.Rule{tt.rule}, slices.Compact(rules)); diff != "" || r.Err() == nil {
				t.Errorf("broken rules (-want +got):\n%s\n%s", diff, r)
			}
		})
	}
}

// stranger adds a job of somebody on Discord, to nobody's order.
func (s *scene) stranger() {
	id := job.NewID()
	s.write(job.State{Job: id, Phase: job.Cancelled, Request: &job.Request{ID: id, User: "discord-" + ann}})
}

func (s *scene) last2() *job.State { return &s.States[len(s.States)-1].State }

// promise lets somebody wait for ever for an answer.
func (s *scene) promise() {
	i := proof.Interaction{ID: s.id(), Kind: 2, User: bob, Guild: guild, Channel: studio, Command: "upscale", Created: noon, Acked: noon, Answer: 5}
	s.Interactions = append(s.Interactions, i)
	s.Messages = append(s.Messages, proof.Message{
		ID: s.id(), Channel: studio, Author: robot, Interaction: i.ID, Asker: bob, Looks: []proof.Look{{Thinking: true}},
	})
}

// promiseRecord lets the promise be a record, by the first replica.
func (s *scene) promiseRecord() {
	s.promise()
	i := &s.Interactions[len(s.Interactions)-1]
	i.Command, s.Messages[len(s.Messages)-1].For = "show", bob
	s.Awake[replicaTwo] = nil
	s.Ended = noon.Add(2 * time.Minute)
}

// clicked lets the first order be a click on a message that ann alone sees.
func (s *scene) clicked() {
	hidden := proof.Message{ID: s.id(), Channel: studio, Author: ann, For: ann, Looks: []proof.Look{{Text: "hidden"}}}
	s.Messages = append(s.Messages, hidden)
	s.Interactions[0].Message, s.Interactions[0].Kind = hidden.ID, 3
}

// both lets the last message notify somebody else too.
func (s *scene) both() {
	m := &s.Messages[len(s.Messages)-1]
	m.Pinged = append(m.Pinged, bob)
}

func TestTheReportOnPeopleSaysWhatAnOperatorAsks(t *testing.T) {
	t.Parallel()
	s := told()
	s.Requests = append(s.Requests, proof.Request{Status: 429, Route: "PATCH /x"}, proof.Request{Status: 503}, proof.Request{Code: 40060})
	s.card(0).Looks = append(s.card(0).Looks, s.card(0).Looks...) // the end, and then it waits, and the end
	got := proof.CheckDiscord(s.Evidence, s.Discord).String()
	for _, want := range []string{
		"2 interactions, the slowest answer after 200ms", "2 seen accepted", "1 told by the card, 1 by a message (1 cards lead there), 0 deleted by people; 1 times one went back",
		"3 files, 0 of them encoded anew", "1 people", "3, 1 answered 5xx, 1 answered twice, 1 limited: 1 PATCH /x", "2 accepted: 2 done",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q:\n%s", want, got)
		}
	}
}
