package proof

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"discomfy/pkg/job"
)

// maxLine bounds a line of ComfyUI's log, in bytes.
const maxLine = 1 << 20

// extra is what a prompt of ours says about itself. The judge reads it with
// types of its own, so that it shares no mistake with the bridge.
type extra struct {
	Job     job.ID `json:"discomfy_job"`
	Attempt int    `json:"discomfy_attempt"`
}

// ReadRuns reads the run log of the fake ComfyUI, JSON lines that begin with
// the start of the server. Each life of the server appends to it.
func ReadRuns(r io.Reader) ([]Event, error) {
	var events []Event
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		e, err := parseEvent(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("read ComfyUI's log: line %d: %w", n, err)
		}
		switch e.Kind {
		case Queued, Started, Ended, Restarted, Cleared:
			events = append(events, e)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read ComfyUI's log: %w", err)
	}
	if len(events) > 0 && events[0].Kind == Restarted {
		events = events[1:] // the first life forgot nothing
	}
	return events, nil
}

func parseEvent(line []byte) (Event, error) {
	var e struct {
		Kind    EventKind `json:"event"`
		At      time.Time `json:"at"`
		Prompt  string    `json:"prompt_id"`
		Extra   extra     `json:"extra_data"`
		Outcome string    `json:"outcome"`
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return Event{}, err
	}
	return Event{Kind: e.Kind, At: e.At, Prompt: e.Prompt, Job: e.Extra.Job, Attempt: e.Extra.Attempt, Outcome: e.Outcome}, nil
}

// ReadInside reads ComfyUI's answer to GET /queue and returns the ids of the
// prompts of ours that it holds.
func ReadInside(r io.Reader) ([]string, error) {
	var queue struct {
		Running []entry `json:"queue_running"`
		Pending []entry `json:"queue_pending"`
	}
	if err := json.NewDecoder(io.LimitReader(r, 64<<20)).Decode(&queue); err != nil {
		return nil, fmt.Errorf("read ComfyUI's queue: %w", err)
	}
	var prompts []string
	for _, e := range append(queue.Running, queue.Pending...) {
		if !e.extra.Job.IsZero() {
			prompts = append(prompts, e.prompt)
		}
	}
	return prompts, nil
}

// entry is an element of a queue: number, prompt id, graph, extra data, output
// nodes.
type entry struct {
	prompt string
	extra  extra
}

// UnmarshalJSON reads the list that an entry is.
func (e *entry) UnmarshalJSON(data []byte) error {
	var fields []json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	if len(fields) < 4 {
		return errors.New("an entry has fewer than four fields")
	}
	return errors.Join(json.Unmarshal(fields[1], &e.prompt), json.Unmarshal(fields[3], &e.extra))
}
