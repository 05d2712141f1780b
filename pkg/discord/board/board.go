package board

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// Attribute keys.
const (
	keyJob   = "job_id"
	keyError = "error"
)

// shiftRate bounds the edits per second of this replica that tell no more than
// a place in line, however many jobs wait.
const shiftRate = 10

// Discord is what a board changes; api.Client is one.
type Discord interface {
	EditOriginal(ctx context.Context, t api.Token, m api.Message) (api.Posted, error)
	Followup(ctx context.Context, t api.Token, m api.Message) (api.Posted, error)
	Edit(ctx context.Context, channel, message string, m api.Message) (api.Posted, error)
	Post(ctx context.Context, channel string, m api.Message) (api.Posted, error)
	DM(ctx context.Context, user string) (string, error)
	Read(ctx context.Context, channel, message string) (api.Posted, error)
	ReadOriginal(ctx context.Context, t api.Token) (api.Posted, error)
	Application(ctx context.Context) (api.Application, error)
}

// Broker is where jobs are followed; broker.Broker is one.
type Broker interface {
	Claimer
	reply.Keeper
	Cancel(ctx context.Context, q job.Queue, id job.ID, by string) (broker.CancelAnswer, error)
	Follow(ctx context.Context, q job.Queue, ids ...job.ID) (<-chan broker.Update, error)
	LastStored(ctx context.Context, id job.ID) (broker.StoredState, error)
	Pending(ctx context.Context, id job.ID) (job.Request, error)
	Preview(ctx context.Context, id job.ID) (job.Preview, error)
	Progress(ctx context.Context, id job.ID) (job.Progress, error)
	Render(ctx context.Context, c broker.RenderConfig) error
	Status(ctx context.Context, q job.Queue) (json.RawMessage, error)
}

// Preparer makes result files fit; delivery.Preparer is one.
type Preparer interface {
	Prepare(ctx context.Context, o delivery.Order, at delivery.Place) (*delivery.Plan, error)
}

// Config holds the settings of a Board. Discord, Broker, Preparer and Offers
// are needed.
type Config struct {
	Discord  Discord
	Broker   Broker
	Preparer Preparer
	Offers   func() workflow.Catalog  // the newest catalog; it must not block
	Defaults map[workflow.Kind]string // workflows that buttons prefer; may lack any
	Queue    job.Queue                // whose snapshots tell positions; defaults to job.DefaultQueue
	// TellAfter is how long after asking a result is a new message. Defaults
	// to a minute; negative is never.
	TellAfter time.Duration
	// Uploads bounds the bytes that are on their way to Discord at the same
	// time. Defaults to 256 MiB.
	Uploads int64
	// Grace is how long what was begun may take after Run's context has ended.
	// Defaults to 10 s.
	Grace time.Duration
	Now   func() time.Time // of tokens and messages; defaults to time.Now
	Log   *slog.Logger     // defaults to nowhere
}

