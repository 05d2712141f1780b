package comfysim

import (
	"net/http"
)

func tuples(items ...*item) []any {
	list := []any{}
	for _, it := range items {
		if it != nil {
			list = append(list, it.tuple())
		}
	}
	return list
}

func (s *Server) getQueue(w http.ResponseWriter, _ *http.Request) {
	running, waiting := s.current().queue.snapshot()
	reply(w, http.StatusOK, obj("queue_running", tuples(running), "queue_pending", tuples(waiting...)))
}

func (s *Server) postQueue(w http.ResponseWriter, r *http.Request) {
	p := s.current()
	wipe := func() {
		for _, it := range p.queue.clear() {
			s.runs.note(Event{Kind: EventDeleted, PromptID: it.id})
		}
		p.broadcastStatus(r.Context())
	}
	forget(w, r, wipe, func(id string) { p.remove(r, id) })
}

// forget carries out {clear: true} and {delete: [ids]}, in that order. The answer is the same whether or not there
// was anything to delete.
func forget(w http.ResponseWriter, r *http.Request, wipe func(), remove func(id string)) {
	in, ok := body(w, r)
	if !ok {
		return
	}
	if truthy(in.get("clear")) {
		wipe()
	}
	ids, _ := in.get("delete").([]any)
	for _, id := range ids {
		remove(pyStr(id))
	}
	replyEmpty(w, http.StatusOK)
}

// remove deletes a waiting prompt. Where it was the only one, ComfyUI wipes the queue and tells so twice.
func (p *process) remove(r *http.Request, id string) bool {
	found, last := p.queue.remove(id)
	if found {
		p.server.runs.note(Event{Kind: EventDeleted, PromptID: id})
		p.broadcastStatus(r.Context())
	}
	if last {
		p.broadcastStatus(r.Context())
	}
	return found
}

// postInterrupt stops the running prompt: the one named, or whatever runs where none is.
func (s *Server) postInterrupt(w http.ResponseWriter, r *http.Request) {
	p := s.current()
	v, _ := readJSON(w, r) // ComfyUI too takes an unreadable body for none
	in, ok := v.(*object)
	if !ok || !truthy(in.get("prompt_id")) || s.faults.on(func(f *Faults) bool { return f.GlobalInterrupt }) {
		p.interrupt.Store(true)
	} else {
		p.interruptRun(pyStr(in.get("prompt_id")))
	}
	replyEmpty(w, http.StatusOK)
}

// interruptRun stops the running prompt where it has that id.
func (p *process) interruptRun(id string) bool {
	running, _ := p.queue.snapshot()
	if running == nil || running.id != id {
		return false
	}
	p.interrupt.Store(true)
	return true
}

// postFree logs the wish; there is no memory to free, but that a fault claims to be full.
func (s *Server) postFree(w http.ResponseWriter, r *http.Request) {
	v, _ := readJSON(w, r)
	if in, ok := v.(*object); ok && (truthy(in.get("unload_models")) || truthy(in.get("free_memory"))) {
		s.runs.note(Event{Kind: EventFree})
		_ = s.ChangeFaults(func(f *Faults) { f.OOMUntilFree = false }) // what was valid stays valid
	}
	replyEmpty(w, http.StatusOK)
}

func (s *Server) getHistory(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	out := obj()
	for _, e := range s.current().history.list(limitOf(q, "max_items", -1), limitOf(q, "offset", -1)) {
		out.set(e.item.id, e.object())
	}
	reply(w, http.StatusOK, out)
}

func (s *Server) getHistoryOf(w http.ResponseWriter, r *http.Request) {
	out := obj()
	if e := s.current().history.get(r.PathValue("id")); e != nil {
		out.set(e.item.id, e.object())
	}
	reply(w, http.StatusOK, out)
}

func (s *Server) postHistory(w http.ResponseWriter, r *http.Request) {
	p := s.current()
	forget(w, r, p.forgetAll, p.forget)
}

func (s *Server) getFact(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.catalog.facts.get(name)) }
}

func (s *Server) getModels(w http.ResponseWriter, r *http.Request) {
	folders, _ := s.catalog.facts.get("models").([]any)
	switch folder := r.PathValue("folder"); {
	case folder == "checkpoints":
		reply(w, http.StatusOK, s.cfg.Checkpoints)
	case folder == "loras":
		reply(w, http.StatusOK, s.cfg.LoRAs)
	case containsText(folders, folder):
		reply(w, http.StatusOK, []any{})
	default:
		replyEmpty(w, http.StatusNotFound)
	}
}

func containsText(list []any, text string) bool {
	for _, v := range list {
		if v == text {
			return true
		}
	}
	return false
}

func (s *Server) getObjectInfo(w http.ResponseWriter, _ *http.Request) {
	out := obj()
	for _, name := range s.catalog.names {
		out.set(name, s.objectInfo(s.catalog.classes[name]))
	}
	reply(w, http.StatusOK, out)
}

func (s *Server) getObjectInfoOf(w http.ResponseWriter, r *http.Request) {
	out := obj()
	if c := s.catalog.classes[r.PathValue("class")]; c != nil {
		out.set(c.name, s.objectInfo(c))
	}
	reply(w, http.StatusOK, out)
}
