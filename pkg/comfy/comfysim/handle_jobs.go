package comfysim

import (
	"cmp"
	"net/http"
	"slices"
)

// job is one prompt in the unified view of /api/jobs.
func (s *Server) job(it *item, status string) *object {
	j := obj("id", it.id, "status", status, "priority", it.number, "create_time", it.extra.get("create_time"), "outputs_count", 0)
	if s.traits.previewsCounted {
		j.set("previewable_outputs_count", 0)
	}
	return j
}

func (s *Server) endedJob(e *entry) *object {
	j := s.job(e.item, e.jobStatus())
	for _, m := range e.messages {
		switch m.event {
		case "execution_start":
			j.set("execution_start_time", m.data.get("timestamp"))
		case "execution_success", "execution_error", "execution_interrupted":
			j.set("execution_end_time", m.data.get("timestamp"))
		}
	}
	count, preview := 0, (*object)(nil)
	for _, node := range e.outputs.keys {
		list, _ := e.outputs.child(node).get("images").([]any)
		count += len(list)
		for _, f := range list {
			if file, ok := f.(*object); ok && (preview == nil || preview.get("type") == "temp" && file.get("type") == "output") {
				preview = file.with("nodeId", node, "mediaType", "images")
			}
		}
	}
	j.set("outputs_count", count)
	if s.traits.previewsCounted {
		j.set("previewable_outputs_count", count)
	}
	if preview != nil {
		j.set("preview_output", preview)
	}
	return inJobOrder(j)
}

// inJobOrder puts the times before the counts, where ComfyUI has them.
func inJobOrder(j *object) *object {
	out := obj()
	for _, k := range []string{"id", "status", "priority", "create_time", "execution_start_time", "execution_end_time",
		"outputs_count", "previewable_outputs_count", "preview_output"} {
		if j.has(k) {
			out.set(k, j.get(k))
		}
	}
	return out
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
		jobs = append(jobs, s.job(it, "pending"))
	}
	if running != nil {
		jobs = append(jobs, s.job(running, "in_progress"))
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
		reply(w, http.StatusOK, s.job(running, "in_progress"))
		return
	}
	if i := slices.IndexFunc(waiting, func(it *item) bool { return it.id == id }); i >= 0 {
		reply(w, http.StatusOK, s.job(waiting[i], "pending"))
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