func (c Config) withDefaults() Config {
	c.Queue = cmp.Or(c.Queue, job.DefaultQueue)
	c.TellAfter = cmp.Or(c.TellAfter, time.Minute)
	c.Uploads = cmp.Or(c.Uploads, 256<<20)
	c.Grace = cmp.Or(c.Grace, 10*time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Board shows jobs. Make it with New.
type Board struct {
	cfg     Config
	name    string // tells this Board from all others
	line    *line
	handles reply.Store
	budget  *budget
	uploads *semaphore.Weighted
	shifts  *rate.Limiter // of edits that tell no more than a place in line
	queue   queue
	count   counters

	mu    sync.Mutex
	cards map[job.ID]*keeper
	past  map[job.ID]time.Time // jobs whose progress is none of ours, and since when
	alive context.Context      // of cards; nil before Run and after it
	work  context.Context      // of calls that a card has begun: it outlasts alive by the grace
	group sync.WaitGroup       // of cards
}

// New makes a Board that shows nothing until it runs.
func New(c Config) *Board {
	c = c.withDefaults()
	return &Board{
		cfg: c, name: uuid.NewString(), line: newLine(c.Discord), handles: reply.Store{Keeper: c.Broker}, budget: newBudget(c.Broker),
		uploads: semaphore.NewWeighted(c.Uploads), shifts: rate.NewLimiter(shiftRate, shiftRate),
		cards: map[job.ID]*keeper{}, past: map[job.ID]time.Time{},
	}
}

// Run shows jobs until ctx ends; it returns when everything that was begun has
// ended, or was given up after the grace. While Discord is not reached from
// here the cards are left to the other replicas.
func (b *Board) Run(ctx context.Context) error {
	for {
		err := b.round(ctx)
		if err != nil || ctx.Err() != nil {
			return err
		}
		b.cfg.Log.WarnContext(ctx, "Discord is not reached, the cards are left to other replicas until it is")
		b.line.recover(ctx)
	}
}

// round shows jobs until ctx ends or Discord is not reached any more.
func (b *Board) round(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	b.begin(ctx, work)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return b.cfg.Broker.Render(ctx, broker.RenderConfig{State: b.state, Progress: b.progress})
	})
	group.Go(func() error { return b.followQueue(ctx) })
	group.Go(func() error { b.beat(ctx); return nil })
	group.Go(func() error { b.watchBridge(ctx); return nil })
	group.Go(func() error {
		defer end()
		select {
		case <-ctx.Done():
		case <-b.line.lost():
		}
		return nil
	})
	err := group.Wait()
	b.end()
	late := time.AfterFunc(b.cfg.Grace, giveUp)
	defer late.Stop()
	b.group.Wait()
	return err
}

// Reachable reports whether Discord is reached from here, as far as is known.
func (b *Board) Reachable() bool { return b.line.reachable() }

func (b *Board) begin(alive, work context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.alive, b.work = alive, work
}

func (b *Board) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.alive = nil
}

// state hands a state to the job's card; it does not block.
func (b *Board) state(_ context.Context, d *broker.StateDelivery) {
	a := &arrival{State: d.State, Seq: d.Seq, acknowledger: d}
	c := b.card(d.State.Job)
	if c == nil {
		b.decline(a)
		return
	}
	c.receive(a)
}

// progress hands a tick to the job's card; it does not block.
func (b *Board) progress(p job.Progress) {
	if b.isPast(p.Job) {
		return
	}
	if c := b.card(p.Job); c != nil {
		c.tick(p)
	}
}

// Show shows a job whose end nobody is about to show: a click has brought the
// token for it.
func (b *Board) Show(id job.ID) {
	b.mu.Lock()
	delete(b.past, id)
	b.mu.Unlock()
	for c := b.card(id); c != nil && !c.summon(); c = b.card(id) {
		// It was closed this moment.
	}
}

// card is the job's, opened where it is not; nil when the Board does not run.
func (b *Board) card(id job.ID) *keeper {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.cards[id]; c != nil {
		return c
	}
	if b.alive == nil || b.alive.Err() != nil {
		return nil
	}
	alive, work := b.alive, b.work
	c := newKeeper(alive, b, id)
	b.cards[id] = c
	b.group.Go(func() { c.run(alive, work) })
	return c
}

// close forgets a card, unless it was given something new meanwhile.
func (b *Board) close(c *keeper, past bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held != nil || c.summoned {
		return false
	}
	c.removed = true
	delete(b.cards, c.id)
	if past {
		b.remember(c.id)
	}
	return true
}

// remove forgets a card whatever it holds, which others have at once.
func (b *Board) remove(c *keeper) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removed = true
	delete(b.cards, c.id)
	if c.held != nil {
		b.decline(c.held)
		c.held = nil
	}
}

// decline lets others have a state at once.
func (b *Board) decline(d *arrival) {
	if err := d.Again(0); err != nil {
		b.cfg.Log.Debug("a state could not be given back, it goes elsewhere later", slog.Any(keyError, err))
	}
}

// Open is how many cards are open.
func (b *Board) Open() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.cards)
}
