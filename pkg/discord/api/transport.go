package api

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	answerLimit  = 8 << 20  // bytes of an answer; a message with everything has some 50 KB
	refusalLimit = 64 << 10 // bytes of a refusal that are looked at
)

// exchange is what came back of one call. discordgo hands on parts of it only: no
// headers, no scope of a 429, and of a 5xx nothing but a text.
type exchange struct {
	status int
	header http.Header
	body   []byte // of a refusal
}

type exchangeKey struct{}

func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 20 * time.Second,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   128, // two, the default, would dial anew for most edits
		MaxConnsPerHost:       256,
	}
}

// transport sends the calls of discordgo to the right place, bounds the answers, and
// keeps what discordgo does not hand on.
type transport struct {
	next http.RoundTripper
	base *url.URL // nil leaves addresses as they are
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.base != nil {
		req = req.Clone(req.Context())
		req.URL.Scheme, req.URL.Host, req.Host = t.base.Scheme, t.base.Host, ""
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	tidyLimits(resp.Header)
	x, _ := req.Context().Value(exchangeKey{}).(*exchange)
	if x == nil {
		x = new(exchange)
	}
	x.status, x.header = resp.StatusCode, resp.Header
	if resp.StatusCode < 300 {
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: answerLimit}
		return resp, nil
	}
	x.body, err = io.ReadAll(io.LimitReader(resp.Body, refusalLimit))
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(x.body))
	return resp, err
}

// tidyLimits removes numbers that discordgo cannot parse: it would report an answer
// of 200 as a failure.
func tidyLimits(h http.Header) {
	for _, name := range []string{"X-Ratelimit-Reset-After", "X-Ratelimit-Reset", "X-Ratelimit-Remaining"} {
		value := h.Get(name)
		if value == "" {
			continue
		}
		if n, err := strconv.ParseFloat(value, 64); err != nil || !(n >= 0 && n < 1e11) {
			h.Del(name)
		} else if name == "X-Ratelimit-Remaining" {
			h.Set(name, strconv.Itoa(int(min(n, 1e6))))
		}
	}
	if _, err := http.ParseTime(h.Get("Date")); err != nil {
		h.Del("X-Ratelimit-Reset")
	}
}

// boundedBody fails, instead of ending, where an answer is too long.
type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
