package board

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// world is a broker and a Discord in which everything goes wrong that may, in
// the time of a synctest bubble.
type world struct {
	claims
	mu       sync.Mutex
	rand     *rand.Rand
	faults   bool
	states   map[job.ID][]broker.StoredState
	progress map[job.ID]job.Progress
	replies  map[job.ID][]byte
	revision map[job.ID]broker.Revision
	seq      uint64
	replicas []*replica
	pending  []*mail // states that are not acknowledged

	messages map[string]*shown // by id
	tokens   map[string]*shown // by the token whose @original they are
	dies     map[string]time.Time
	nonces   map[string]string // nonce → message
	calls    []madeCall
	broken   []string // rules
	preparer Preparer
}

// replica is one Board, which may be killed.
type replica struct {
	w     *world
	board *Board
	dead  bool
	slow  time.Duration // on the way of its calls, which arrive in any case
	stuck time.Duration // with the next claim on an edit, as a frozen one is
	stop  context.CancelFunc
	done  chan struct{}
}

// mail is a state on its way to a replica.
type mail struct {
	w     *world
	state broker.StoredState
	to    *replica
	until time.Time // when it goes elsewhere
	acked bool
}

// shown is a message.
type shown struct {
	id, channel string
	made        time.Time
	text        string
	files       int
	edits       int
	edited      time.Time
}

type madeCall struct {
	by       *replica
	bucket   string
	sent, at time.Time
	heldUp   bool // on its way
}

var errCut = errors.New("the replica is dead")

func newWorld(seed uint64) *world {
	return &world{
		rand: rand.New(rand.NewPCG(seed, 1)), faults: true, preparer: preparer{},
		states: map[job.ID][]broker.StoredState{}, progress: map[job.ID]job.Progress{}, replies: map[job.ID][]byte{}, revision: map[job.ID]broker.Revision{},
		messages: map[string]*shown{}, tokens: map[string]*shown{}, dies: map[string]time.Time{}, nonces: map[string]string{},
	}
}

// join starts one more replica.
func (w *world) join() *replica {
	r := &replica{w: w, done: make(chan struct{})}
	r.board = New(Config{
		Discord: &outside{w, r}, Broker: &inside{world: w, r: r}, Preparer: w.preparer, TellAfter: time.Minute,
		Offers: func() workflow.Catalog { return workflow.Catalog{} },
	})
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() { defer close(r.done); _ = r.board.Run(ctx) }()
	w.mu.Lock()
	w.replicas = append(w.replicas, r)
	w.mu.Unlock()
	return r
}

// kill ends what a replica does, as far as the world sees. What it holds comes
// to others after the time of the consumer.
func (w *world) kill(r *replica) {
	w.mu.Lock()
	r.dead = true
	w.replicas = slices.DeleteFunc(w.replicas, func(o *replica) bool { return o == r })
	w.mu.Unlock()
	r.stop()
}

// write stores a state, and sends it to one of the replicas.
func (w *world) write(s job.State) {
	w.mu.Lock()
	w.seq++
	stored := broker.StoredState{State: s, Seq: w.seq, Stored: time.Now()}
	w.states[s.Job] = append(w.states[s.Job], stored)
	m := &mail{w: w, state: stored}
	w.pending = append(w.pending, m)
	w.mu.Unlock()
	w.post(m)
}

func (w *world) post(m *mail) {
	w.mu.Lock()
	r := w.any()
	m.to, m.until = r, time.Now().Add(30*time.Second)
	w.mu.Unlock()
	if r == nil {
		return
	}
	if k := r.board.card(m.state.Job); k != nil {
		k.receive(&arrival{State: m.state.State, Seq: m.state.Seq, acknowledger: m})
	}
}

// intN is a random number below n.
func (w *world) intN(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rand.IntN(n)
}

// any is a replica that lives; most states go to the same one.
func (w *world) any() *replica {
	if len(w.replicas) == 0 {
		return nil
	}
	if w.rand.IntN(5) > 0 {
		return w.replicas[0]
	}
	return w.replicas[w.rand.IntN(len(w.replicas))]
}

// deliver sends again what nobody has acknowledged, until ctx ends.
func (w *world) deliver(ctx context.Context) {
	for sleep(ctx, 500*time.Millisecond) == nil {
		w.mu.Lock()
		w.pending = slices.DeleteFunc(w.pending, func(m *mail) bool { return m.acked })
		var late []*mail
		for _, m := range w.pending {
			if m.to == nil || time.Now().After(m.until) {
				late = append(late, m)
			}
		}
		w.mu.Unlock()
		for _, m := range late {
			w.post(m)
		}
	}
}

// Ack says that it was shown.
func (m *mail) Ack() error { return m.by(func() { m.acked = true }) }

// Hold keeps it.
func (m *mail) Hold() error { return m.by(func() { m.until = time.Now().Add(30 * time.Second) }) }

