package discordsim

import (
	"net/http"
	"time"
)

type buckets struct{}

type nonceKey struct {
	channel ID
	nonce   string
}

type nonceUse struct {
	message ID
	at      time.Time
}

func (s *Server) restRoutes(mux *http.ServeMux) {}

// apiError is an answer of Discord that refuses.
type apiError struct {
	Status  int
	Code    int
	Message string
}

// answerInline takes the body of an HTTP response of the ingress as the first answer to an interaction, as a
// callback would bring it; the sender of signed interactions calls it without the lock. nil: accepted.
func (s *Server) answerInline(id ID, contentType string, body []byte) *apiError { return nil }
