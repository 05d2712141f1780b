package discordsim

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// journalRoom bounds the events, and the requests, that wait to be written. More are counted as missed.
const journalRoom = 1 << 15

// Journal writes down everything that happens, one JSON object a line, for judges that read it later: what people did
// and how they were answered, every look of every message with the digests of its files, who was notified, all
// requests, and the broken rules. A line "missed" says that some are not there.
type Journal struct {
	out     *bufio.Writer
	server  *Server
	sub     *Subscription
	calls   chan Call
	missed  atomic.Int64
	told    int64 // of those missed
	digests map[ID]string
}

// NewJournal makes a Journal; Config.Observe is to be its Observe.
func NewJournal(out io.Writer) *Journal {
	return &Journal{out: bufio.NewWriter(out), calls: make(chan Call, journalRoom), digests: map[ID]string{}}
}

// Observe notes a request. It does not block.
func (j *Journal) Observe(c Call) {
	select {
	case j.calls <- c:
	default:
		j.missed.Add(1)
	}
}

// Attach listens to a server from now on. It is called once, before Run.
func (j *Journal) Attach(s *Server) { j.server, j.sub = s, s.Subscribe(journalRoom) }

// Run writes until ctx ends, and then what still waits.
func (j *Journal) Run(ctx context.Context) error {
	defer j.sub.Close()
	for more := true; more; {
		line, found := journalLine{}, true
		select {
		case e := <-j.sub.C:
			line = j.lineOf(e)
		case c := <-j.calls:
			line = lineOfCall(c)
		default:
			found = false
		}
		var err error
		switch {
		case found:
			err = j.write(line)
		case ctx.Err() != nil:
			more, err = false, j.flush()
		default:
			err = j.rest(ctx)
		}
		if err != nil {
			return fmt.Errorf("write the journal: %w", err)
		}
	}
	return nil
}

// rest waits for something to write.
func (j *Journal) rest(ctx context.Context) error {
	if err := j.flush(); err != nil {
		return err
	}
	select {
	case e := <-j.sub.C:
		return j.write(j.lineOf(e))
	case c := <-j.calls:
		return j.write(lineOfCall(c))
	case <-ctx.Done():
		return nil
	}
}

func (j *Journal) write(line journalLine) error {
	if line.Event == "" {
		return nil
	}
	data, err := json.Marshal(line)
	if err == nil {
		_, err = j.out.Write(append(data, '\n'))
	}
	return err
}

// flush hands everything over, and tells what was missed so far.
func (j *Journal) flush() error {
	if missed := j.missed.Load() + j.sub.Dropped(); missed > j.told {
		j.told = missed
		if err := j.write(journalLine{Event: "missed", At: j.server.Now(), Text: fmt.Sprint(missed)}); err != nil {
			return err
		}
	}
	return j.out.Flush()
}

// journalLine is a line; which fields it has depends on the event.
type journalLine struct {
	Event       string              `json:"event"`
	At          time.Time           `json:"at"`
	Interaction *journalInteraction `json:"interaction,omitempty"`
	Message     *journalMessage     `json:"message,omitempty"`
	Request     *journalRequest     `json:"request,omitempty"`
	Text        string              `json:"text,omitempty"`
}

// lineOf is the line of an event; without an Event where it is of no interest.
func (j *Journal) lineOf(e Event) journalLine {
	line := journalLine{Event: string(e.Kind), At: e.At, Text: e.Text}
	switch e.Kind {
	case MessageCreated, MessageUpdated, MessageDeleted:
		line.Message = j.messageOf(e.Message)
	case InteractionCreated:
		line.Interaction = j.interactionOf(e.Interaction)
	case InteractionAnswered:
		line.Interaction = answerOf(e.Interaction)
	case SocketOpened, SocketClosed, AnswerHeld, Marked, ViolationFound:
	default:
		return journalLine{}
	}
	return line
}

type journalRequest struct {
	Host   string  `json:"host"`
	Route  string  `json:"route"`
	Path   string  `json:"path"`
	Status int     `json:"status"`
	Code   int     `json:"code,omitempty"`
	Took   float64 `json:"took"` // seconds of the real clock
}

func lineOfCall(c Call) journalLine {
	return journalLine{Event: "request", At: c.At, Request: &journalRequest{
		Host: c.Host, Route: c.Route, Path: c.Path, Status: c.Status, Code: c.Code, Took: c.Took.Seconds(),
	}}
}
