package proof_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"discomfy/pkg/job"
	"discomfy/pkg/proof"
)

// People and places of a scene.
const (
	ann, bob, robot = "11", "12", "99"
	studio, attic   = "21", "22"
	guild           = "31"
	replicaOne      = "127.0.0.1:1001"
	replicaTwo      = "127.0.0.1:1002"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// scene is evidence on people who asked on Discord, that a test edits.
type scene struct {
	*campaign
	proof.Discord
	last int // id of an interaction or a message
}

// told is a scene of two orders that went well: the first card shows a picture,
// and the end of the second is a message of its own with two.
func told() *scene {
	s := &scene{campaign: &campaign{}, last: 1000}
	always := []proof.Span{{From: noon.Add(-time.Hour)}}
	s.Awake = map[string][]proof.Span{replicaOne: always, replicaTwo: always}
	s.Sockets = []proof.Socket{{Host: replicaOne, Span: always[0]}, {Host: replicaTwo, Span: always[0]}}
	s.campaign.first = s.order(ann, 1)
	s.campaign.second = s.order(bob, 2)
	s.move()
	return s
}

func (s *scene) id() string { s.last++; return fmt.Sprint(s.last) }

// order is an interaction whose job is done, and whose card tells so.
func (s *scene) order(user string, files int) job.ID {
	i := proof.Interaction{
		ID: s.id(), Kind: 2, User: user, Guild: guild, Channel: studio, Command: "generate", Created: noon,
		Acked: noon.Add(200 * time.Millisecond), Answer: 4, Options: map[string]any{"prompt": "a fish of " + user},
	}
	id := job.FromInteraction(i.ID)
	s.Interactions = append(s.Interactions, i)
	card := proof.Message{ID: s.id(), Channel: studio, Author: robot, Interaction: i.ID, Asker: user}
	card.Looks = append(card.Looks, proof.Look{At: noon, Text: "Waiting", Colours: []int{0x95A5A6}, Buttons: buttons(id, "cancel")})
	end := proof.Look{At: noon, Text: "Done", Colours: []int{0x2ECC71}, Buttons: buttons(id, "vary", "redo", "delete")}
	request := &job.Request{ID: id, User: job.User("discord-" + user), Params: job.Params{"prompt": "a fish of " + user}}
	s.write(job.State{Job: id, Phase: job.Queued})
	var results []job.Result
	for n := range files {
		r := s.file(id, n+1)
		results = append(results, r)
		end.Files = append(end.Files, proof.Attachment{Name: fmt.Sprintf("txt2img-%s-%d.png", id.String()[:8], n+1), Size: r.Size, Digest: r.Digest})
	}
	s.ran(id, 1, proof.Succeeded)
	s.write(job.State{Job: id, Phase: job.Done, Attempt: 1, PromptID: id.Attempt(1), Results: results, Request: request})
	card.Looks = append(card.Looks, end)
	s.Messages = append(s.Messages, card)
	return id
}

// move puts the end of the newest card into a message of its own.
func (s *scene) move() {
	card := s.card(1)
	end := card.Looks[1]
	post := proof.Message{ID: s.id(), Channel: studio, Author: robot, Reference: card.ID, Pinged: []string{card.Asker}, Looks: []proof.Look{end}}
	card.Looks[1] = proof.Look{At: noon, Text: "Done · https://discord.com/channels/31/21/" + post.ID, Colours: []int{0x2ECC71}}
	s.Messages = append(s.Messages, post)
}

// card and post are the n-th message, and the last.
func (s *scene) card(n int) *proof.Message { return &s.Messages[n] }
func (s *scene) post() *proof.Message      { return &s.Messages[2] }

// end is what a message looks like now.
func end(m *proof.Message) *proof.Look { return &m.Looks[len(m.Looks)-1] }

// wait lets nobody have answered the first interaction, and nothing come of it.
func (s *scene) wait() {
	s.Interactions[0].Acked, s.Interactions[0].Answer = time.Time{}, 0
	s.forget(s.campaign.first)
	s.Messages = s.Messages[1:]
}

// lose lets nobody have answered the first interaction, though its job exists.
func (s *scene) lose() {
	s.Interactions[0].Acked, s.Interactions[0].Answer = time.Time{}, 0
	s.Messages = s.Messages[1:]
	s.Requests = append(s.Requests, callback(s.Interactions[0], 503))
}

// withdraw lets the first job have been cancelled before it ran.
func (s *scene) withdraw() {
	id := s.campaign.first
	s.States[1].State = job.State{Job: id, Phase: job.Cancelled, Epoch: 7, Request: s.States[1].Request}
	s.Runs, s.Files, s.Made = s.Runs[2:], s.Files[1:], s.Made[1:]
}

// forget takes a job out of everything but Discord.
func (s *scene) forget(job.ID) {
	s.States, s.Runs, s.Files, s.Made = s.States[2:], s.Runs[2:], s.Files[1:], s.Made[1:]
}

func callback(i proof.Interaction, status int) proof.Request {
	return proof.Request{
		At: i.Created.Add(time.Second), Host: replicaOne, Route: "POST /interactions/{interaction}/{token}/callback",
		Path: "/api/v9/interactions/" + i.ID + "/token/callback", Status: status,
	}
}

// buttons are custom ids of a job.
func buttons(id job.ID, verbs ...string) (all []string) {
	u := uuid.MustParse(id.String())
	for _, verb := range verbs {
		all = append(all, strings.Join([]string{"d1", verb, base64.RawURLEncoding.EncodeToString(u[:]), ""}, ":"))
	}
	return all
}
