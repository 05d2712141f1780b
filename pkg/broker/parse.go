package broker

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"

	"discomfy/pkg/job"
)

// maxPreview bounds a preview's picture, in bytes.
const maxPreview = 1 << 20

// Everything that arrives is parsed here, once; what its subject says must
// agree with its body.

func parseState(subject string, data []byte) (job.State, error) {
	id, err := jobOf(KindState, subject)
	if err != nil {
		return job.State{}, err
	}
	s, err := job.ParseState(data)
	if err != nil {
		return job.State{}, errors.Join(ErrUnreadable, err)
	}
	if s.Job != id {
		return job.State{}, fmt.Errorf("%w: the state at %s is of job %s", ErrUnreadable, subject, s.Job)
	}
	return s, nil
}

func parseProgress(subject string, data []byte) (job.Progress, error) {
	id, err := jobOf(KindProgress, subject)
	if err != nil {
		return job.Progress{}, err
	}
	p, err := job.ParseProgress(data)
	if err != nil {
		return job.Progress{}, err
	}
	if p.Job != id {
		return job.Progress{}, fmt.Errorf("the progress at %s is of job %s", subject, p.Job)
	}
	return p, nil
}

func parsePreview(subject string, header nats.Header, data []byte) (job.Preview, error) {
	id, err := jobOf(KindPreview, subject)
	if err != nil {
		return job.Preview{}, err
	}
	epoch, err := strconv.ParseUint(header.Get(headerEpoch), 10, 64)
	if err != nil {
		return job.Preview{}, fmt.Errorf("the preview's epoch: %w", err)
	}
	kind := header.Get(headerType)
	if kind != "image/jpeg" && kind != "image/png" {
		return job.Preview{}, fmt.Errorf("the preview's type %q is no picture's", kind)
	}
	if len(data) == 0 || len(data) > maxPreview {
		return job.Preview{}, fmt.Errorf("a preview of %d bytes", len(data))
	}
	return job.Preview{Job: id, Epoch: epoch, Type: kind, Data: data}, nil
}

func parseSnapshot(subject string, data []byte) (job.Snapshot, error) {
	s, err := job.ParseSnapshot(data)
	if err != nil {
		return job.Snapshot{}, err
	}
	if subject != perQueue(KindQueue, s.Queue) {
		return job.Snapshot{}, fmt.Errorf("the snapshot at %s is of queue %q", subject, s.Queue)
	}
	return s, nil
}

func jobOf(k Kind, subject string) (job.ID, error) {
	s, err := ParseSubject(subject)
	if err != nil {
		return job.ID{}, err
	}
	if s.Kind != k {
		return job.ID{}, fmt.Errorf("subject %s is not of kind %s", subject, k)
	}
	return s.Job, nil
}

// parseClientID reads what discomfy.bridge.<queue> holds.
func parseClientID(data []byte) (string, error) {
	var v bridgeValue
	if err := json.Unmarshal(data, &v); err != nil {
		return "", fmt.Errorf("decode the client id: %w", err)
	}
	if v.ClientID == "" {
		return "", fmt.Errorf("no client id is stored")
	}
	return v.ClientID, nil
}
