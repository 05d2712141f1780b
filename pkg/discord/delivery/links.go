package delivery

import (
	"cmp"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"discomfy/pkg/job"
)

const (
	// leastSecret is how long a secret must be, in bytes.
	leastSecret = 16
	// linkPurpose keeps the key from being of use elsewhere.
	linkPurpose = "discomfy link v1"
	// pathPart begins what a link adds to the public address.
	pathPart = "files"
	// maxLink bounds an address, in bytes: Discord takes 512 for a button, and
	// 1024 suffice in a text.
	maxLink = 1024
)

// LinksConfig holds the settings of links. Secrets, Public and Store are needed.
type LinksConfig struct {
	Secrets [][]byte         // the first one signs, all are accepted; every replica has the same, each of at least 16 bytes
	Public  *url.URL         // under which the ingress is reached; may have a path
	Life    time.Duration    // of a link; default 72 h
	Store   Store            // that the handler serves from
	Streams int              // at the same time; default 32, the others get 503
	Room    int64            // bytes of temporary files, for what is served without its metadata; default 1 GiB
	Temp    string           // folder of those files; default os.TempDir()
	Now     func() time.Time // default time.Now
}

// Links makes and serves addresses of results that open until they expire.
type Links struct {
	cfg     LinksConfig
	keys    [][]byte
	streams *semaphore.Weighted
	room    *semaphore.Weighted
}

// NewLinks derives the signing keys.
func NewLinks(c LinksConfig) (*Links, error) {
	c.Life, c.Streams, c.Room = cmp.Or(c.Life, 72*time.Hour), cmp.Or(c.Streams, 32), cmp.Or(c.Room, 1<<30)
	if c.Now == nil {
		c.Now = time.Now
	}
	switch {
	case c.Store == nil:
		return nil, errors.New("links: no store")
	case c.Public == nil || c.Public.Host == "" || (c.Public.Scheme != "https" && c.Public.Scheme != "http"):
		return nil, errors.New("links: the public address must be a whole one, such as https://example.org")
	case len(c.Secrets) == 0:
		return nil, errors.New("links: no secret to sign with")
	}
	l := &Links{cfg: c, streams: semaphore.NewWeighted(int64(c.Streams)), room: semaphore.NewWeighted(c.Room)}
	for _, secret := range c.Secrets {
		if len(secret) < leastSecret {
			return nil, fmt.Errorf("links: a secret of %d bytes is too short, at least %d are needed", len(secret), leastSecret)
		}
		key, err := hkdf.Key(sha256.New, secret, nil, linkPurpose, sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("links: %w", err)
		}
		l.keys = append(l.keys, key)
	}
	return l, nil
}

// Target is what a link opens.
type Target struct {
	N      int    // of the result, from 1; only for the Link
	Object string // name in the store: <job id>/<epoch>-<n>.<ext>
	File   string // name under which it is saved
	Type   string // media type
	Size   int64  // bytes, as stored
	Strip  bool   // it is served without its metadata
}

// Make signs a link.
func (l *Links) Make(t Target) (Link, error) {
	g := grant{Target: t, expires: l.cfg.Now().Add(l.cfg.Life).Truncate(time.Second)}
	if err := g.check(); err != nil {
		return Link{}, fmt.Errorf("make a link: %w", err)
	}
	u := l.cfg.Public.JoinPath(pathPart, g.Object, g.File)
	u.Path = "/" + strings.TrimPrefix(u.Path, "/") // an address without a path has none to join to
	u.RawQuery, u.Fragment = g.query(l.keys[0]).Encode(), ""
	if len(u.String()) > maxLink {
		return Link{}, fmt.Errorf("make a link: the address has more than %d bytes", maxLink)
	}
	return Link{N: t.N, Name: t.File, URL: u, Expires: g.expires}, nil
}

// grant is what a link allows: all of it is signed.
type grant struct {
	Target

	expires time.Time
}

var errGrant = errors.New("not a link of ours")

// check holds the names to what paths can carry without another meaning.
func (g grant) check() error {
	id, object, ok := strings.Cut(g.Object, "/")
	if _, err := job.ParseID(id); !ok || err != nil || !plainName(object) || !plainName(g.File) || g.Size < 0 || len(g.Type) > 100 {
		return errGrant
	}
	return nil
}

// plainName reports letters, digits and a few signs, with no dot in front.
func plainName(s string) bool {
	return s != "" && len(s) <= 200 && s[0] != '.' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}

// Names of what the address carries beside its path.
const (
	queryUntil = "until" // Unix seconds
	querySize  = "size"
	queryType  = "type"
	queryPlain = "plain" // "1": without metadata
	querySign  = "sign"
)

func (g grant) query(key []byte) url.Values {
	q := url.Values{
		queryUntil: {strconv.FormatInt(g.expires.Unix(), 10)}, querySize: {strconv.FormatInt(g.Size, 10)},
		queryType: {g.Type}, querySign: {base64.RawURLEncoding.EncodeToString(g.signature(key))},
	}
	if g.Strip {
		q.Set(queryPlain, plain(true))
	}
	return q
}

func plain(strip bool) string {
	if strip {
		return "1"
	}
	return ""
}

// signature is over every field with its length, so that no two grants have
// the same text.
func (g grant) signature(key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, field := range []string{g.Object, g.File, g.Type, strconv.FormatInt(g.Size, 10), plain(g.Strip), strconv.FormatInt(g.expires.Unix(), 10)} {
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(field))))
		mac.Write([]byte(field))
	}
	return mac.Sum(nil)
}

// read takes a grant from an address; whatever its signature does not cover is
// errGrant. Proxies may have taken a part off the path's front.
func (l *Links) read(u *url.URL) (grant, error) {
	q := u.Query()
	parts := strings.Split(path.Clean(u.Path), "/")
	if len(parts) < 4 || len(u.RawQuery) > maxLink || parts[len(parts)-4] != pathPart {
		return grant{}, errGrant
	}
	parts = parts[len(parts)-3:]
	until, err := strconv.ParseInt(q.Get(queryUntil), 10, 64)
	bytes, failed := strconv.ParseInt(q.Get(querySize), 10, 64)
	sign, invalid := base64.RawURLEncoding.DecodeString(q.Get(querySign))
	if err != nil || failed != nil || invalid != nil {
		return grant{}, errGrant
	}
	g := grant{
		Target: Target{Object: parts[0] + "/" + parts[1], File: parts[2], Type: q.Get(queryType), Size: bytes, Strip: q.Get(queryPlain) == plain(true)},

		expires: time.Unix(until, 0),
	}
	if err := g.check(); err != nil {
		return grant{}, err
	}
	for _, key := range l.keys {
		if hmac.Equal(sign, g.signature(key)) {
			return g, nil
		}
	}
	return grant{}, errGrant
}