// Again gives it back.
func (m *mail) Again(time.Duration) error { return m.by(func() { m.until = time.Time{} }) }

func (m *mail) by(do func()) error {
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	if m.to != nil && m.to.dead {
		return errCut
	}
	do()
	return nil
}

// tick publishes progress.
func (w *world) tick(p job.Progress) {
	w.mu.Lock()
	w.progress[p.Job] = p
	r := w.any()
	w.mu.Unlock()
	if r != nil {
		r.board.progress(p)
	}
}

// inside is the broker as one replica sees it.
type inside struct {
	*world
	r *replica
}

func (b *inside) alive() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.r.dead {
		return errCut
	}
	return nil
}

func (b *inside) Claim(ctx context.Context, key string, ttl time.Duration) (bool, error) {
	if err := b.alive(); err != nil {
		return false, err
	}
	b.mu.Lock()
	stuck := b.r.stuck
	if !strings.HasPrefix(key, "e-") {
		stuck = 0
	}
	b.mu.Unlock()
	won, err := b.claims.Claim(ctx, key, ttl)
	if stuck > 0 {
		time.Sleep(stuck)
	}
	return won, err
}

func (b *inside) Claimed(ctx context.Context, key string) (bool, error) {
	if err := b.alive(); err != nil {
		return false, err
	}
	return b.claims.Claimed(ctx, key)
}

func (b *inside) PutReply(_ context.Context, id job.ID, data []byte, was broker.Revision) (broker.Revision, error) {
	if err := b.alive(); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.revision[id] != was {
		return 0, broker.ErrConflict
	}
	b.revision[id]++
	b.replies[id] = slices.Clone(data)
	return b.revision[id], nil
}

