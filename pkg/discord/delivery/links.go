package delivery

import (
	"errors"
	"net/http"
	"net/url"
	"time"
)

// LinksConfig holds the settings of links.
type LinksConfig struct {
	Secrets [][]byte         // the first one signs, all are accepted; every replica has the same, each of at least 16 bytes
	Public  *url.URL         // under which the ingress is reached; may have a path
	Life    time.Duration    // of a link; default 72 h
	Store   Store            // that the handler serves from
	Streams int              // at the same time; default 32, the others get 503
	Now     func() time.Time // default time.Now
}

// Links makes and serves addresses of results that open until they expire.
type Links struct{ cfg LinksConfig }

// NewLinks derives the signing keys.
func NewLinks(c LinksConfig) (*Links, error) { return nil, errors.ErrUnsupported }

// Make signs a link to a stored result (its object name), which is saved under
// the given file name.
func (l *Links) Make(n int, object, file, mediaType string, size int64) (Link, error) {
	return Link{}, errors.ErrUnsupported
}

// ServeHTTP answers GET and HEAD for /files/…, with ranges. What is not signed
// is 404, what has expired is 410 with words. A damaged file ends with a broken
// connection, never with a whole answer.
func (l *Links) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.NotFound(w, r)
}
