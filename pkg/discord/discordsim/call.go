package discordsim

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"discomfy/pkg/discord/discordsim/spec"
)

// endpoint is a route of REST.
type endpoint struct {
	pattern string // "METHOD /path" without /api and version
	class   class
	bot     bool // it needs the bot's token
	// handle does what was asked. It is called with mu held and gives the status and the JSON to answer, nil for none.
	handle func(s *Server, c *call) (status int, answer any, refused *apiError)
}

// call is a request on its way.
type call struct {
	route  *endpoint
	r      *http.Request
	now    time.Time
	body   *spec.Body
	staged []*Attachment // one for each file of body, kept in the store; channel still open
}

// payload is the JSON object of the body; nil where there is none.
func (c *call) payload() Object { o, _ := c.body.Doc.(Object); return o }

// id is an identifier in the path, 0 where it is none.
func (c *call) id(name string) ID {
	id, _ := ParseID(c.r.PathValue(name))
	return id
}

func (c *call) flag(name string) bool { return c.r.URL.Query().Get(name) == "true" }

// major is the parameter by which buckets differ.
func (c *call) major() string {
	switch c.route.class {
	case classCallback, classToken:
		return c.r.PathValue("token")
	case classOther:
		return c.route.pattern + " " + c.r.PathValue("channel") + c.r.PathValue("guild")
	}
	return c.r.PathValue("channel")
}

// errBody is returned when a body is longer than Discord takes.
var errBody = errors.New("body too large")

// maxDrain is how many bytes of a body that is too long are read, so that the client reads the answer.
const maxDrain = 256 * mib

// readBody reads a body of at most limit bytes.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	if int64(len(data)) > limit {
		_, _ = io.CopyN(io.Discard, r.Body, maxDrain) // the answer matters, not how the rest ends
		return nil, errBody
	}
	return data, nil
}

var userAgent = regexp.MustCompile(`^DiscordBot \(.+, ?[^)]+\)`)

// arrive reads the body, judges it and keeps its files. It is called without the lock.
func (s *Server) arrive(c *call) *apiError {
	where := c.route.pattern
	if !userAgent.MatchString(c.r.UserAgent()) {
		s.note(where, "a bot's User-Agent is DiscordBot (url, version)", []byte(c.r.UserAgent()))
	}
	data, err := readBody(c.r, s.limits.RequestSize)
	switch {
	case errors.Is(err, errBody):
		return errTooLarge()
	case err != nil:
		return refuse(http.StatusBadRequest, 0, err.Error())
	}
	if c.body, err = spec.Parse(c.r.Header.Get("Content-Type"), data); err != nil {
		s.note(where, err.Error(), data)
		return refuse(http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
	}
	if complaints := s.spec.CheckBody(c.r.Method, c.r.URL.Path, c.body); len(complaints) > 0 {
		s.note(where, strings.Join(complaints, "; "), c.body.Raw)
		return invalid(complaints...)
	}
	return s.stage(c)
}

// note records a violation.
func (s *Server) note(where, rule string, excerpt []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violated(where, rule, excerpt)
}

// stage keeps the files of a body before the world knows them.
func (s *Server) stage(c *call) *apiError {
	for _, f := range c.body.Files {
		a := newAttachment(f.Name, f.Type, f.Data)
		s.mu.Lock()
		a.ID = s.world.newID()
		s.mu.Unlock()
		if err := s.files.put(a.ID, f.Data); err != nil {
			s.log.Error("an attachment is lost", "error", err)
			return refuse(http.StatusInternalServerError, 0, "500: Internal Server Error")
		}
		c.staged = append(c.staged, a)
	}
	return nil
}
