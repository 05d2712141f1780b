package discordsim

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
)

const (
	maxSending    = 256      // requests to the endpoint at a time; more wait
	maxInline     = 26 * mib // of an answer
	badSignatures = 10       // every n-th interaction comes with a request that is signed wrongly
)

// errForgery is returned when an endpoint does not check signatures.
var errForgery = errors.New("a wrong signature was answered")

// sender brings interactions to the application's endpoint as signed requests.
type sender struct {
	client *http.Client
	slots  chan struct{}
	ctx    context.Context // ends with the server
	cancel context.CancelFunc
	count  int // of interactions, guarded by Server.mu
}

func newSender() sender {
	ctx, cancel := context.WithCancel(context.Background())
	return sender{
		ctx: ctx, cancel: cancel,
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: maxSending},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		slots: make(chan struct{}, maxSending),
	}
}

// SetEndpoint makes url the interactions endpoint of the application, if it passes Discord's test; "" brings
// interactions back to the gateway.
func (s *Server) SetEndpoint(ctx context.Context, url string) error {
	if url != "" {
		if err := s.probeEndpoint(ctx, url); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.app.InteractionURL = url
	return nil
}

// probeEndpoint is the test that an endpoint has to pass: a PING is answered with type 1, and wrong signatures with
// 401. It is called without the lock.
func (s *Server) probeEndpoint(ctx context.Context, url string) error {
	ping, _ := json.Marshal(Object{
		"id": ID(1).String(), "application_id": s.App().ID.String(), "type": int(PingInteraction), "token": secret(64), "version": 1,
		"entitlements": []any{}, "authorizing_integration_owners": Object{}, "app_permissions": "0",
	})
	answer, err := s.request(ctx, url, ping, s.sign)
	if err != nil {
		return fmt.Errorf("interactions endpoint: %w", err)
	}
	var pong struct {
		Type int `json:"type"`
	}
	if answer.status != http.StatusOK || json.Unmarshal(answer.body, &pong) != nil || pong.Type != AnswerPong {
		return fmt.Errorf("interactions endpoint: PING was answered with %d %.200q", answer.status, answer.body)
	}
	for n := range len(forgeries()) {
		if err := s.temptEndpoint(ctx, url, ping, n); err != nil {
			return err
		}
	}
	return nil
}

// temptEndpoint sends a request whose signature is wrong in the n-th way.
func (s *Server) temptEndpoint(ctx context.Context, url string, body []byte, n int) error {
	forge := forgeries()[n%len(forgeries())]
	answer, err := s.request(ctx, url, body, func(h http.Header, body []byte) { forge(s, h, body) })
	switch {
	case err != nil:
		return fmt.Errorf("interactions endpoint: %w", err)
	case answer.status != http.StatusUnauthorized:
		return fmt.Errorf("interactions endpoint: %w with %d, not 401", errForgery, answer.status)
	}
	return nil
}

// sign adds the headers by which an application knows Discord.
func (s *Server) sign(h http.Header, body []byte) {
	stamp := strconv.FormatInt(s.Now().Unix(), 10)
	h.Set("X-Signature-Timestamp", stamp)
	h.Set("X-Signature-Ed25519", hex.EncodeToString(ed25519.Sign(s.key, append([]byte(stamp), body...))))
}

// forgeries are the ways in which a signature is wrong.
func forgeries() []func(s *Server, h http.Header, body []byte) {
	return []func(*Server, http.Header, []byte){
		func(s *Server, h http.Header, body []byte) { s.sign(h, append([]byte(" "), body...)) }, // of another body
		func(s *Server, h http.Header, body []byte) { // of another moment
			s.sign(h, body)
			h.Set("X-Signature-Timestamp", strconv.FormatInt(s.Now().Unix()-1, 10))
		},
		func(s *Server, h http.Header, body []byte) { // by somebody else
			_, key, _ := ed25519.GenerateKey(nil)
			other := &Server{key: key, clock: s.clock}
			other.sign(h, body)
		},
		func(s *Server, h http.Header, body []byte) { // none
			s.sign(h, body)
			h.Del("X-Signature-Ed25519")
		},
		func(s *Server, h http.Header, body []byte) { // no hexadecimal number
			s.sign(h, body)
			h.Set("X-Signature-Ed25519", "signature")
		},
	}
}

type endpointAnswer struct {
	status      int
	contentType string
	body        []byte
}

// request posts to the endpoint and reads its answer, within the three seconds that an interaction has.
func (s *Server) request(ctx context.Context, url string, body []byte, sign func(http.Header, []byte)) (*endpointAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.AckWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Discord-Interactions/1.0 (+https://discord.com)")
	sign(r.Header, body)
	answer, err := s.sender.client.Do(r) //nolint:gosec // the application's owner says where its interactions go
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxInline+1))
	if err != nil {
		return nil, err
	}
	return &endpointAnswer{answer.StatusCode, answer.Header.Get("Content-Type"), text}, nil
}

// post sends an interaction to the endpoint. Called with mu held; it does not wait.
func (s *Server) post(url string, i *Interaction) {
	if s.closed {
		return
	}
	n := s.sender.count
	s.sender.count++
	id, payload := i.ID, i.Payload
	s.wg.Go(func() {
		select {
		case s.sender.slots <- struct{}{}:
			defer func() { <-s.sender.slots }()
			s.bring(s.sender.ctx, url, id, payload)
		case <-s.done:
		}
	})
	if n%badSignatures == 0 {
		s.wg.Go(func() { s.tempt(s.sender.ctx, url, payload, n/badSignatures) })
	}
}

// tempt sends a wrong signature between the right ones. An endpoint that accepts it loses its URL.
func (s *Server) tempt(ctx context.Context, url string, payload []byte, n int) {
	err := s.temptEndpoint(ctx, url, payload, n)
	if !errors.Is(err, errForgery) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violated("interactions endpoint", err.Error()+": the URL is removed", nil)
	s.world.app.InteractionURL = ""
}

// bring sends an interaction and takes what comes back.
func (s *Server) bring(ctx context.Context, url string, id ID, payload []byte) {
	answer, err := s.request(ctx, url, payload, s.sign)
	if err != nil {
		s.log.WarnContext(ctx, "interactions endpoint", "error", err)
		return // the person reads that the interaction failed
	}
	s.takeInline(id, answer)
}

// takeInline takes the HTTP response to an interaction: the first answer itself, or 202 after a callback.
func (s *Server) takeInline(id ID, a *endpointAnswer) {
	kind, _, _ := mime.ParseMediaType(a.contentType)
	switch {
	case a.status == http.StatusAccepted && len(a.body) == 0:
	case a.status == http.StatusOK && (kind == "application/json" || kind == "multipart/form-data") && len(a.body) <= maxInline:
		if refused := s.answerInline(id, a.contentType, a.body); refused != nil {
			s.log.Warn("inline answer refused", "status", refused.Status, "code", refused.Code, "error", refused.Message)
		}
	default:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.violated("interactions endpoint", fmt.Sprintf("a request was answered with %d %s: want 200 with JSON, or 202 without a body", a.status, kind), a.body)
	}
}

// close ends all requests and connections.
func (d *sender) close() {
	d.cancel()
	d.client.CloseIdleConnections()
}
