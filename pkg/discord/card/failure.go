package card

import (
	"errors"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

// Failure says what went wrong and what to do. What is no *job.Error is an
// internal error whose words are for the log alone; id may be zero.
func Failure(err error, id job.ID) api.Message {
	e, ok := errors.AsType[*job.Error](err)
	if !ok || e == nil {
		e = &job.Error{Code: job.CodeInternal}
	}
	s := &sheet{title: markFailed + failed(e.Code), colour: bad}
	s.of(id)
	writeError(s, e)
	return private(s.message())
}
