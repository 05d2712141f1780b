package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"discomfy/pkg/job"
)

// bridgeValue is what discomfy.bridge.<queue> holds.
type bridgeValue struct {
	ClientID string `json:"client_id"`
}

// ClientID is the id by which the bridge of this queue connects to ComfyUI. It
// is drawn once, stored, and the same in all terms and processes from then on.
func (t *Term) ClientID(ctx context.Context) (string, error) {
	stored, err := t.look(ctx, perQueue(KindBridge, t.queue))
	if err == nil {
		return parseClientID(stored.Data)
	}
	if !errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("read the client id: %w", err)
	}
	drawn := bridgeValue{ClientID: uuid.NewString()}
	data, err := json.Marshal(drawn)
	if err != nil {
		return "", err
	}
	if err := t.save(ctx, KindBridge, data); err != nil {
		return "", fmt.Errorf("store the client id: %w", err)
	}
	return drawn.ClientID, nil
}

// Memory is what SaveMemory stored last, nil where nothing was.
func (t *Term) Memory(ctx context.Context) ([]byte, error) {
	stored, err := t.look(ctx, perQueue(KindMemory, t.queue))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the memory: %w", err)
	}
	return stored.Data, nil
}

// SaveMemory stores what the bridge has learned, through the fence. The value
// should be JSON; it is bounded by what NATS takes (1 MiB).
func (t *Term) SaveMemory(ctx context.Context, data []byte) error {
	if err := t.save(ctx, KindMemory, data); err != nil {
		return fmt.Errorf("store the memory: %w", err)
	}
	return nil
}

// save stores a value that never expires, through the fence.
func (t *Term) save(ctx context.Context, k Kind, data []byte) error {
	_, err := t.write(ctx, fencedWrite{
		subject: perQueue(k, t.queue), ttl: neverExpires, before: BeforeValue, after: AfterValue,
		body: func(uint64) ([]byte, error) { return data, nil },
	})
	return err
}

func (b *Broker) value(ctx context.Context, k Kind, q job.Queue) ([]byte, error) {
	msg, err := b.lastState(ctx, perQueue(k, q))
	if err != nil {
		return nil, fmt.Errorf("read the %s of queue %s: %w", k, q, err)
	}
	return msg.Data, nil
}
