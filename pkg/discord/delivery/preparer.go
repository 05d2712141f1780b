package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"discomfy/pkg/picture"
)

// Store is where results lie; broker.Broker is one.
type Store interface {
	GetResult(ctx context.Context, name string) (io.ReadCloser, error)
}

// Config holds a Preparer's settings. Only Store is needed.
type Config struct {
	Store     Store
	Links     *Links         // nil: no public address, so no links
	Strip     bool           // take prompt and graph out of what is sent
	FFmpeg    string         // path of the program; "" means that there is none
	Threads   int            // of one ffmpeg; default 2
	VideoTime time.Duration  // for all that is done to one video; default 4 min
	VideoWait time.Duration  // for the turn of a video, after which it stays as it is; default 10 min
	Temp      string         // folder in which the Preparer makes its own; default os.TempDir()
	Room      int64          // bytes that its files may take; default 4 GiB
	Pictures  int            // decoded at a time, each with up to Output.Memory or Input.Memory; default 1
	Videos    int            // transcoded at a time; default 1
	Output    picture.Limits // of result pictures that are re-encoded, but for Bytes; default 256 Mi pixels, 384 MiB of memory, beyond which a PNG becomes smaller
	Input     picture.Limits // of people's pictures, and of results that are used again; default 64 MiB
	Log       *slog.Logger
	Now       func() time.Time
}

func (c Config) withDefaults() Config {
	c.Threads = cmp.Or(c.Threads, 2)
	c.VideoTime = cmp.Or(c.VideoTime, 4*time.Minute)
	c.VideoWait = cmp.Or(c.VideoWait, 10*time.Minute)
	c.Temp = cmp.Or(c.Temp, os.TempDir())
	c.Room = cmp.Or(c.Room, 4<<30)
	c.Pictures, c.Videos = cmp.Or(c.Pictures, 1), cmp.Or(c.Videos, 1)
	// Results come from our own side: their memory is what counts.
	c.Output.Pixels, c.Output.Edge = cmp.Or(c.Output.Pixels, 256<<20), cmp.Or(c.Output.Edge, 1<<16)
	// A result that is the input of another job may be a PNG of 4096 pixels square.
	c.Input.Bytes = cmp.Or(c.Input.Bytes, 64<<20)
	c.Output, c.Input = c.Output.WithDefaults(), c.Input.WithDefaults()
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Preparer prepares deliveries. Make it with New.
type Preparer struct {
	cfg      Config
	folder   *folder
	pictures *semaphore.Weighted
	videos   *semaphore.Weighted
	faults   atomic.Uint64
}

// New makes the Preparer's folder, and removes those of processes that died.
func New(c Config) (*Preparer, error) {
	c = c.withDefaults()
	if c.Store == nil {
		return nil, errors.New("prepare deliveries: no store")
	}
	f, err := openFolder(c.Temp, c.Room)
	if err != nil {
		return nil, fmt.Errorf("prepare deliveries: %w", err)
	}
	return &Preparer{
		cfg: c, folder: f,
		pictures: semaphore.NewWeighted(int64(c.Pictures)), videos: semaphore.NewWeighted(int64(c.Videos)),
	}, nil
}

// Close removes the Preparer's folder with everything in it. Open plans lose
// their files.
func (p *Preparer) Close() error { return p.folder.close() }

// withPicture lets f decode a picture in its turn. What a large one leaves behind
// is collected before the next turn: it would lie beside the next picture.
func (p *Preparer) withPicture(ctx context.Context, what string, f func() error) error {
	if err := p.pictures.Acquire(ctx, 1); err != nil {
		return err
	}
	defer p.pictures.Release(1)
	before := heap()
	defer func() {
		if heap() > before+litter {
			runtime.GC()
		}
	}()
	return p.guarded(ctx, what, f)
}

// litter is how many bytes of garbage are worth collecting.
const litter = 64 << 20

// heap is how many bytes objects take, garbage included.
func heap() uint64 {
	read := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(read)
	return read[0].Value.Uint64()
}
