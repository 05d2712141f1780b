package proof

import "time"

// Discord is what the fake Discord remembers of a campaign, and when the
// replicas of the ingress were awake.
type Discord struct {
	Interactions []Interaction // in the order in which people did them
	Messages     []Message     // in the order in which they came
	Requests     []Request     // of REST
	Sockets      []Socket      // of the gateway
	Broken       []string      // Discord's rules that were broken
	Missed       int           // events that the record lacks

	Ended time.Time // the record; after it nobody looked

	// Awake is when each replica ran, was not frozen, and had a way to Discord,
	// by the host under which it reaches Discord.
	Awake map[string][]Span
}

// AckWithin is how long Discord waits for the first answer.
const AckWithin = 3 * time.Second

// kindAutocomplete is Discord's number of an interaction that only suggests.
const kindAutocomplete = 4

// Interaction is something that a person did.
type Interaction struct {
	ID      string
	Kind    int
	User    string
	Guild   string // "" in direct messages
	Channel string
	Message string // that was clicked; "" for none
	Command string // "" for clicks and forms
	Button  string // the custom id of a click or a form
	Created time.Time
	Options map[string]any // of a command

	Answer int       // Discord's number; 0 for none
	Acked  time.Time // zero where nobody answered
}

// Message is a message with everything that it ever looked like.
type Message struct {
	ID          string
	Channel     string
	Author      string
	Interaction string // that brought it about; "" for none
	Asker       string // who did that
	Reference   string // the message that it replies to
	For         string // who alone sees it; "" for everybody
	Pinged      []string
	Everyone    bool // @everyone was notified
	Looks       []Look
	Deleted     time.Time // zero while it is there
}

// Look is what a message looked like from a moment on.
type Look struct {
	At       time.Time
	Thinking bool // deferred, and not filled yet
	Text     string
	Colours  []int    // of the embeds
	Buttons  []string // custom ids of what can be clicked
	Files    []Attachment
}

// Attachment is a file of a message; one that an embed shows is none.
type Attachment struct {
	Name   string
	Size   int64
	Digest string // SHA-256, 64 hexadecimal digits; "" where the bytes were gone too soon
}

// Request is a request of REST that was answered.
type Request struct {
	At     time.Time // when it came
	Took   time.Duration
	Host   string
	Route  string
	Path   string
	Status int
	Code   int // Discord's; 0 for none
}

// Socket is a socket of the gateway, from the moment at which its session had it.
type Socket struct {
	Host string
	Span
}

// Span is a time, the end of which may be open.
type Span struct{ From, To time.Time }

// holds reports whether a whole time is within it.
func (s Span) holds(from, to time.Time) bool {
	return !s.From.After(from) && (s.To.IsZero() || !s.To.Before(to))
}
