package discordsim

import "net/http"

// files keeps the bytes of attachments.
type files struct{}

func newFiles(dir string, limit int64) *files { return &files{} }

// forget removes the bytes of attachments.
func (f *files) forget(as []*Attachment) {}

func (s *Server) cdnRoutes(mux *http.ServeMux) {}
