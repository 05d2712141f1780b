package card

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"discomfy/pkg/job"
)

// MaxID is the longest custom id that Discord takes, in characters.
const MaxID = 100

// ErrID is returned when a custom id is not one that this version makes.
var ErrID = errors.New("not a custom id of ours")

// prefix carries the version: a change of the form takes another number.
const prefix = "d1"

// MaxNumber is the greatest N of an ID.
const MaxNumber = 9999

// Verb is what a click asks for.
type Verb string

// The verbs. Those of a modal are the verbs of the buttons that open it: which
// of both an interaction is, its type tells.
const (
	Cancel  Verb = "cancel"  // stop the job
	Refresh Verb = "refresh" // show how the job stands, with the click's new token
	Vary    Verb = "vary"    // the same with a new seed
	Again   Verb = "again"   // the same, with the same seed
	Redo    Verb = "redo"    // a modal with the request in it
	Upscale Verb = "upscale" // Arg: the factor, or "" where the workflow has none; N: the picture
	Edit    Verb = "edit"    // a modal; N: the picture
	Animate Verb = "animate" // a modal; N: the picture
	Pick    Verb = "pick"    // the actions of picture N; N is 0 in the id of a select, whose value tells
	Delete  Verb = "delete"  // asks first
	Erase   Verb = "erase"   // deletes; Arg: the message, where it is not stored which it is
	Keep    Verb = "keep"    // does not delete
	Show    Verb = "show"    // the record
	List    Verb = "list"    // Arg: which list; N: its page, from 1. No job

	Set      Verb = "set"      // of a draft; Arg: what is set
	Settings Verb = "settings" // of a draft: a modal; Arg: which
	Generate Verb = "generate" // of a draft
	Discard  Verb = "discard"  // of a draft
)

// Valid reports whether this version knows the verb.
func (v Verb) Valid() bool {
	switch v {
	case Cancel, Refresh, Vary, Again, Redo, Upscale, Edit, Animate, Pick, Delete, Erase, Keep, Show, List,
		Set, Settings, Generate, Discard:
		return true
	}
	return false
}

// ID is what a custom id says. It holds all that a click needs beside the
// stored record: no state is kept in memory.
type ID struct {
	Verb  Verb
	Job   job.ID // zero where a draft or nothing is meant
	Draft string // a draft's id, 1 to 40 of A–Z, a–z, 0–9, '_' and '-'; not together with Job
	Arg   string // 0 to 32 of A–Z, a–z, 0–9, '_', '.', '+' and '-'
	N     int    // the number of a picture among Pictures, or of a page, from 1 to MaxNumber; 0 for none
}

var (
	drafts    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
	arguments = regexp.MustCompile(`^[A-Za-z0-9_.+-]{0,32}$`)
	numbers   = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)
)

// draftMark begins a draft's id; no base64url begins so.
const draftMark = "~"

// String is the custom id, of the form d1:<verb>:<job>:<arg>, where <job> is
// the base64url of the job's 16 bytes, ~<draft>, or empty; a number follows as
// a fifth part. It is at most MaxID characters long; "" where a part does not
// have the form that its field names.
func (id ID) String() string {
	if !id.Verb.Valid() || !arguments.MatchString(id.Arg) || id.N < 0 || id.N > MaxNumber {
		return ""
	}
	of := ""
	switch {
	case id.Draft != "" && (!drafts.MatchString(id.Draft) || !id.Job.IsZero()):
		return ""
	case id.Draft != "":
		of = draftMark + id.Draft
	case !id.Job.IsZero():
		of = packJob(id.Job)
	}
	s := strings.Join([]string{prefix, string(id.Verb), of, id.Arg}, ":")
	if id.N > 0 {
		s += ":" + strconv.Itoa(id.N)
	}
	return s
}

// ParseID reads what String writes, and nothing else; every other text is
// ErrID.
func ParseID(s string) (ID, error) {
	parts := strings.Split(s, ":")
	if len(s) > MaxID || len(parts) < 4 || len(parts) > 5 || parts[0] != prefix {
		return ID{}, fmt.Errorf("%w: %.120q", ErrID, s)
	}
	id := ID{Verb: Verb(parts[1]), Arg: parts[3]}
	if draft, ok := strings.CutPrefix(parts[2], draftMark); ok {
		id.Draft = draft
	} else if parts[2] != "" {
		var err error
		if id.Job, err = unpackJob(parts[2]); err != nil {
			return ID{}, fmt.Errorf("%w: %.120q", ErrID, s)
		}
	}
	if len(parts) == 5 && numbers.MatchString(parts[4]) {
		id.N, _ = strconv.Atoi(parts[4]) // at most four digits
	}
	if id.String() != s {
		return ID{}, fmt.Errorf("%w: %.120q", ErrID, s)
	}
	return id, nil
}

// packJob writes a job's 16 bytes in 22 characters.
func packJob(id job.ID) string {
	u, _ := uuid.Parse(id.String()) // an id's text is a UUID
	return base64.RawURLEncoding.EncodeToString(u[:])
}

func unpackJob(s string) (job.ID, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return job.ID{}, err
	}
	u, err := uuid.FromBytes(data)
	if err != nil {
		return job.ID{}, err
	}
	return job.ParseID(u.String())
}
