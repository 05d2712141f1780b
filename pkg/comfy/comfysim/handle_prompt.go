package comfysim

import (
	"net/http"
	"time"

	"github.com/google/uuid"
)

func (s *Server) getPrompt(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.current().queueInfo())
}

func (s *Server) postPrompt(w http.ResponseWriter, r *http.Request) {
	p := s.current()
	in, ok := body(w, r)
	if !ok {
		return
	}
	number, ok := promptNumber(p, in)
	if !ok {
		replyTrouble(w)
		return
	}
	if !in.has("prompt") {
		refuse(w, problem("no_prompt", "No prompt provided", "No prompt provided", obj()), obj())
		return
	}
	id, ok := s.promptID(in)
	if !ok {
		refuse(w, problem("invalid_prompt_id", "prompt_id must be a valid UUID",
			"prompt_id must be a UUID string in canonical lowercase hyphenated form; omit it to let the server generate one", obj()), obj())
		return
	}
	prompt := in.child("prompt")
	if prompt == nil {
		replyTrouble(w)
		return
	}
	v := s.validate(prompt)
	if v.err != nil {
		refuse(w, v.err, v.nodeErrors)
		return
	}
	it := &item{number: number, id: id, prompt: prompt, extra: s.extraData(in), outputs: s.arrange(v.outputs)}
	s.runs.queued(it) // before it can start
	if !p.queue.put(it) {
		replyTrouble(w)
		return
	}
	s.log.InfoContext(r.Context(), "got prompt", "prompt_id", id)
	p.broadcastStatus(r.Context())
	reply(w, http.StatusOK, obj("prompt_id", id, "number", number, "node_errors", v.nodeErrors))
}

func refuse(w http.ResponseWriter, err, nodeErrors *object) {
	reply(w, http.StatusBadRequest, obj("error", err, "node_errors", nodeErrors))
}

// promptNumber is the place in the queue: the client's, or the next one, negative for the front.
func promptNumber(p *process, in *object) (pyNumber, bool) {
	if in.has("number") {
		f, err := pyToFloat(in.get("number"))
		return pyNumber(f), err == nil
	}
	return p.queue.next(truthy(in.get("front"))), true
}

// promptID is the client's id or a fresh one.
func (s *Server) promptID(in *object) (string, bool) {
	if !in.has("prompt_id") || s.faults.on(func(f *Faults) bool { return f.OwnPromptIDs }) {
		return uuid.NewString(), true
	}
	id, isText := in.get("prompt_id").(string)
	if !s.traits.canonicalIDs {
		return pyStr(in.get("prompt_id")), true
	}
	u, err := uuid.Parse(id)
	return id, isText && err == nil && u.String() == id
}

func (s *Server) extraData(in *object) *object {
	extra := obj()
	if given := in.child("extra_data"); given != nil {
		extra = given.with()
	}
	if in.has("client_id") {
		extra.set("client_id", in.get("client_id"))
	}
	if s.traits.createTime {
		extra.set("create_time", time.Now().UnixMilli())
	}
	return extra
}