func (b *inside) Reply(_ context.Context, id job.ID) ([]byte, broker.Revision, error) {
	if err := b.alive(); err != nil {
		return nil, 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.replies[id] == nil {
		return nil, 0, broker.ErrNotFound
	}
	return b.replies[id], b.revision[id], nil
}

func (b *inside) LastStored(_ context.Context, id job.ID) (broker.StoredState, error) {
	if err := b.alive(); err != nil {
		return broker.StoredState{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.states[id]
	if len(all) == 0 {
		return broker.StoredState{}, broker.ErrNotFound
	}
	return all[len(all)-1], nil
}

func (b *inside) Progress(_ context.Context, id job.ID) (job.Progress, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.progress[id]
	if !ok {
		return p, broker.ErrNotFound
	}
	return p, nil
}

func (b *inside) Pending(context.Context, job.ID) (job.Request, error) {
	return job.Request{}, broker.ErrNotFound
}

func (b *inside) Preview(context.Context, job.ID) (job.Preview, error) {
	return job.Preview{}, broker.ErrNotFound
}

func (b *inside) Cancel(context.Context, job.Queue, job.ID, string) (broker.CancelAnswer, error) {
	return broker.CancelAnswer{}, nil
}

func (b *inside) Status(context.Context, job.Queue) (json.RawMessage, error) { return nil, nil }

func (b *inside) Follow(ctx context.Context, _ job.Queue, _ ...job.ID) (<-chan broker.Update, error) {
	updates := make(chan broker.Update)
	go func() { <-ctx.Done(); close(updates) }()
	return updates, nil
}

func (b *inside) Render(ctx context.Context, _ broker.RenderConfig) error { <-ctx.Done(); return nil }

// outside is Discord as one replica sees it.
type outside struct {
	w *world
	r *replica
}

// call is one request: it takes its time, and may fail before or after it was
// done.
func (o *outside) call(ctx context.Context, bucket string, do func() error) error {
	w := o.w
	w.mu.Lock()
	way, back := time.Duration(w.rand.IntN(400))*time.Millisecond, time.Duration(w.rand.IntN(300))*time.Millisecond
	chance := w.rand.IntN(100)
	faults, slow, sent := w.faults, o.r.slow, time.Now()
	heldUp := faults && chance >= 90
	if heldUp {
		way += time.Duration(w.rand.IntN(12_000)) * time.Millisecond
	}
	w.mu.Unlock()
	if slow > 0 {
		return o.late(ctx, slow, do)
	}
	if err := sleep(ctx, way); err != nil {
		go o.straggle(do)
		return &api.Error{Kind: api.Down, Err: err}
	}
	w.mu.Lock()
	if o.r.dead {
		w.mu.Unlock()
		go o.straggle(do)
		return &api.Error{Kind: api.Down, Err: errCut}
	}
	w.calls = append(w.calls, madeCall{o.r, bucket, sent, time.Now(), heldUp})
	var err error
	if !faults || chance >= 8 {
		err = do()
	}
	dead := o.r.dead
	w.mu.Unlock()
	if e := sleep(ctx, back); e != nil || dead {
		return &api.Error{Kind: api.Down, Err: errCut}
	}
	if faults && chance < 14 { // up to 8: before it was done, else after
		return &api.Error{Kind: api.Down}
	}
	return err
}

// late lets a request arrive after a while, whatever becomes of who sent it.
func (o *outside) late(ctx context.Context, after time.Duration, do func() error) error {
	arrived := make(chan error, 1)
	go func() {
		time.Sleep(after)
		o.w.mu.Lock()
		defer o.w.mu.Unlock()
		arrived <- do()
	}()
	select {
	case err := <-arrived:
		return err
	case <-ctx.Done():
		return &api.Error{Kind: api.Down, Err: ctx.Err()}
	}
}

// straggle lets a request arrive whose sender has died, or not.
func (o *outside) straggle(do func() error) {
	if o.w.intN(3) == 0 {
		return
	}
	time.Sleep(time.Duration(o.w.intN(8000)) * time.Millisecond)
	o.w.mu.Lock()
	defer o.w.mu.Unlock()
	_ = do() // nobody hears what becomes of it
}

func (o *outside) set(m *shown, to api.Message) {
	text, _ := json.Marshal(struct{ A, B, C any }{to.Content, to.Embeds, to.Components})
	m.text, m.files = string(text), len(to.Files)
	m.edits++
	m.edited = time.Now()
}

func (o *outside) EditOriginal(ctx context.Context, t api.Token, m api.Message) (p api.Posted, err error) {
	err = o.call(ctx, "token "+t.Token, func() error {
		if time.Now().After(o.w.dies[t.Token]) {
			o.w.broken = append(o.w.broken, "a dead token was used")
		}
		card := o.w.tokens[t.Token]
		o.set(card, m)
		p = card.posted()
		return nil
	})
	return p, err
}

func (o *outside) ReadOriginal(ctx context.Context, t api.Token) (p api.Posted, err error) {
	err = o.call(ctx, "token "+t.Token, func() error { p = o.w.tokens[t.Token].posted(); return nil })
	return p, err
}

func (o *outside) Read(ctx context.Context, channel, message string) (p api.Posted, err error) {
	err = o.call(ctx, "read "+channel, func() error { p = o.w.messages[message].posted(); return nil })
	return p, err
}

func (o *outside) Edit(ctx context.Context, channel, message string, m api.Message) (p api.Posted, err error) {
	err = o.call(ctx, "edit "+channel, func() error {
		o.set(o.w.messages[message], m)
		p = o.w.messages[message].posted()
		return nil
	})
	return p, err
}

func (o *outside) Post(ctx context.Context, channel string, m api.Message) (p api.Posted, err error) {
	err = o.call(ctx, "post "+channel, func() error {
		id := o.w.nonces[m.Nonce]
		if id == "" {
			id = strconv.Itoa(1000 + len(o.w.messages))
			o.w.nonces[m.Nonce] = id
			o.w.messages[id] = &shown{id: id, channel: channel, made: time.Now()}
			o.set(o.w.messages[id], m)
		}
		p = api.Posted{ID: id, Channel: channel}
		return nil
	})
	return p, err
}

func (o *outside) Followup(context.Context, api.Token, api.Message) (api.Posted, error) {
	return api.Posted{}, &api.Error{Kind: api.Invalid}
}

func (o *outside) DM(context.Context, string) (string, error) {
	return "", &api.Error{Kind: api.NoAccess}
}

func (o *outside) Application(context.Context) (api.Application, error) {
	return api.Application{}, o.call(context.Background(), "application", func() error { return nil })
}

// preparer makes one file of each result.
type preparer struct{}

func (preparer) Prepare(_ context.Context, o delivery.Order, _ delivery.Place) (*delivery.Plan, error) {
	p := &delivery.Plan{Batches: make([]delivery.Batch, 1)}
	for range o.Results {
		p.Batches[0].Files = append(p.Batches[0].Files, delivery.File{Name: "a.png"})
	}
	return p, nil
}

// ask stores what a person's order leaves: a handle and a card.
func (w *world) ask(n int, channel string) job.ID {
	id := job.NewID()
	token, message := "t"+strconv.Itoa(n), strconv.Itoa(n)
	h := reply.Handle{
		Job: id, Asked: time.Now(), Asker: "7", Guild: "9", Channel: channel, BotEdits: true, BotPosts: w.intN(2) == 0,
		App: "1", Token: token, TokenDies: time.Now().Add(api.TokenLife), Card: message,
	}
	data, _ := json.Marshal(h)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.replies[id], w.revision[id] = data, 1
	w.messages[message] = &shown{id: message, channel: channel, made: time.Now()}
	w.tokens[token], w.dies[token] = w.messages[message], h.TokenDies
	return id
}

// handleOf is the stored handle.
func (w *world) handleOf(id job.ID) reply.Handle {
	w.mu.Lock()
	defer w.mu.Unlock()
	h, _ := reply.Parse(w.replies[id])
	return h
}
