package board

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

const (
	// stale is how old progress may be before an edit looks for newer.
	stale = 300 * time.Millisecond
	// lookEvery is how often a card looks what is stored although it hears of
	// nothing: newer states may go to another replica, and what we hold of the
	// job would be held for ever.
	lookEvery = 8 * time.Second
	// claimLife is how long one replica's edit keeps the others from theirs.
	claimLife = time.Second
	// claimAgain is the pause after another replica had the claim.
	claimAgain = 400 * time.Millisecond
	// allTicks is how many ticks come in that pause to who hears all of a job's;
	// beside is how often its card may then be edited beside the claim.
	allTicks = 3
	beside   = 5 * time.Second
	// promptly is how long after the look at the state its edit may be sent.
	promptly = 5 * time.Second
	// unanswered is how long the answer to the interaction may take to make
	// the card; afterwards nobody is going to answer any more.
	unanswered = 4 * time.Second
	// settles is how long Discord may not know a token whose first answer it
	// has taken (discord.md 1.9).
	settles = 10 * time.Second
	// lastWords is how long before a token's end the card says until when it
	// is true.
	lastWords = 20 * time.Second
	// reread is how often the handle is read again where only a click can make
	// the card editable.
	reread = 2 * time.Second
)

// live edits the card if there is something to tell, and returns when to look
// again.
func (k *keeper) live(alive, work context.Context) time.Duration {
	if !k.outrun.IsZero() {
		return k.overtaken(alive)
	}
	if time.Since(k.caughtUp) > lookEvery && k.catchUp(alive) != nil {
		return readAgain
	}
	now := k.b.cfg.Now()
	if wait := k.unmade(alive, now); wait > 0 {
		return wait
	}
	f, news := k.look()
	byBot, ok := k.reach(alive, now)
	if !ok || f.ended() {
		return whole
	}
	if k.dying(now, f, byBot) {
		news = farewell
	}
	if news == shifted && !visible(f.place, k.shownAs, now) {
		return whole
	}
	k.tempo.place = f.place.Position
	due, ok := k.tempo.due(news, byBot)
	if !ok {
		return whole
	}
	if wait := time.Until(due); wait > 0 {
		return wait
	}
	if news == shifted && !k.b.shifts.Allow() {
		return readAgain
	}
	return k.edit(alive, work, news, byBot)
}

// unmade waits for the answer that makes the card: before it Discord knows
// neither the card nor its token. It returns how long to wait, 0 when there is
// a card to edit.
func (k *keeper) unmade(ctx context.Context, now time.Time) time.Duration {
	if k.handle.Lost || k.handle.Gone || k.handle.Ending.Erased {
		return whole
	}
	if k.handle.Card != "" {
		return 0
	}
	if wait := reread/4 - time.Since(k.rereadAt); wait > 0 {
		return wait
	}
	_ = k.refresh(ctx) // it is tried again
	if k.handle.Card == "" && now.Sub(k.handle.Asked) < unanswered {
		return reread / 4
	}
	return 0
}

// refresh reads the handle again; where that fails the old one stays.
func (k *keeper) refresh(ctx context.Context) error {
	k.rereadAt = time.Now()
	h, err := k.b.handles.Get(ctx, k.id)
	if err != nil {
		k.log.DebugContext(ctx, "the reply handle could not be read", slog.Any(keyError, err))
		return err
	}
	renewed := h.Token != k.handle.Token
	k.handle = h
	if renewed {
		k.bade = false
		k.again(begun)
	}
	return nil
}

// reach is by which token the card can be edited, if by any.
func (k *keeper) reach(ctx context.Context, now time.Time) (byBot, ok bool) {
	if !k.handle.ByToken(now) && !k.handle.ByBot() && time.Since(k.rereadAt) > reread {
		_ = k.refresh(ctx) // a click may have brought a new one
	}
	if k.handle.ByToken(now) {
		return false, true
	}
	return true, k.handle.ByBot() && k.handle.Card != ""
}

// dying reports that this is the time for the token's last words: in a card
// that will not be edited any more, or not while it waits.
func (k *keeper) dying(now time.Time, f facts, byBot bool) bool {
	if byBot || k.bade || (k.handle.ByBot() && !f.waits()) {
		return false
	}
	return now.After(k.handle.TokenDies.Add(-api.TokenMargin - lastWords))
}

