package discordsim

import (
	"errors"
	"net/http"
)

func (s *Server) pageSay(r *http.Request, a pageAction) (any, error) {
	var uploads []Upload
	for _, f := range a.files {
		uploads = append(uploads, f.Upload)
	}
	m, err := s.Say(r.Context(), a.User, a.Channel, a.Content, uploads...)
	if err != nil {
		return nil, err
	}
	return Object{"message": m.ID}, nil
}

func (s *Server) pageInvoke(r *http.Request, a pageAction) (any, error) {
	id, err := s.Invoke(r.Context(), a.invocation(s.definition(a)))
	return s.pageOutcome(r, id, err)
}

func (s *Server) pageAutocomplete(r *http.Request, a pageAction) (any, error) {
	choices, err := s.Autocomplete(r.Context(), a.invocation(s.definition(a)), a.Option, a.Typed)
	switch {
	case errors.Is(err, ErrFailed):
		return Object{"failed": true}, nil
	case err != nil:
		return nil, err
	case choices == nil:
		choices = []Object{}
	}
	return Object{"choices": choices}, nil
}

func (s *Server) pageClick(r *http.Request, a pageAction) (any, error) {
	id, err := s.Click(r.Context(), a.User, a.Message, a.CustomID)
	return s.pageOutcome(r, id, err)
}

func (s *Server) pageSelect(r *http.Request, a pageAction) (any, error) {
	id, err := s.Select(r.Context(), a.User, a.Message, a.CustomID, a.Values...)
	return s.pageOutcome(r, id, err)
}

func (s *Server) pageModal(r *http.Request, a pageAction) (any, error) {
	fields, err := a.fields()
	if err != nil {
		return nil, err
	}
	id, err := s.SubmitModal(r.Context(), a.User, a.Interaction, fields)
	return s.pageOutcome(r, id, err)
}

// pageOutcome waits for the first answer, or for the three seconds.
func (s *Server) pageOutcome(r *http.Request, id ID, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	i, err := s.Answer(r.Context(), id)
	switch {
	case errors.Is(err, ErrFailed):
		return Object{"interaction": id, "failed": true}, nil
	case err != nil:
		return nil, err
	}
	out := Object{"interaction": id, "answer": i.Answer}
	if i.Original != 0 {
		out["message"] = i.Original
	}
	if i.Answer == AnswerModal {
		out["modal"] = i.Modal
	}
	return out, nil
}

// definition is that of the command that an action names; nil where there is none.
func (s *Server) definition(a pageAction) Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	var guild ID
	if c := s.world.channels[a.Channel]; c != nil {
		guild = c.Guild
	}
	c, _ := s.world.meant(guild, Invocation{Command: a.Command, Target: a.Target})
	if c == nil {
		return nil
	}
	return c.Definition
}
