package comfysim

import (
	"container/heap"
	"context"
	"slices"
	"sync"
)

// maxQueue bounds the waiting prompts; a real server has no bound.
const maxQueue = 100_000

// item is one submitted prompt.
type item struct {
	number  pyNumber
	id      string
	prompt  *object
	extra   *object // extra_data
	outputs []string
}

// clientID is whom the run's events go to; "" is everybody, as where a prompt names no client.
func (it *item) clientID() string { return it.extra.text("client_id") }

// tuple is an item as /queue and /history show it.
func (it *item) tuple() []any {
	return []any{it.number, it.id, it.prompt, it.extra, it.outputs}
}

// waiting is ComfyUI's heap: /queue shows its array as it lies in memory.
type waiting []*item

func (w waiting) Len() int           { return len(w) }
func (w waiting) Less(i, j int) bool { return w[i].number < w[j].number }
func (w waiting) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *waiting) Push(x any)        { *w = append(*w, x.(*item)) }

func (w *waiting) Pop() any {
	last := len(*w) - 1
	it := (*w)[last]
	(*w)[last] = nil
	*w = (*w)[:last]
	return it
}

// queue holds the waiting prompts and the running one.
type queue struct {
	mu      sync.Mutex
	counter int
	waiting waiting
	running *item
	idle    bool          // the executor waits for a prompt
	wake    chan struct{} // one token when there may be something to take
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// next draws the number of a new prompt; in front of all others it is negative.
func (q *queue) next(front bool) pyNumber {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := pyNumber(q.counter)
	q.counter++
	if front {
		return -n
	}
	return n
}

func (q *queue) put(it *item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= maxQueue {
		return false
	}
	heap.Push(&q.waiting, it)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return true
}

// await waits until a prompt waits.
func (q *queue) await(ctx context.Context) error {
	for {
		if q.rest() {
			return nil
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rest says whether there is something to take; the executor is idle where not.
func (q *queue) rest() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.idle = len(q.waiting) == 0
	return !q.idle
}

// take makes the next prompt the running one; nil when none waits any more.
func (q *queue) take() *item {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil
	}
	q.running = heap.Pop(&q.waiting).(*item)
	return q.running
}

func (q *queue) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running = nil
}

// remaining counts the running and the waiting prompts of all clients.
func (q *queue) remaining() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := len(q.waiting)
	if q.running != nil {
		n++
	}
	return n
}

// snapshot is the running prompt (nil where none) and the waiting ones in heap order.
func (q *queue) snapshot() (*item, []*item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.running, slices.Clone(q.waiting)
}

// clear removes all waiting prompts and returns them.
func (q *queue) clear() []*item {
	q.mu.Lock()
	defer q.mu.Unlock()
	removed := q.waiting
	q.waiting = nil
	return removed
}

// remove deletes a waiting prompt of that id and says whether it was the only one waiting.
func (q *queue) remove(id string) (found, last bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.IndexFunc(q.waiting, func(it *item) bool { return it.id == id })
	if i < 0 {
		return false, false
	}
	last = len(q.waiting) == 1
	q.waiting = slices.Delete(q.waiting, i, i+1)
	heap.Init(&q.waiting)
	return true, last
}
