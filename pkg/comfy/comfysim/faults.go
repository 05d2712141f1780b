package comfysim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Faults are the switches of a fake that misbehaves; the zero value is a server without faults. A switch named
// …_next counts down as it strikes and is off at 0. Delays pass in real time, whatever Config.Speed says.
// docs/faults.md tells what each is good for; Server's methods are the faults that happen once, on command.
type Faults struct {
	// Client restricts the faults of sockets and frames to the sockets of that client id; "" is everybody's.
	Client string `json:"client,omitzero"`
	// DropEvery breaks a socket, without a close frame, instead of sending it every n-th frame.
	DropEvery int `json:"drop_every,omitzero"`
	// DeafNext makes the next connections deaf right after their welcome, as when an older handler ends then.
	DeafNext int `json:"deaf_next,omitzero"`
	// Silence withholds all frames, for good, from sockets that stay open and answer pings.
	Silence bool `json:"silence,omitzero"`
	// CorruptTextNext cuts the next text frames in half, so that they are not JSON.
	CorruptTextNext int `json:"corrupt_text_next,omitzero"`
	// CutBinaryNext ends the next binary frames within their header.
	CutBinaryNext int `json:"cut_binary_next,omitzero"`
	// OversizedNext sends a frame of OversizedBytes (64 MiB unless set), of an unknown type, before each of the next.
	OversizedNext  int `json:"oversized_next,omitzero"`
	OversizedBytes int `json:"oversized_bytes,omitzero"`

	// OOMNext, NodeErrorNext and HangNext strike the next runs: after the first step of a node that has steps, else
	// before an output node. A hanging node hears nothing, no interrupt either, until Server.Release.
	OOMNext       int `json:"oom_next,omitzero"`
	NodeErrorNext int `json:"node_error_next,omitzero"`
	HangNext      int `json:"hang_next,omitzero"`
	// OOMUntilFree lets every run fail out of memory until somebody asks POST /free to unload.
	OOMUntilFree bool `json:"oom_until_free,omitzero"`
	// HistoryDelay is a further time between the end that is told and the end in /queue and /history, which the
	// executor changes together, as a slow server does.
	HistoryDelay Duration `json:"history_delay,omitzero"`
	// NoHistoryNext leaves the next runs without an entry, as if it was deleted at once.
	NoHistoryNext int `json:"no_history_next,omitzero"`

	// DiskFull fails every upload with 500, and every node that saves.
	DiskFull bool `json:"disk_full,omitzero"`
	// FilesGone answers 404 to every /view.
	FilesGone bool `json:"files_gone,omitzero"`

	// NoProgressPromptID: `progress` carries no prompt_id (servers before January 2024).
	NoProgressPromptID bool `json:"no_progress_prompt_id,omitzero"`
	// NoProgressState: `progress_state` is never told (servers before 0.3.45).
	NoProgressState bool `json:"no_progress_state,omitzero"`
	// OwnPromptIDs: the client's prompt_id is ignored, the server draws its own (servers before 0.3.45).
	OwnPromptIDs bool `json:"own_prompt_ids,omitzero"`
	// GlobalInterrupt: /interrupt stops whatever runs, whichever id it names (servers before 0.3.57).
	GlobalInterrupt bool `json:"global_interrupt,omitzero"`
	// NoJobsAPI: nothing below /api/jobs exists.
	NoJobsAPI bool `json:"no_jobs_api,omitzero"`

	// HTTP are the faults of routes. The first that matches a request strikes it, and no other.
	HTTP []HTTPFault `json:"http,omitzero"`
}

// HTTPFault is a fault of one or more routes.
type HTTPFault struct {
	// Route is a method and a path without /api, as "POST /prompt"; a path that ends in * is a prefix ("GET
	// /history/*"), the method * any, and "*" alone everything but the control routes.
	Route string `json:"route"`
	Mode  Mode   `json:"mode"`
	// Delay passes first; where the mode says so, elsewhere.
	Delay Duration `json:"delay,omitzero"`
	// Status is what Fail answers, 500 unless set.
	Status int `json:"status,omitzero"`
	// Times is how many requests are struck; 0 is all.
	Times int `json:"times,omitzero"`
}

// Mode is what happens to a request.
type Mode string

// The modes of an HTTPFault.
const (
	Slow       Mode = "slow"       // answered in order after the delay, in which not even the body is read
	Late       Mode = "late"       // the body is read, then the delay passes, then it is done, even if the client is gone
	Fail       Mode = "fail"       // answered with Status, and not done
	Refuse     Mode = "refuse"     // the connection is closed without an answer, and nothing is done
	Unanswered Mode = "unanswered" // done, but the connection is closed without an answer
	Drip       Mode = "drip"       // done at once, but the body is sent in pieces over the delay
	Cut        Mode = "cut"        // done, but the connection is closed after half of the body that was announced
)

// Duration is a time.Duration that is written as "1m30s" in JSON.
type Duration time.Duration

// MarshalText writes it as time.Duration's String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration takes.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

func (f *Faults) check() error {
	for name, n := range map[string]int{
		"drop_every": f.DropEvery, "deaf_next": f.DeafNext, "corrupt_text_next": f.CorruptTextNext,
		"cut_binary_next": f.CutBinaryNext, "oversized_next": f.OversizedNext, "oversized_bytes": f.OversizedBytes,
		"oom_next": f.OOMNext, "node_error_next": f.NodeErrorNext, "hang_next": f.HangNext,
		"no_history_next": f.NoHistoryNext, "history_delay": int(f.HistoryDelay),
	} {
		if n < 0 {
			return fmt.Errorf("fault %s: %d is less than 0", name, n)
		}
	}
	for _, h := range f.HTTP {
		if err := h.check(); err != nil {
			return fmt.Errorf("fault http: %w", err)
		}
	}
	return nil
}

func (h HTTPFault) check() error {
	method, path, two := strings.Cut(h.Route, " ")
	if h.Route != "*" && (!two || method == "" || !strings.HasPrefix(path, "/") && path != "*") {
		return fmt.Errorf("route %q: want a method and a path, as in \"POST /prompt\"", h.Route)
	}
	if !slices.Contains([]Mode{Slow, Late, Drip, Fail, Refuse, Unanswered, Cut}, h.Mode) {
		return fmt.Errorf("mode %q: want slow, late, drip, fail, refuse, unanswered or cut", h.Mode)
	}
	if h.Delay < 0 || h.Times < 0 {
		return fmt.Errorf("delay %s, times %d: less than 0", time.Duration(h.Delay), h.Times)
	}
	if h.Status != 0 && (h.Status < 400 || h.Status > 599) {
		return fmt.Errorf("status %d: want 400 to 599", h.Status)
	}
	return nil
}

// matches says whether the fault is one of a request; path is without /api.
func (h HTTPFault) matches(method, path string) bool {
	if h.Route == "*" {
		return true
	}
	m, pattern, _ := strings.Cut(h.Route, " ")
	if m != "*" && m != method {
		return false
	}
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(path, prefix)
	}
	return pattern == path
}
