package discordsim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"time"
)

// journalInteraction is what a person did, or what the first answer was.
type journalInteraction struct {
	ID      ID              `json:"id"`
	Kind    InteractionKind `json:"kind"`
	User    ID              `json:"user"`
	Guild   ID              `json:"guild,omitzero"`
	Channel ID              `json:"channel"`
	Message ID              `json:"message,omitzero"`
	Command string          `json:"command,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"` // as the application gets it

	Answer   int       `json:"answer,omitempty"`
	Original ID        `json:"original,omitzero"`
	Acked    time.Time `json:"acked,omitzero"`
}

// interactionOf reads what was sent, which is known a moment after the event.
func (j *Journal) interactionOf(i *Interaction) *journalInteraction {
	out := answerOf(i)
	if now := j.server.Interaction(i.ID); now != nil {
		var payload struct {
			Data json.RawMessage `json:"data"`
		}
		if json.Unmarshal(now.Payload, &payload) == nil {
			out.Data = payload.Data
		}
	}
	return out
}

func answerOf(i *Interaction) *journalInteraction {
	return &journalInteraction{
		ID: i.ID, Kind: i.Kind, User: i.User, Guild: i.Guild, Channel: i.Channel, Message: i.Message, Command: i.Command,
		Answer: i.Answer, Original: i.Original, Acked: i.Acked,
	}
}

// journalMessage is a look of a message.
type journalMessage struct {
	ID          ID            `json:"id"`
	Channel     ID            `json:"channel"`
	Author      ID            `json:"author"`
	Interaction ID            `json:"interaction,omitzero"`
	Asker       ID            `json:"asker,omitzero"`
	Reference   ID            `json:"reference,omitzero"`
	For         ID            `json:"for,omitzero"`
	Flags       int           `json:"flags,omitempty"`
	Pinged      []ID          `json:"pinged,omitempty"`
	Everyone    bool          `json:"everyone,omitempty"`
	Content     string        `json:"content,omitempty"`
	Embeds      []Object      `json:"embeds,omitempty"`
	Components  []Object      `json:"components,omitempty"`
	Attachments []journalFile `json:"attachments,omitempty"`
}

// journalFile is an attachment; Digest is its SHA-256 in hexadecimal digits, "" where the bytes were gone already.
type journalFile struct {
	ID     ID     `json:"id"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Shown  bool   `json:"shown,omitempty"` // by an embed
	Digest string `json:"digest,omitempty"`
}

func (j *Journal) messageOf(m *Message) *journalMessage {
	out := &journalMessage{
		ID: m.ID, Channel: m.Channel, Author: m.Author, Interaction: m.Interaction, Asker: m.Asker, Reference: m.Reference,
		For: m.For, Flags: m.Flags, Pinged: m.Pinged, Everyone: m.Everyone, Content: m.Content, Embeds: m.Embeds, Components: m.Components,
	}
	shown := map[string]bool{}
	for _, name := range m.shown() {
		shown[name] = true
	}
	for _, a := range m.Attachments {
		out.Attachments = append(out.Attachments, journalFile{a.ID, a.Name, a.Size, shown[a.Name], j.digest(a.ID)})
	}
	return out
}

// maxDigests bounds how many digests are remembered; forgetting costs a second reading.
const maxDigests = 10_000

func (j *Journal) digest(id ID) string {
	if known, ok := j.digests[id]; ok {
		return known
	}
	f, err := j.server.files.open(id)
	if err != nil {
		return ""
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return ""
	}
	if len(j.digests) >= maxDigests {
		clear(j.digests)
	}
	j.digests[id] = hex.EncodeToString(hash.Sum(nil))
	return j.digests[id]
}
