package comfy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

const (
	handshakeWithin = 10 * time.Second
	writeWithin     = 5 * time.Second
	keptBuffer      = 1 << 20 // a buffer that grew beyond it is not kept
)

// hello must be the first frame: servers answer it with their flags, and send
// previews with metadata from then on.
const hello = `{"type":"feature_flags","data":{"supports_preview_metadata":true}}`

// socket is a WebSocket with bounded reads.
type socket struct {
	ws     *websocket.Conn
	most   int64
	buffer bytes.Buffer // of the reading goroutine
}

// openSocket connects and says hello.
func (c *Client) openSocket(ctx context.Context, clientID string) (*socket, error) {
	// gorilla does not look at the context while it waits for the handshake's answer.
	var release func() bool
	dial := func(dialing context.Context, network, addr string) (net.Conn, error) {
		conn, err := c.dial(dialing, network, addr)
		if err == nil {
			release = context.AfterFunc(ctx, func() { conn.Close() })
		}
		return conn, err
	}
	dialer := &websocket.Dialer{
		NetDialContext:   dial,
		TLSClientConfig:  c.tls,
		Proxy:            http.ProxyFromEnvironment,
		HandshakeTimeout: handshakeWithin,
	}
	header := http.Header{}
	if c.auth != "" {
		header.Set("Authorization", c.auth)
	}
	ws, resp, err := dialer.DialContext(ctx, c.address.socket(clientID), header)
	if release != nil {
		release()
	}
	if err != nil {
		return nil, handshakeError(resp, err)
	}
	s := &socket{ws: ws, most: c.maxFrame}
	deadline := time.Now().Add(writeWithin)
	_ = ws.SetWriteDeadline(deadline) // gorilla only remembers it
	if err := ws.WriteMessage(websocket.TextMessage, []byte(hello)); err != nil {
		ws.Close()
		return nil, fmt.Errorf("open socket: %w: say hello: %w", ErrUnavailable, err)
	}
	return s, nil
}

func handshakeError(resp *http.Response, err error) error {
	const operation = "open socket"
	if resp == nil || !errors.Is(err, websocket.ErrBadHandshake) {
		return fmt.Errorf("%s: %w: %w", operation, ErrUnavailable, withoutURL(err))
	}
	defer resp.Body.Close()
	body, readErr := io.ReadAll(resp.Body) // gorilla keeps at most the first kilobyte
	if readErr != nil {
		body = nil
	}
	return answer{status: resp.StatusCode, body: body}.failure(operation)
}

// next reads one message. The frame is valid until the next call. An error that wraps
// ErrTooLarge concerns this message only; any other is the end.
func (s *socket) next() (kind int, frame []byte, err error) {
	kind, r, err := s.ws.NextReader()
	if err != nil {
		return 0, nil, fmt.Errorf("read socket: %w", err)
	}
	if s.buffer.Cap() > keptBuffer {
		s.buffer = bytes.Buffer{}
	}
	s.buffer.Reset()
	n, err := s.buffer.ReadFrom(io.LimitReader(r, s.most+1))
	if err != nil {
		return 0, nil, fmt.Errorf("read socket: %w", err)
	}
	if n > s.most {
		return 0, nil, fmt.Errorf("read socket: %w: a message of more than %d bytes", ErrTooLarge, s.most)
	}
	return kind, s.buffer.Bytes(), nil
}

// ping asks for a sign of life; heard is called from the reading goroutine.
func (s *socket) ping() error {
	return s.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin))
}

func (s *socket) onPong(heard func()) {
	s.ws.SetPongHandler(func(string) error { heard(); return nil })
}

// close says goodbye, waits until the reading goroutine has seen the server's answer or the
// bound is reached, and gives up the connection.
func (s *socket) close(within time.Duration, read <-chan struct{}) {
	bound := time.NewTimer(within)
	defer bound.Stop()
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if s.ws.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(within)) == nil {
		select {
		case <-read:
		case <-bound.C:
		}
	}
	s.ws.Close()
}
