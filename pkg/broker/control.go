package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"discomfy/pkg/job"
)

// controlWithin bounds a control request: a cancel waits for ComfyUI.
const controlWithin = 10 * time.Second

// CancelAnswer says what became of a request to cancel.
type CancelAnswer struct {
	Outcome string `json:"outcome"` // for programs, such as cancelled, stopping or ended
	Words   string `json:"words"`   // for people
}

// cancelRequest is the body of discomfy.ctl.<queue>.cancel.
type cancelRequest struct {
	Job job.ID `json:"job"`
	By  string `json:"by"`
}

// Cancel asks the bridge of the queue to stop a job. Nothing is stored when no
// bridge runs: the error is then a *job.Error with CodeBridgeOffline, at once.
func (b *Broker) Cancel(ctx context.Context, q job.Queue, id job.ID, by string) (CancelAnswer, error) {
	body, err := json.Marshal(cancelRequest{Job: id, By: by})
	if err != nil {
		return CancelAnswer{}, err
	}
	data, err := b.control(ctx, q, VerbCancel, body)
	if err != nil {
		return CancelAnswer{}, fmt.Errorf("cancel job %s: %w", id, err)
	}
	var a CancelAnswer
	if err := json.Unmarshal(data, &a); err != nil {
		return CancelAnswer{}, fmt.Errorf("decode the answer: %w", err)
	}
	return a, nil
}

// Status is the bridge's own account of itself, as JSON.
func (b *Broker) Status(ctx context.Context, q job.Queue) (json.RawMessage, error) {
	data, err := b.control(ctx, q, VerbStatus, []byte("{}"))
	if err != nil {
		return nil, fmt.Errorf("ask for the status of queue %s: %w", q, err)
	}
	return data, nil
}

// control makes one request to the active bridge. All of them may be repeated;
// one that a lost connection swallowed is.
func (b *Broker) control(ctx context.Context, q job.Queue, v Verb, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, controlWithin)
	defer cancel()
	msg, err := b.ask(ctx, controlSubject(q, v), body)
	for errors.Is(err, context.Canceled) && ctx.Err() == nil {
		msg, err = b.ask(ctx, controlSubject(q, v), body)
	}
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, &job.Error{Code: job.CodeBridgeOffline}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrReconnectBufExceeded):
		return nil, errors.Join(&job.Error{Code: job.CodeBridgeOffline, Message: "no answer"}, err)
	case err != nil:
		return nil, err
	}
	return readAnswer(msg)
}

func (b *Broker) ask(ctx context.Context, subject string, body []byte) (*nats.Msg, error) {
	ctx, cancel := b.request(ctx, controlWithin)
	defer cancel()
	return b.nc.RequestWithContext(ctx, subject, body)
}

// readAnswer is the body of an answer, or the error that it carries.
func readAnswer(msg *nats.Msg) ([]byte, error) {
	if msg.Header.Get(micro.ErrorCodeHeader) == "" {
		return msg.Data, nil
	}
	var coded job.Error
	if json.Unmarshal(msg.Data, &coded) == nil && coded.Code != "" {
		return nil, &coded
	}
	return nil, &job.Error{Code: job.CodeInternal, Message: msg.Header.Get(micro.ErrorHeader)}
}
