package comfysim

import (
	"slices"
	"sync"
)

// maxHistory is ComfyUI's MAXIMUM_HISTORY_SIZE.
const maxHistory = 10_000

// entry is the history of one prompt.
type entry struct {
	item     *item
	outputs  *object
	meta     *object
	status   string // success or error
	complete bool
	messages []message
}

// message is one event that history keeps.
type message struct {
	event string
	data  *object
}

func (e *entry) statusObject() *object {
	list := make([]any, len(e.messages))
	for i, m := range e.messages {
		list[i] = []any{m.event, m.data}
	}
	return obj("status_str", e.status, "completed", e.complete, "messages", list)
}

func (e *entry) object() *object {
	return obj("prompt", e.item.tuple(), "outputs", e.outputs, "status", e.statusObject(), "meta", e.meta)
}

// history is a dict by prompt id: a second run of an id replaces the first in its place.
type history struct {
	mu      sync.Mutex
	ids     []string
	entries map[string]*entry
}

func newHistory() *history { return &history{entries: map[string]*entry{}} }

func (h *history) store(e *entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.entries[e.item.id]; !ok {
		h.ids = append(h.ids, e.item.id)
	}
	h.entries[e.item.id] = e
	if len(h.ids) > maxHistory {
		delete(h.entries, h.ids[0])
		h.ids = h.ids[1:]
	}
}

func (h *history) get(id string) *entry {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.entries[id]
}

// list is at most limit entries (all where limit < 0) from offset on, oldest first; a negative offset asks for
// the newest.
func (h *history) list(limit, offset int) []*entry {
	h.mu.Lock()
	defer h.mu.Unlock()
	if offset < 0 && limit >= 0 {
		offset = len(h.ids) - limit
	}
	offset = min(max(offset, 0), len(h.ids))
	ids := h.ids[offset:]
	if limit >= 0 && limit < len(ids) {
		ids = ids[:limit]
	}
	list := make([]*entry, len(ids))
	for i, id := range ids {
		list[i] = h.entries[id]
	}
	return list
}

func (h *history) remove(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.entries, id)
	h.ids = slices.DeleteFunc(h.ids, func(k string) bool { return k == id })
}

// forget removes one entry and logs it.
func (p *process) forget(id string) {
	p.history.remove(id)
	p.server.runs.note(Event{Kind: EventHistoryCleared, PromptID: id})
}

// forgetAll removes all entries and logs it.
func (p *process) forgetAll() {
	p.history.clear()
	p.server.runs.note(Event{Kind: EventHistoryCleared})
}

func (h *history) clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ids, h.entries = nil, map[string]*entry{}
}
