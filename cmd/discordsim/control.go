package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"discomfy/pkg/discord/discordsim"
)

// record is a journal in a file.
type record struct {
	*discordsim.Journal
	file *os.File
}

// openRecord begins a journal in the file, or goes on with it; nil where there is no name.
func openRecord(name string) (*record, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return &record{discordsim.NewJournal(f), f}, nil
}

// attend runs what belongs to tests until ctx ends: the journal, and the server by which this Discord is broken.
func (c cli) attend(ctx context.Context, s *discordsim.Server, r *record) error {
	g, ctx := errgroup.WithContext(ctx)
	if r != nil {
		g.Go(func() error { return errors.Join(r.Run(ctx), r.file.Close()) })
	}
	if c.Control != "" {
		g.Go(func() error { return obey(ctx, s, c.Control) })
	}
	return g.Wait()
}

func obey(ctx context.Context, s *discordsim.Server, addr string) error {
	l, err := discordsim.Listen(ctx, addr)
	if err != nil {
		return err
	}
	web := &http.Server{Handler: s.Control(), ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = web.Close() })()
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("control: %w", err)
	}
	return nil
}
