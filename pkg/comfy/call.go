package comfy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// call is one HTTP request.
type call struct {
	operation string // for errors: "read queue"
	method    string
	url       string
	body      io.Reader
	kind      string // Content-Type of body
}

// roundTrip sends a request and gives the answer, whatever its status. Errors
// wrap ErrUnavailable, unless the context ended.
func (c *Client) roundTrip(ctx context.Context, k call) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, k.method, k.url, k.body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.operation, withoutURL(err))
	}
	if k.kind != "" {
		req.Header.Set("Content-Type", k.kind)
	}
	if c.auth != "" {
		req.Header.Set("Authorization", c.auth)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, k.broken(ctx, err)
	}
	return resp, nil
}

func (k call) broken(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%s: %w", k.operation, cause)
	}
	return fmt.Errorf("%s: %w: %w", k.operation, ErrUnavailable, withoutURL(err))
}

// answer is a whole answer, read within its bound.
type answer struct {
	status int
	kind   string // Content-Type
	body   []byte
}

func (c *Client) read(ctx context.Context, k call) (answer, error) {
	resp, err := c.roundTrip(ctx, k)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := readBounded(resp.Body, c.maxBody)
	switch {
	case errors.Is(err, ErrTooLarge):
		return answer{}, fmt.Errorf("%s: %w", k.operation, err)
	case err != nil:
		return answer{}, k.broken(ctx, err)
	}
	return answer{status: resp.StatusCode, kind: resp.Header.Get("Content-Type"), body: body}, nil
}

// short makes a small call within its time and gives the body of a 200.
func (c *Client) short(ctx context.Context, k call) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callWithin, fmt.Errorf("%w: no answer within %v", ErrUnavailable, callWithin))
	defer cancel()
	a, err := c.read(ctx, k)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, a.failure(k.operation)
	}
	return a.body, nil
}

func (c *Client) get(ctx context.Context, operation, url string, into any) error {
	body, err := c.short(ctx, call{operation: operation, method: http.MethodGet, url: url})
	if err != nil {
		return err
	}
	if err := decode(body, into); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

// post sends JSON; what a 200 says is of no interest.
func (c *Client) post(ctx context.Context, operation, url string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	_, err = c.short(ctx, jsonCall(operation, url, data))
	return err
}

func jsonCall(operation, url string, body []byte) call {
	return call{operation: operation, method: http.MethodPost, url: url, body: bytes.NewReader(body), kind: "application/json"}
}

// failure is the error of an answer that is no success.
func (a answer) failure(operation string) error {
	const clip = 300
	err := &StatusError{Operation: operation, Status: a.status}
	text := strings.ToValidUTF8(string(a.body[:min(len(a.body), clip)]), "")
	err.Body = strings.Join(strings.Fields(text), " ")
	if a.status == http.StatusNotFound {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

func (a answer) isJSON() bool { return strings.Contains(a.kind, "json") }

func readBounded(r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, most)
	}
	return data, err
}

// stream makes a call whose answer is read piece by piece. The call is given up
// after a time in which the server took or gave nothing; the time that the caller
// takes between two reads does not count. The caller closes the body.
func (c *Client) stream(ctx context.Context, k call) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	watch := time.AfterFunc(stallAfter, func() {
		cancel(fmt.Errorf("%w: no progress within %v", ErrUnavailable, stallAfter))
	})
	stop := func() { watch.Stop(); cancel(nil) }
	if k.body != nil {
		k.body = &watchedReader{Reader: k.body, watch: watch}
	}
	resp, err := c.roundTrip(ctx, k)
	if err != nil {
		stop()
		return nil, err
	}
	watch.Stop()
	resp.Body = &watchedBody{ReadCloser: resp.Body, watch: watch, stop: stop, ctx: ctx, call: k}
	return resp, nil
}

// watchedReader is the body of a request: each read of it shows progress.
type watchedReader struct {
	io.Reader
	watch *time.Timer
}

func (r *watchedReader) Read(p []byte) (int, error) {
	r.watch.Reset(stallAfter)
	return r.Reader.Read(p)
}

// watchedBody is the body of an answer: each read of it has its time.
type watchedBody struct {
	io.ReadCloser
	watch *time.Timer
	stop  func()
	ctx   context.Context // of the call, to tell why a read failed
	call  call
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.watch.Reset(stallAfter)
	n, err := b.ReadCloser.Read(p)
	b.watch.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.call.broken(b.ctx, err)
	}
	return n, err
}

func (b *watchedBody) Close() error {
	b.stop()
	return b.ReadCloser.Close()
}
