package proof

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"

	"discomfy/pkg/broker"
	"discomfy/pkg/job"
)

// Gather reads what NATS holds: what is left in the queues, the state log and
// every result to its end. The log may be longer than what is still kept:
// states that were read earlier are handed in as seen, and stay.
func Gather(ctx context.Context, b *broker.Broker, seen []broker.StoredState, queues ...job.Queue) (Evidence, error) {
	e := Evidence{States: seen}
	for _, q := range queues {
		pending, err := b.PendingJobs(ctx, q)
		if err != nil {
			return Evidence{}, err
		}
		for _, p := range pending {
			e.Pending = append(e.Pending, p.ID)
		}
	}
	after := uint64(0)
	if len(seen) > 0 {
		after = seen[len(seen)-1].Seq
	}
	for s, err := range b.StateLog(ctx, after) {
		if err != nil {
			return Evidence{}, err
		}
		e.States = append(e.States, s)
	}
	for o, err := range b.Results(ctx) {
		if err != nil {
			return Evidence{}, err
		}
		e.Files = append(e.Files, readResult(ctx, b, o.Name))
	}
	return e, nil
}

// readResult reads a stored file to its end. What its entry says about it is
// not asked.
func readResult(ctx context.Context, b *broker.Broker, name string) File {
	body, err := b.GetResult(ctx, name)
	if err != nil {
		return File{Name: name, Damage: err.Error()}
	}
	defer body.Close()
	return measure(name, body)
}

func measure(name string, r io.Reader) File {
	hash := sha256.New()
	size, err := io.Copy(hash, r)
	f := File{Name: name, Size: size, Digest: hex.EncodeToString(hash.Sum(nil))}
	if err != nil {
		f.Damage = err.Error()
	}
	return f
}

// Made reads every file below ComfyUI's output folder. Two of the same base
// name are told apart by nobody: they are an error.
func Made(output fs.FS) ([]File, error) {
	files := []File{}
	seen := map[string]string{}
	err := fs.WalkDir(output, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		base := path.Base(name)
		if other, ok := seen[base]; ok {
			return fmt.Errorf("%s and %s have the same name", other, name)
		}
		seen[base] = name
		f, err := output.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		files = append(files, measure(base, f))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read ComfyUI's files: %w", err)
	}
	return files, nil
}
