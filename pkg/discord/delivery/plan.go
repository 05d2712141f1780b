package delivery

import (
	"cmp"
	"context"
	"io"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"discomfy/pkg/job"
)

// Discord's bounds of a message (Create Message and Uploading Files in its
// documentation).
const (
	DefaultLimit   = 10 << 20 // bytes of one file where the interaction names no limit
	DefaultRequest = 25 << 20 // bytes of a whole message
	MaxFiles       = 10       // files of a message
	MaxDescription = 1024     // characters of a file's alt text
)

// What of a message is no file: its text, and the frame around each file.
const (
	messageRoom = 64 << 10
	fileRoom    = 8 << 10
)

// Order says what is to be delivered and how it is called.
type Order struct {
	Job      job.ID
	Workflow string // goes into the files' names
	Prompt   string // goes into the alt texts
	Spoiler  bool
	// Insist makes an error of what may be had a while later: a file that the
	// store does not give now, or for which there is no room. Else the plan leaves
	// it out, in words.
	Insist  bool
	Results []job.Result
}

// Place says what the place takes that the files go to.
type Place struct {
	Limit   int64 // bytes of one file; 0 means DefaultLimit
	Request int64 // bytes of a message; 0 means DefaultRequest
}

// withDefaults also bounds a file by the message that carries it: boosted
// servers take larger files than one message may hold.
func (p Place) withDefaults() Place {
	request := cmp.Or(p.Request, DefaultRequest)
	return Place{Limit: min(cmp.Or(p.Limit, DefaultLimit), request-messageRoom-fileRoom), Request: request}
}

// File is one attachment. Its fields are those of api.File, in the same order,
// so that one converts to the other.
type File struct {
	Name        string
	Type        string // media type
	Description string // alt text, at most MaxDescription characters
	Size        int64  // bytes
	Spoiler     bool
	Open        func(context.Context) (io.ReadCloser, error) // may be called again and again until the plan is closed
}

// Batch is the files of one message, in order. It is empty where Shrink found
// no smaller form of its only file: there is nothing to send then.
type Batch struct {
	Files []File

	items []*item // one for each file
}

// Link is the address of an original that is not attached.
type Link struct {
	N       int // of the result, from 1
	Name    string
	URL     *url.URL
	Expires time.Time
}

// Plan is the messages that deliver a job's results. The same results, place
// and settings make the same plan. It belongs to one goroutine.
type Plan struct {
	Batches []Batch
	Notes   []string // what differs from the originals, and how to get them: sentences without markup
	Links   []Link   // of originals that are not attached as they are; none without a public address
	Lacking bool     // files are left out that may be had later

	preparer *Preparer
	order    Order
	place    Place
	items    []*item     // one for each result
	cramped  atomic.Bool // there was no room for one of them
}

// Close frees the plan's files.
func (p *Plan) Close() error {
	for _, it := range p.items {
		it.file.remove()
	}
	p.Batches, p.items = nil, nil
	return nil
}

// pack puts the files into messages, in their order.
func (p *Plan) pack() {
	p.Batches = nil
	room := int64(0)
	for _, it := range p.items {
		if it.file == nil {
			continue
		}
		need := it.size() + fileRoom
		last := len(p.Batches) - 1
		if last < 0 || len(p.Batches[last].items) == MaxFiles || need > room {
			p.Batches = append(p.Batches, Batch{})
			last, room = last+1, p.place.Request-messageRoom
		}
		p.Batches[last].add(it, p.order)
		room -= need
	}
}

func (b *Batch) add(it *item, o Order) {
	b.items = append(b.items, it)
	b.Files = append(b.Files, it.attachment(o))
}

// Halve splits the n-th batch into two messages after Discord found it too
// large (413, 40005); false where it has fewer than two files: shrink it then.
func (p *Plan) Halve(n int) bool {
	if n < 0 || n >= len(p.Batches) || len(p.Batches[n].items) < 2 {
		return false
	}
	var first, second Batch
	items := p.Batches[n].items
	for i, it := range items {
		if i < (len(items)+1)/2 {
			first.add(it, p.order)
		} else {
			second.add(it, p.order)
		}
	}
	p.Batches = slices.Replace(p.Batches, n, n+1, first, second)
	return true
}
