package job

import (
	"encoding/json"
	"fmt"
	"time"
)

// Progress is a snapshot of a running job. It is lossy: the newest replaces
// the others. Receivers drop those of an older epoch and those that come after
// the job's end.
type Progress struct {
	Job     ID        `json:"job"`
	Epoch   uint64    `json:"epoch"`
	Attempt int       `json:"attempt"`
	Percent float64   `json:"percent"`         // 0 to 100 over the whole graph; never falls within an attempt
	Node    string    `json:"node,omitempty"`  // id of the node that runs
	Title   string    `json:"title,omitempty"` // its title, for people
	Step    int       `json:"step,omitempty"`  // of Steps, within the node
	Steps   int       `json:"steps,omitempty"`
	Nodes   Nodes     `json:"nodes"`
	Started time.Time `json:"started,omitzero"` // when the run began
	ETA     time.Time `json:"eta,omitzero"`     // when it should end; zero when nothing is known
	At      time.Time `json:"at"`
}

// Elapsed is how long the run had lasted when the snapshot was taken.
func (p Progress) Elapsed() time.Duration {
	if p.Started.IsZero() || p.At.Before(p.Started) {
		return 0
	}
	return p.At.Sub(p.Started)
}

// ParseProgress reads a published progress snapshot.
func ParseProgress(data []byte) (Progress, error) {
	var p Progress
	if err := json.Unmarshal(data, &p); err != nil {
		return Progress{}, fmt.Errorf("decode progress: %w", err)
	}
	if p.Job.IsZero() {
		return Progress{}, fmt.Errorf("progress names no job")
	}
	return p, nil
}

// Preview is a small picture of a result that is still forming.
type Preview struct {
	Job   ID
	Epoch uint64
	Type  string // media type, image/jpeg or image/png
	Data  []byte
}

// Snapshot is the whole queue in its order: the one source of positions.
type Snapshot struct {
	Queue   Queue     `json:"queue"`
	Epoch   uint64    `json:"epoch"`
	At      time.Time `json:"at"`
	Server  string    `json:"server,omitempty"` // why nothing moves, in words; empty while ComfyUI answers
	Others  int       `json:"others,omitempty"` // prompts of other clients inside the same ComfyUI
	Running []Place   `json:"running"`          // jobs whose run has begun
	Waiting []Place   `json:"waiting"`          // all others, next first
}

// Place is a job's place in the queue.
type Place struct {
	Job      ID      `json:"job"`
	User     User    `json:"user"`
	Workflow string  `json:"workflow"`
	Seconds  float64 `json:"seconds,omitempty"` // estimated: until its end when running, until its start when waiting; 0 when unknown
}

// Position is the job's place counted from 1, where running jobs come first;
// false when the snapshot does not hold the job.
func (s Snapshot) Position(id ID) (int, Place, bool) {
	for i, p := range s.Running {
		if p.Job == id {
			return i + 1, p, true
		}
	}
	for i, p := range s.Waiting {
		if p.Job == id {
			return len(s.Running) + i + 1, p, true
		}
	}
	return 0, Place{}, false
}

// ParseSnapshot reads a published queue snapshot.
func ParseSnapshot(data []byte) (Snapshot, error) {
	var s Snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		return Snapshot{}, fmt.Errorf("decode queue snapshot: %w", err)
	}
	return s, nil
}
