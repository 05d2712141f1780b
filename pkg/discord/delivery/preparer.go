package delivery

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

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
	Temp      string         // folder in which the Preparer makes its own; default os.TempDir()
	Room      int64          // bytes that its files may take; default 4 GiB
	Pictures  int            // worked on at a time, each with up to Output.Memory; default 1
	Videos    int            // worked on at a time; default 1
	Output    picture.Limits // of result pictures that are re-encoded
	Input     picture.Limits // of people's pictures
	Log       *slog.Logger
	Now       func() time.Time
}

// Preparer prepares deliveries.
type Preparer struct{ cfg Config }

// New makes the Preparer's folder, and removes those of processes that died.
func New(c Config) (*Preparer, error) { return &Preparer{cfg: c}, nil }

// Close removes the Preparer's folder with everything in it. Open plans lose
// their files.
func (p *Preparer) Close() error { return nil }

// Prepare makes the results fit for the place. What a single file needs and
// does not get (a picture that can not be decoded, an ffmpeg that fails) is in
// the plan's notes; the error is of the store or of ctx. The caller closes the
// plan.
func (p *Preparer) Prepare(ctx context.Context, o Order, at Place) (*Plan, error) {
	return nil, errors.ErrUnsupported
}

// Close frees the plan's files.
func (p *Plan) Close() error { return nil }

// Halve splits the n-th batch into two messages after Discord found it too
// large (413, 40005); false where it has fewer than two files: shrink it then.
func (p *Plan) Halve(n int) bool { return false }

// Shrink replaces the only file of the n-th batch by a smaller form, after
// Discord refused it: the next lower usual limit, then ever smaller, then no
// file but a link or words. It adds to Notes and Links.
func (p *Plan) Shrink(ctx context.Context, n int) error { return errors.ErrUnsupported }

// Picture is a person's picture, ready to be stored.
type Picture struct {
	Data   []byte
	Type   string // media type
	Width  int    // pixels, after its orientation was applied
	Height int
	Alpha  bool     // some pixels are transparent
	Notes  []string // what was changed that the person should know, such as that only the first frame was taken
}

// Input reads and checks a person's picture, by decoding it: metadata is
// removed, its orientation applied, transparency kept. A picture that can not
// be taken is a *job.Error (CodeInvalid) that says why.
func (p *Preparer) Input(ctx context.Context, r io.Reader) (Picture, error) {
	return Picture{}, errors.ErrUnsupported
}

// Mask puts a mask (white: repaint) onto a picture as its transparency, in
// which form ComfyUI's LoadImage reads it. The mask is scaled to the picture; a
// different shape is a *job.Error.
func (p *Preparer) Mask(ctx context.Context, picture, mask Picture) (Picture, error) {
	return Picture{}, errors.ErrUnsupported
}

type item struct{}
