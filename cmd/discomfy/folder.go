package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"discomfy/pkg/terminal"
)

// checkOut tells before anything is submitted that its files could not be
// saved.
func checkOut(dir string) error {
	if err := terminal.CheckFolder(dir); err != nil {
		return fmt.Errorf("%w: name another folder with --out", err)
	}
	return nil
}

// makeData makes the folder in which NATS keeps its data, and tries it.
func makeData(dir string) error {
	if err := terminal.CheckFolder(dir); err != nil {
		return fmt.Errorf("%w: name another folder with --data", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot make %s: %w: name another folder with --data", dir, reason(err))
	}
	return nil
}

// reason is what the system says of a file, without the operation and the
// name.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
