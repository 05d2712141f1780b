package source

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
)

// EndpointConfig says whom an Endpoint believes. Numbers default as stated.
type EndpointConfig struct {
	// PublicKey is the application's. See ParsePublicKey.
	PublicKey ed25519.PublicKey
	// Log defaults to nowhere.
	Log *slog.Logger
	// Now defaults to time.Now. Requests are judged by it.
	Now func() time.Time

	MaxBody      int64         // bytes of a request; 1 MiB
	MaxSkew      time.Duration // between a request's time and ours; 5 s
	Handlers     int           // interactions that are handled at once; 512
	HandleWithin time.Duration // for the handler: Discord waits 3 s; 2.8 s
}

// EndpointStats counts since the Endpoint was made.
type EndpointStats struct {
	Handled int64 // interactions
	Refused int64 // because too many were being handled
	Odd     int64 // that could not be parsed
	Forged  int64 // without a good signature, or too old: Discord itself sends some, to see that they are refused
}

// Endpoint is the HTTP endpoint that Discord calls. The handler answers by callback, and
// only then the request is answered: 202 without a body. An answer in the request would
// race with the edits that follow it (discord-api-docs #7220).
//
// The server in front of it must bound what a slow client can hold: ReadHeaderTimeout
// and ReadTimeout of some 5 s, WriteTimeout of 10 s, MaxHeaderBytes of 16 KiB, and
// TLS by itself or by a proxy, which Discord demands.
type Endpoint struct {
	cfg    EndpointConfig
	desk   *desk
	unsure atomic.Int64 // requests without a good signature
}

// ParsePublicKey reads the application's public key, in hexadecimal as Discord shows it.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("the public key must be 64 hexadecimal digits: copy it from the application's General Information page")
	}
	return key, nil
}

// NewEndpoint makes an Endpoint. Without a proper public key it believes nobody.
func NewEndpoint(c EndpointConfig, h Handler) *Endpoint {
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	c.MaxBody = cmp.Or(c.MaxBody, 1<<20)
	c.MaxSkew = cmp.Or(c.MaxSkew, 5*time.Second)
	c.Handlers = cmp.Or(c.Handlers, 512)
	c.HandleWithin = cmp.Or(c.HandleWithin, 2800*time.Millisecond)
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Endpoint{cfg: c, desk: newDesk(h, c.Now, c.Handlers, c.HandleWithin, c.Log)}
}

func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	received := e.cfg.Now()
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "discord sends interactions by POST", http.StatusMethodNotAllowed)
		return
	}
	signature, stamp, ok := e.credentials(r, received)
	if !ok {
		e.forged(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, e.cfg.MaxBody))
	if err != nil {
		e.unread(w, err)
		return
	}
	if !ed25519.Verify(e.cfg.PublicKey, append([]byte(stamp), body...), signature) {
		e.forged(w)
		return
	}
	e.answer(w, r, body, received)
}

// credentials reads the signature and its time from the headers. What cannot be right is
// refused before the body is read.
func (e *Endpoint) credentials(r *http.Request, now time.Time) (signature []byte, stamp string, ok bool) {
	signature, err := hex.DecodeString(r.Header.Get("X-Signature-Ed25519"))
	if err != nil || len(signature) != ed25519.SignatureSize || len(e.cfg.PublicKey) != ed25519.PublicKeySize {
		return nil, "", false
	}
	stamp = r.Header.Get("X-Signature-Timestamp")
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return nil, "", false
	}
	// A second of grace on either side: the time comes in whole seconds.
	skew := now.Sub(time.Unix(at, 0)).Abs()
	return signature, stamp, skew <= e.cfg.MaxSkew+time.Second
}

func (e *Endpoint) forged(w http.ResponseWriter) {
	e.unsure.Add(1)
	http.Error(w, "invalid request signature", http.StatusUnauthorized)
}

func (e *Endpoint) unread(w http.ResponseWriter, err error) {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
		return
	}
	http.Error(w, "the body could not be read", http.StatusBadRequest)
}

// answer serves a request that is Discord's.
func (e *Endpoint) answer(w http.ResponseWriter, r *http.Request, body []byte, received time.Time) {
	i, err := api.ParseInteraction(body, received)
	switch {
	case err != nil:
		e.desk.oddity(r.Context(), err)
		http.Error(w, "the interaction could not be read", http.StatusBadRequest)
	case i.Type == discordgo.InteractionPing:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"type":1}`)
	case !e.desk.enter():
		e.desk.turnAway(r.Context())
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many interactions at once", http.StatusServiceUnavailable)
	default:
		defer e.desk.leave()
		// Discord may hang up; what was begun is finished all the same.
		e.desk.handle(context.WithoutCancel(r.Context()), i)
		w.WriteHeader(http.StatusAccepted)
	}
}

// Stats reads the counters.
func (e *Endpoint) Stats() EndpointStats {
	return EndpointStats{
		Handled: e.desk.handled.Load(), Refused: e.desk.refused.Load(), Odd: e.desk.odd.Load(), Forged: e.unsure.Load(),
	}
}
