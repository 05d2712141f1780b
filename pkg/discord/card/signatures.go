package card

// Signatures that are still to be filled in; see each file as it appears.

import (
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

// Card is the whole message of a job: embed and buttons. The caller adds the
// files: v.Preview while it runs, the results once it is done.
func Card(v View) api.Message { return api.Message{} }

// Moved is what becomes of a card whose result is in another message, v.Link:
// one line.
func Moved(v View) api.Message { return api.Message{} }

// Gone is the answer to a click whose job's record is no longer stored: what
// the picture in the message alone allows. Its buttons carry the job's id, and
// N 1: the message's first picture.
func Gone(id job.ID, a Actions) api.Message { return api.Message{} }

// Numbered is the answer to a click on the number of a picture: its actions.
func Numbered(v View, n int) api.Message { return api.Message{} }

// Record is the answer to /show: the card with all that is known of the job,
// its history oldest first.
func Record(v View, history []job.State) api.Message { return api.Message{} }

// Confirm asks whether the result is to be deleted.
func Confirm(id job.ID) api.Message { return api.Message{} }

// Failure says what went wrong and what to do. What is no *job.Error is an
// internal error with the job's id; id may be zero.
func Failure(err error, id job.ID) api.Message { return api.Message{} }

// QueueView is what is known of a whole queue.
type QueueView struct {
	Snapshot job.Snapshot
	Offline  bool              // no bridge serves it: the order is not known
	Viewer   string            // user id of who asks: their jobs stand out
	Prompts  map[job.ID]string // of those jobs that are not private
	AsOf     time.Time         // when the snapshot was read
}

// Queue is the answer to /queue.
func Queue(q QueueView) api.Message { return api.Message{} }

// StatusView is what /status tells.
type StatusView struct {
	Version             string
	Bridge              *Bridge // nil: offline
	NATS                NATS
	Ingress             []Replica
	Workflows, Unusable int // of the catalog
	AsOf                time.Time
}

// Bridge is the part of the bridge's own account (broker.Status) that people
// are shown; its JSON form is decoded into it.
type Bridge struct {
	Queue     job.Queue `json:"queue"`
	Version   string    `json:"version"` // ComfyUI's
	Devices   []string  `json:"devices"`
	Connected bool      `json:"connected"`
	Words     string    `json:"words"` // why nothing moves
	Inside    int       `json:"inside"`
	Waiting   int       `json:"waiting"`
	Others    int       `json:"others"`
}

// NATS is the broker as this replica sees it.
type NATS struct {
	Connected bool
	Version   string
	RoundTrip time.Duration // zero where it was not measured
}

// Replica is one ingress process.
type Replica struct {
	Name, Version, Source string // Source: "gateway" or "endpoint"
	Started               time.Time
	Self                  bool // the one that answers
}

// Status is the answer to /status.
func Status(s StatusView) api.Message { return api.Message{} }

// Command is a registered command; with an ID its name is shown as a link that
// types it.
type Command struct{ ID, Name, Description string }

// Help is the answer to /help.
func Help(commands []Command) api.Message { return api.Message{} }

// Listing is one page of a list.
type Listing struct {
	What  string // the Arg of its buttons: ListLoras or ListModels
	Items []Item // all of them
	Page  int    // from 1; another number is brought into range
	Open  bool   // the server may have more
}

// The lists.
const (
	ListLoras  = "loras"
	ListModels = "models"
)

// Item is one line of a list.
type Item struct{ Name, Note string } // Note: the workflows that take it, or ""

// Page is one page of a list, with the buttons that turn it.
func Page(l Listing) api.Message { return api.Message{} }

// Said is one ephemeral sentence, shown escaped; see the sentences below.
func Said(sentence string) api.Message { return api.Message{} }
