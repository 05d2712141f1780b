package comfysim

import (
	"cmp"
	"net/http"
	"slices"
)

// openJob is a prompt in the unified view of /api/jobs that has not ended.
func (s *Server) openJob(it *item, status string) *object {
	return s.job(it, status, obj(), 0)
}

// job is one prompt in that view; times are those of its start and end, as far as known.
func (s *Server) job(it *item, status string, times *object, outputs int) *object {
	j := obj("id", it.id, "status", status, "priority", it.number, "create_time", it.extra.get("create_time"))
	for _, k := range times.keys {
		j.set(k, times.get(k))
	}
	j.set("outputs_count", outputs)
	if s.traits.previewsCounted {
		j.set("previewable_outputs_count", outputs)
	}
	return j
}

func (s *Server) endedJob(e *entry) *object {
	count, preview := e.files()
	j := s.job(e.item, e.jobStatus(), e.times(), count)
	if preview != nil {
		j.set("preview_output", preview)
	}
	return j
}

func (e *entry) times() *object {
	times := obj()
	for _, m := range e.messages {
		switch m.event {
		case "execution_start":
			times.set("execution_start_time", m.data.get("timestamp"))
		case "execution_success", "execution_error", "execution_interrupted":
			times.set("execution_end_time", m.data.get("timestamp"))
		}
	}
	return times
}

// files counts the pictures of a run and chooses one to show: the first, but rather a result than a preview.
func (e *entry) files() (count int, show *object) {
	for _, node := range e.outputs.keys {
		list, _ := e.outputs.child(node).get("images").([]any)
		count += len(list)
		for _, f := range list {
			file, ok := f.(*object)
			if ok && (show == nil || show.text("type") == "temp" && file.text("type") == "output") {
				show = file.with("nodeId", node, "mediaType", "images")
			}
		}
	}
	return count, show
}

func (e *entry) jobStatus() string {
	if e.status == "success" {
		return "completed"
	}
	if e.messages[len(e.messages)-1].event == "execution_interrupted" {
		return "cancelled"
	}
	return "failed"
}

func (s *Server) getJobs(w http.ResponseWriter, r *http.Request) {
	p := s.current()
	running, waiting := p.queue.snapshot()
	jobs := []any{}
	slices.SortFunc(waiting, func(a, b *item) int { return cmp.Compare(b.number, a.number) })
	for _, it := range waiting {
		jobs = append(jobs, s.openJob(it, "pending"))
	}
	if running != nil {
		jobs = append(jobs, s.openJob(running, "in_progress"))
	}
	ended := p.history.list(-1, 0)
	slices.Reverse(ended)
	for _, e := range ended {
		jobs = append(jobs, s.endedJob(e))
	}
	q := r.URL.Query()
	total := len(jobs)
	offset := min(max(limitOf(q, "offset", 0), 0), total)
	limit := limitOf(q, "limit", -1)
	page := jobs[offset:]
	var shown any
	if limit >= 0 {
		page, shown = page[:min(limit, len(page))], limit
	}
	reply(w, http.StatusOK, obj("jobs", page, "pagination",
		obj("offset", offset, "limit", shown, "total", total, "has_more", offset+len(page) < total)))
}

func (s *Server) getJob(w http.ResponseWriter, r *http.Request) {
	p, id := s.current(), r.PathValue("id")
	running, waiting := p.queue.snapshot()
	if running != nil && running.id == id {
		reply(w, http.StatusOK, s.openJob(running, "in_progress"))
		return
	}
	if i := slices.IndexFunc(waiting, func(it *item) bool { return it.id == id }); i >= 0 {
		reply(w, http.StatusOK, s.openJob(waiting[i], "pending"))
		return
	}
	e := p.history.get(id)
	if e == nil {
		reply(w, http.StatusNotFound, obj("error", "Job not found"))
		return
	}
	reply(w, http.StatusOK, s.endedJob(e).with("outputs", e.outputs, "execution_status", e.statusObject(),
		"workflow", obj("prompt", e.item.prompt, "extra_data", e.item.extra)))
}

// cancelJob takes a prompt out of the queue, or stops it where it runs; an unknown or ended one is no error.
func (s *Server) cancelJob(w http.ResponseWriter, r *http.Request) {
	p, id := s.current(), r.PathValue("id")
	reply(w, http.StatusOK, obj("cancelled", p.remove(r, id) || p.interruptRun(id)))
}
