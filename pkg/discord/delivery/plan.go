package delivery

import (
	"context"
	"io"
	"net/url"
	"time"

	"discomfy/pkg/job"
)

// Discord's bounds of a message (reference: Create Message, Uploading Files).
const (
	DefaultLimit   = 10 << 20 // bytes of one file where the interaction names no limit
	DefaultRequest = 25 << 20 // bytes of a whole message
	MaxFiles       = 10       // files of a message
	MaxDescription = 1024     // characters of a file's alt text
)

// Order says what is to be delivered and how it is called.
type Order struct {
	Job      job.ID
	Workflow string // goes into the files' names
	Prompt   string // goes into the pictures' alt texts
	Spoiler  bool
	Results  []job.Result
}

// Place says what the place takes that the files go to.
type Place struct {
	Limit   int64 // bytes of one file; 0 means DefaultLimit
	Request int64 // bytes of a message; 0 means DefaultRequest
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
	items []item
}

// Link is the address of an original that is not attached.
type Link struct {
	N       int // of the result, from 1
	Name    string
	URL     *url.URL
	Expires time.Time
}

// Plan is the messages that deliver a job's results. It belongs to one
// goroutine.
type Plan struct {
	Batches []Batch
	Notes   []string // what differs from the originals and how to get them, in sentences without links
	Links   []Link   // of originals that are not attached as they are; none without a public address
}