// edit tells the news.
func (k *keeper) edit(alive, work context.Context, n news, byBot bool) time.Duration {
	if byBot {
		if err := k.b.takeEdit(k.unended, k.handle, k.b.cfg.Now(), false); err != nil {
			return 0 // the job has ended, or we have
		}
	}
	looked := time.Now()
	if err := k.current(alive); err != nil {
		k.tempo.failed(time.Now(), 0)
		return readAgain
	}
	f := k.take()
	if f.ended() {
		return whole
	}
	m, look := k.render(alive, f, n == farewell, byBot)
	if look == k.shown {
		return whole
	}
	if won, err := k.turn(alive); err != nil || !won {
		k.again(n)
		k.tempo.after = time.Now().Add(claimAgain) // ticks do not shorten it
		return claimAgain
	}
	if k.outdated(looked) {
		k.again(n)
		return 0
	}
	k.tempo.begin(time.Now())
	p, err := k.sendBy(work, looked.Add(strayFor/2), m, byBot)
	if err != nil {
		return k.refused(alive, err, n, byBot)
	}
	k.tempo.worked()
	k.shown, k.shownAs, k.bade = look, f.place, k.bade || n == farewell
	k.made(alive, p)
	k.outran(alive)
	return 0
}

// turn takes our turn to edit the card, and leaves a trace; false where it is
// somebody else's.
func (k *keeper) turn(ctx context.Context) (bool, error) {
	won, err := k.claim(ctx)
	if err != nil {
		return false, err
	}
	if !won {
		k.b.count.skipped.Add(1)
		return false, nil
	}
	return true, k.trace(ctx, time.Now())
}

// outdated reports whether what is about to be shown may not be true any more:
// the job has ended, or we were held up since we looked.
func (k *keeper) outdated(looked time.Time) bool {
	f, _ := k.look()
	return f.ended() || time.Since(looked) > promptly
}

// claim reports whether we may edit the card now. One replica hears of a job
// that runs. Where that is us, and somebody else's claim outlasts a pause, it
// is that of a replica which has died, and need not be waited for.
func (k *keeper) claim(ctx context.Context) (bool, error) {
	won, err := k.b.cfg.Broker.Claim(ctx, "e-"+k.id.String(), claimLife)
	if won || err != nil {
		k.lost = 0
		return won, err
	}
	ticks := k.heardTicks()
	if k.lost == 0 || ticks < k.lost+allTicks {
		k.lost = ticks
		return false, nil
	}
	return k.b.cfg.Broker.Claim(ctx, "n-"+k.id.String(), beside)
}

func (k *keeper) heardTicks() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ticks
}

// sendBy is send, until then: who is held up does not send what was true before.
func (k *keeper) sendBy(ctx context.Context, latest time.Time, m api.Message, byBot bool) (api.Posted, error) {
	ctx, cancel := context.WithDeadline(ctx, latest)
	defer cancel()
	return k.send(ctx, m, byBot)
}

// send edits the card.
func (k *keeper) send(ctx context.Context, m api.Message, byBot bool) (api.Posted, error) {
	k.b.count.edits.Add(1)
	if byBot {
		return k.b.line.Edit(ctx, k.handle.Channel, k.handle.Card, m)
	}
	return k.b.line.EditOriginal(ctx, k.handle.Access(), m)
}

// takeEdit waits until the bot's token may edit the card.
func (b *Board) takeEdit(ctx context.Context, h reply.Handle, now time.Time, end bool) error {
	if now.Sub(h.Asked) > oldAfter {
		return b.budget.take(ctx, oldSlots, h.Channel, end)
	}
	return b.budget.take(ctx, editSlots, h.Channel, end)
}

// oldAfter is the age from which a message's edits have a narrower bucket, less
// what may pass until the call arrives.
const oldAfter = time.Hour - time.Minute

// current brings the facts up to date: ticks may go to another replica.
func (k *keeper) current(ctx context.Context) error {
	if err := k.catchUp(ctx); err != nil {
		return err
	}
	f, _ := k.look()
	if f.ended() || f.state.Phase == job.Queued || (f.progress != nil && time.Since(k.lastHeard()) < stale) {
		return nil
	}
	p, err := k.b.cfg.Broker.Progress(ctx, k.id)
	if errors.Is(err, broker.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.facts.learnProgress(p)
	return nil
}

func (k *keeper) lastHeard() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.heard
}

// take is what is known, which is news no more.
func (k *keeper) take() facts {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.news = nothing
	return k.facts
}

// again says that there is still something to tell.
func (k *keeper) again(n news) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.news = max(k.news, n)
}

// made notes which message the card is, once Discord has said it.
func (k *keeper) made(ctx context.Context, p api.Posted) {
	if k.handle.Card != "" || p.ID == "" {
		return
	}
	h, err := k.b.handles.Change(ctx, k.id, func(h *reply.Handle) { h.Card, h.Ephemeral = p.ID, h.Ephemeral || p.Ephemeral })
	if err != nil {
		k.log.WarnContext(ctx, "the card's id could not be stored", slog.Any(keyError, err))
		return
	}
	k.handle = h
}
