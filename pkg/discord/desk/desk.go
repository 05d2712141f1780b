package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// Attribute keys.
const (
	keyJob         = "job_id"
	keyInteraction = "interaction"
	keyError       = "error"
)

// Discord is what a Desk answers by; api.Client is one.
type Discord interface {
	Callbacks
	Answers
	Delete(ctx context.Context, channel, message string) error
	Fetch(ctx context.Context, address string, limit int64) (io.ReadCloser, error)
	Member(ctx context.Context, guild, user string) (bool, error)
}

// Callbacks are the first answers to an interaction.
type Callbacks interface {
	Reply(ctx context.Context, i api.Interaction, m api.Message) (api.Posted, error)
	Defer(ctx context.Context, i api.Interaction, ephemeral bool) (api.Posted, error)
	DeferUpdate(ctx context.Context, i api.Interaction) error
	Update(ctx context.Context, i api.Interaction, m api.Message) error
	Suggest(ctx context.Context, i api.Interaction, choices []*discordgo.ApplicationCommandOptionChoice) error
	Ask(ctx context.Context, i api.Interaction, m api.Modal) error
}

// Answers are what follows the first one, by the interaction's token.
type Answers interface {
	EditOriginal(ctx context.Context, t api.Token, m api.Message) (api.Posted, error)
	Followup(ctx context.Context, t api.Token, m api.Message) (api.Posted, error)
	DeleteOriginal(ctx context.Context, t api.Token) error
	DeleteFollowup(ctx context.Context, t api.Token, message string) error
	ReadOriginal(ctx context.Context, t api.Token) (api.Posted, error)
}

// Broker is where orders go; broker.Broker is one.
type Broker interface {
	reply.Keeper
	Notes
	Queue
	Record
	Files
}

// Notes are what replicas tell each other, and drafts.
type Notes interface {
	Claim(ctx context.Context, key string, ttl time.Duration) (bool, error)
	Claimed(ctx context.Context, key string) (bool, error)
	Draft(ctx context.Context, key string) ([]byte, error)
	PutDraft(ctx context.Context, key string, data []byte) error
	KeepOrder(ctx context.Context, key string, data []byte, was broker.Revision) (broker.Revision, error)
	DropOrder(ctx context.Context, key string) error
	KeptOrders(ctx context.Context) iter.Seq2[broker.KeptOrder, error]
}

// Queue is where jobs wait.
type Queue interface {
	Cancel(ctx context.Context, q job.Queue, id job.ID, by string) (broker.CancelAnswer, error)
	Pending(ctx context.Context, id job.ID) (job.Request, error)
	PendingJobs(ctx context.Context, q job.Queue) ([]broker.PendingJob, error)
	PendingJobsOf(ctx context.Context, q job.Queue, u job.User) ([]broker.PendingJob, error)
	Standing(ctx context.Context, q job.Queue, u job.User) (broker.Standing, error)
	Status(ctx context.Context, q job.Queue) (json.RawMessage, error)
	SubmitUpon(ctx context.Context, r job.Request, s broker.Standing) (broker.Receipt, error)
}

// Record is what became of jobs.
type Record interface {
	Last(ctx context.Context, id job.ID) (job.State, error)
	States(ctx context.Context, id job.ID) ([]job.State, error)
}

// Files are what jobs take and make.
type Files interface {
	DeleteResult(ctx context.Context, name string) error
	GetResult(ctx context.Context, name string) (io.ReadCloser, error)
	PutInput(ctx context.Context, r io.Reader) (string, error)
	ResultInfo(ctx context.Context, name string) (broker.ObjectInfo, error)
}

// Board is what shows jobs; board.Board is one.
type Board interface {
	Snapshot() job.Snapshot
	Offline() bool
	Reachable() bool
	Show(id job.ID)
	Repeat(ctx context.Context, id job.ID)
	View(id job.ID, r *job.Request) card.View
	Withdraw(ctx context.Context, h reply.Handle)
}

// Preparer makes files fit; delivery.Preparer is one.
type Preparer interface {
	Prepare(ctx context.Context, o delivery.Order, at delivery.Place) (*delivery.Plan, error)
	Input(ctx context.Context, r io.Reader) (delivery.Picture, error)
	Lightness(ctx context.Context, picture, mask delivery.Picture) (delivery.Picture, error)
	Mask(ctx context.Context, picture, mask delivery.Picture) (delivery.Picture, error)
}

// Catalog is what can be ordered; catalog.Cache is one.
type Catalog interface {
	Get() workflow.Catalog
	Refresh(ctx context.Context) error
}

