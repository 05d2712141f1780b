package api

import (
	"context"
	"io"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Limits of Discord that callers plan by.
const (
	// DefaultSizeLimit bounds one file, in bytes, where an interaction says nothing else.
	DefaultSizeLimit = 10 << 20
	// RequestLimit bounds one whole request with all its files, in bytes.
	RequestLimit = 25 << 20
	// MaxFiles is how many files one message carries.
	MaxFiles = 10
	// MaxNonce is how long a nonce may be: a UUID needs 22 characters as base64url.
	MaxNonce = 25
)

// Message is the whole of a message: an edit replaces everything.
type Message struct {
	Content    string
	Embeds     []*discordgo.MessageEmbed
	Components []discordgo.MessageComponent
	Files      []File
	// Keep names the attachments, by id, that stay in an edit. All others go.
	Keep []string
	// Ephemeral shows a new answer to the asker alone. It cannot be changed later.
	Ephemeral bool
	// Mention lists the ids of the users who are pinged where the text mentions them.
	// Nobody else ever is.
	Mention []string

	// ReplyTo is the id of the message in the same channel that a new message answers.
	// Where that is gone the message is posted without.
	ReplyTo string
	// Nonce lets Discord itself drop a repeated Post, for a few minutes. At most 25 characters.
	Nonce string
}

// File is an attachment that is uploaded.
type File struct {
	Name        string // letters, digits, dot, dash and underscore; others become underscores
	Type        string // media type; empty means application/octet-stream
	Description string // alt text
	Size        int64  // bytes; 0 where unknown
	Spoiler     bool   // the name gets the prefix SPOILER_
	// Open yields the bytes. It is called once, however often the request is made.
	Open func(context.Context) (io.ReadCloser, error)
}

// Posted is what Discord says is there now.
type Posted struct {
	ID          string // of the message; empty where Discord did not say
	Channel     string
	Attachments []*discordgo.MessageAttachment
	Ephemeral   bool
	Loading     bool // "thinking": nothing but the edit of a deferred answer ends it
	Flags       discordgo.MessageFlags
	Edited      time.Time // the last time, by Discord's clock; zero for never, which the filling of a deferred answer is
}

// Modal is a form. It must be the first answer to its interaction.
type Modal struct {
	ID         string // custom id, at most 100 characters
	Title      string // at most 45 characters
	Components []discordgo.MessageComponent
}
