package main

import (
	"context"
	"encoding/json"
	"fmt"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
)

type showCommand struct {
	ID        string `arg:"" name:"id" help:"Id of the job."`
	Out       string `name:"out" type:"path" placeholder:"DIR" help:"Save the job's files in this folder as well."`
	JSON      bool   `name:"json" help:"Write the record as JSON."`
	natsFlags `group:"nats"`
}

// Help is what `show --help` adds.
func (showCommand) Help() string {
	return `Shows what was asked for, seed included, where the job stands or how it ended, its files and every state
that is still stored. It needs no bridge. Records are kept for 90 days, files for 7.` + exitCodes(
		"0    shown, and with --out saved; however the job ended",
		"1    there is no such job, it has no files yet, or a file could not be saved",
		code2, code3NATS, code130)
}

// Run shows the record.
func (c *showCommand) Run(ctx context.Context, s *session) error {
	id, err := job.ParseID(c.ID)
	if err != nil {
		return usageError{err}
	}
	if c.Out != "" {
		if err := checkOut(shortPath(c.Out)); err != nil {
			return err
		}
	}
	b, err := s.connect(ctx, c.natsFlags, broker.Config{Name: "discomfy-show", Role: "terminal"})
	if err != nil {
		return err
	}
	defer b.Close()
	record, err := terminal.ReadRecord(ctx, b, id)
	if err != nil {
		return err
	}
	if c.JSON {
		err = s.writeJSON(record)
	} else {
		err = record.Write(s.stdout)
	}
	if err != nil || c.Out == "" {
		return err
	}
	return c.save(ctx, s, b, record)
}

// save fetches the files; with --json their paths go to stderr.
func (c *showCommand) save(ctx context.Context, s *session, b *broker.Broker, r terminal.Record) error {
	end := r.Last()
	if end == nil || !end.Phase.Ended() {
		return fmt.Errorf("the job has not ended: there is no file yet")
	}
	files, err := terminal.SaveAll(ctx, b, shortPath(c.Out), *end)
	out := s.stdout
	if c.JSON {
		out = s.stderr
	}
	for _, f := range files {
		fmt.Fprintln(out, "saved       "+f.Path)
	}
	if err == nil && len(files) == 0 {
		fmt.Fprintln(out, "saved       nothing: the job left no file")
	}
	return err
}

// writeJSON writes a value to stdout as indented JSON.
func (s *session) writeJSON(v any) error {
	encoder := json.NewEncoder(s.stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}
