package proof

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxEntry bounds a line of Discord's journal, in bytes.
const maxEntry = 8 << 20

// flags of messages, as Discord numbers them.
const flagThinking = 1 << 7

// ReadDiscord reads the journal of the fake Discord, JSON lines. Awake is left
// to the caller.
func ReadDiscord(r io.Reader) (Discord, error) {
	var d DiscordReader
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEntry)
	for n := 1; lines.Scan(); n++ {
		if err := d.Read(lines.Bytes()); err != nil {
			return Discord{}, fmt.Errorf("read Discord's journal: line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return Discord{}, fmt.Errorf("read Discord's journal: %w", err)
	}
	return d.Discord, nil
}

// DiscordReader puts the lines of a journal together, one after the other. Its
// zero value has read nothing.
type DiscordReader struct {
	Discord
	Held         []string       // hosts whose answers were kept from them for a while
	messages     map[string]int // places by id
	interactions map[string]int
}

// Read takes the next line.
func (d *DiscordReader) Read(line []byte) error {
	if d.messages == nil {
		d.messages, d.interactions = map[string]int{}, map[string]int{}
	}
	var e entryOf
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	return d.take(e)
}

// Message is the message with the id, as it is known so far; nil where there
// was none.
func (d *DiscordReader) Message(id string) *Message {
	if n, ok := d.messages[id]; ok {
		return &d.Messages[n]
	}
	return nil
}

// errHollow is returned for a line that lacks what its event is about.
var errHollow = errors.New("it lacks what its event is about")

func (d *DiscordReader) take(e entryOf) error {
	switch {
	case e.Message == nil && strings.HasPrefix(e.Event, "message_"), e.Request == nil && e.Event == "request",
		e.Interaction == nil && strings.HasPrefix(e.Event, "interaction_"):
		return errHollow
	}
	if e.At.After(d.Ended) {
		d.Ended = e.At
	}
	switch e.Event {
	case "interaction_created", "interaction_answered":
		return d.interaction(e)
	case "message_created", "message_updated":
		d.look(e)
	case "message_deleted":
		if n, ok := d.messages[e.Message.ID]; ok {
			d.Messages[n].Deleted = e.At
		}
	case "request":
		d.Requests = append(d.Requests, e.Request.request(e.At))
	case "socket_opened":
		d.Sockets = append(d.Sockets, Socket{e.Text, Span{From: e.At}})
	case "socket_closed":
		d.closeSocket(e.Text, e.At)
	case "answer_held":
		d.Held = append(d.Held, e.Text)
	case "violation":
		d.Broken = append(d.Broken, e.Text)
	case "missed":
		n, err := strconv.Atoi(e.Text)
		d.Missed = max(d.Missed, n)
		return err
	}
	return nil
}

// closeSocket ends the oldest one of the host: a session that is resumed has
// its new socket before the old one is found to be closed.
func (d *DiscordReader) closeSocket(host string, at time.Time) {
	for n := range d.Sockets {
		if s := &d.Sockets[n]; s.Host == host && s.To.IsZero() {
			s.To = at
			return
		}
	}
}

// interaction adds one, or its answer.
func (d *DiscordReader) interaction(e entryOf) error {
	var in interactionEntry
	if err := json.Unmarshal(e.Interaction, &in); err != nil {
		return err
	}
	if n, ok := d.interactions[in.ID]; ok {
		d.Interactions[n].Answer, d.Interactions[n].Acked = in.Answer, in.Acked
		return nil
	}
	i := Interaction{
		ID: in.ID, Kind: in.Kind, User: in.User, Guild: in.Guild, Channel: in.Channel, Message: in.Message, Command: in.Command,
		Button: in.Data.Button, Created: e.At, Options: map[string]any{},
	}
	for _, o := range in.Data.Options {
		i.Options[o.Name] = o.Value
	}
	d.interactions[in.ID] = len(d.Interactions)
	d.Interactions = append(d.Interactions, i)
	return nil
}

func (r requestEntry) request(at time.Time) Request {
	return Request{
		At: at, Took: time.Duration(r.Took * float64(time.Second)), Host: r.Host, Route: r.Route, Path: r.Path, Status: r.Status, Code: r.Code,
	}
}