// Config holds the settings of a Desk. The interfaces are needed.
type Config struct {
	Discord  Discord
	Broker   Broker
	Board    Board
	Preparer Preparer
	Catalog  Catalog
	Defaults map[workflow.Kind]string // workflows that are taken when none is named; may lack any
	Queue    job.Queue                // defaults to job.DefaultQueue

	Guilds         []string      // that may use the bot; none means all
	DirectMessages bool          // it may be used in direct messages with it
	UserInstall    bool          // it may be used by those who installed it for themselves
	ModeratorRole  string        // moderators are those with this role too
	OthersMayClick bool          // buttons that order something are for everybody
	MaxWaiting     int           // jobs that one person may have waiting; defaults to 5
	Tasks          int           // orders and answers that take longer, at the same time; defaults to 64
	FetchBy        time.Duration // an order's pictures are fetched and stored within; defaults to 20 s

	Commands func() []card.Command // as they are registered; nil: none
	Replica  card.Replica          // this process, for /status
	Now      func() time.Time      // of tokens and messages; defaults to time.Now
	Log      *slog.Logger          // defaults to nowhere
}

func (c Config) withDefaults() Config {
	c.Queue = cmp.Or(c.Queue, job.DefaultQueue)
	c.MaxWaiting = cmp.Or(c.MaxWaiting, 5)
	c.Tasks = cmp.Or(c.Tasks, 64)
	c.FetchBy = cmp.Or(c.FetchBy, 20*time.Second)
	if c.Commands == nil {
		c.Commands = func() []card.Command { return nil }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Desk answers interactions. Make it with New.
type Desk struct {
	cfg     Config
	handles reply.Store
	recent  recent
	members members
	count   counters
	tasks   chan struct{}

	mu      sync.Mutex // guards closed and tasksOf, and that nothing begins while it closes
	closed  bool
	tasksOf map[string]int // user → of tasks
	busy    sync.WaitGroup
	work    context.Context // of what outlives Handle
	giveUp  context.CancelFunc
}

// counters count since the Desk was made.
type counters struct{ handled, lost, tookOver, late, busy, panics atomic.Uint64 }

// Stats is what a Desk did since it was made.
type Stats struct {
	Handled  uint64 `json:"handled"`   // interactions that were ours
	Lost     uint64 `json:"lost"`      // that another replica had claimed
	TookOver uint64 `json:"took_over"` // of these, that it had not answered
	Late     uint64 `json:"late"`      // answers that Discord did not take any more
	Busy     uint64 `json:"busy"`      // that were turned away because too much was going on
	Panics   uint64 `json:"panics"`    // faults of ours that an interaction has found
}

// New makes a Desk.
func New(c Config) *Desk {
	c = c.withDefaults()
	d := &Desk{cfg: c, handles: reply.Store{Keeper: c.Broker}, tasks: make(chan struct{}, c.Tasks), tasksOf: map[string]int{}}
	d.work, d.giveUp = context.WithCancel(context.Background())
	return d
}

// grace is how long what was begun may take after the end.
const grace = 10 * time.Second

// Run looks after the orders of replicas that died until ctx ends. Then it takes
// no more interactions, and returns when what was begun has ended, or was given
// up.
func (d *Desk) Run(ctx context.Context) error {
	d.lookAfterOrders(ctx)
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	late := time.AfterFunc(grace, d.giveUp)
	defer late.Stop()
	d.busy.Wait()
	d.giveUp()
	return nil
}

// enter begins something, unless the Desk closes.
func (d *Desk) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.busy.Add(1)
	return true
}

// tasksEach bounds the tasks of one person: nobody can keep the others out.
const tasksEach = 8

// later gives an answer that takes longer in a goroutine of its own, or says that
// too much is going on. It is called while an interaction is handled, which the
// end of the Desk waits for, and so for this.
func (v *visit) later(ctx context.Context, what func(ctx context.Context)) {
	d, user := v.d, v.i.Asker().ID
	if !d.takeTask(user) {
		d.count.busy.Add(1)
		v.say(ctx, card.Busy())
		v.settle(ctx)
		return
	}
	v.entrusted = true
	d.busy.Go(func() {
		defer d.leaveTask(user)
		ctx, cancel := context.WithTimeout(d.work, longest)
		defer cancel()
		defer v.settle(ctx)
		defer v.stayAtIt(ctx)()
		v.guarded(ctx, what)
	})
}

func (d *Desk) takeTask(user string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tasksOf[user] == tasksEach {
		return false
	}
	select {
	case d.tasks <- struct{}{}:
		d.tasksOf[user]++
		return true
	default:
		return false
	}
}

func (d *Desk) leaveTask(user string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tasksOf[user]--; d.tasksOf[user] == 0 {
		delete(d.tasksOf, user)
	}
	<-d.tasks
}

// longest bounds what is done after an interaction was deferred.
const longest = 5 * time.Minute

// menu is what can be ordered now.
func (d *Desk) menu() command.Menu {
	return command.Menu{Catalog: d.cfg.Catalog.Get(), Defaults: d.cfg.Defaults}
}

// Stats reads the counters.
func (d *Desk) Stats() Stats {
	n := &d.count
	return Stats{Handled: n.handled.Load(), Lost: n.lost.Load(), TookOver: n.tookOver.Load(), Late: n.late.Load(), Busy: n.busy.Load(), Panics: n.panics.Load()}
}
