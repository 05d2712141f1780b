package reply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// tries bounds how often a change is made anew because another replica was
// faster; every loss is another's success.
const tries = 8

// Keeper stores handles; broker.Broker is one.
type Keeper interface {
	PutReply(ctx context.Context, id job.ID, data []byte, was broker.Revision) (broker.Revision, error)
	Reply(ctx context.Context, id job.ID) ([]byte, broker.Revision, error)
}

// Store reads and changes handles.
type Store struct{ Keeper Keeper }

// Create stores the handle of a job that is about to be published. Where one
// is there already, which a replica has stored that died or was slow, it stays,
// and only its token is renewed.
func (s Store) Create(ctx context.Context, h Handle) (Handle, error) {
	data, err := json.Marshal(h)
	if err != nil {
		return h, fmt.Errorf("encode a reply handle: %w", err)
	}
	_, err = s.Keeper.PutReply(ctx, h.Job, data, 0)
	if !errors.Is(err, broker.ErrConflict) {
		return h, err
	}
	return s.Get(ctx, h.Job)
}

// Get is the stored handle; broker.ErrNotFound where the job has none.
func (s Store) Get(ctx context.Context, id job.ID) (Handle, error) {
	h, _, err := s.get(ctx, id)
	return h, err
}

func (s Store) get(ctx context.Context, id job.ID) (Handle, broker.Revision, error) {
	data, revision, err := s.Keeper.Reply(ctx, id)
	if err != nil {
		return Handle{}, 0, err
	}
	h, err := Parse(data)
	return h, revision, err
}

// Change edits the stored handle and returns it as it is stored then. The edit
// may be called several times.
func (s Store) Change(ctx context.Context, id job.ID, edit func(h *Handle)) (Handle, error) {
	for attempt := 0; ; attempt++ {
		h, revision, err := s.get(ctx, id)
		if err != nil {
			return Handle{}, err
		}
		edit(&h)
		data, err := json.Marshal(h)
		if err != nil {
			return h, fmt.Errorf("encode a reply handle: %w", err)
		}
		_, err = s.Keeper.PutReply(ctx, id, data, revision)
		if err == nil {
			return h, nil
		}
		if !errors.Is(err, broker.ErrConflict) || attempt == tries {
			return h, err
		}
		if err := pause(ctx, time.Duration(attempt)*10*time.Millisecond); err != nil {
			return h, err
		}
	}
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
