package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// fetchWithin bounds a whole download.
const fetchWithin = 2 * time.Minute

// contentHosts are where Discord keeps attachments.
var contentHosts = []string{
	"cdn.discordapp.com", "cdn.discordapp.net", "media.discordapp.com", "media.discordapp.net",
}

var errForeign = errors.New("not an address of Discord's content network")

// Fetch opens an attachment from Discord's content network, or from Base's host. No
// other address is ever asked, by redirection neither, and the bot's token is not sent
// along. Reading more than limit bytes fails with the kind TooLarge, without waiting for
// them where the size is told beforehand. Reading ends two minutes after Fetch was called.
func (c *Client) Fetch(ctx context.Context, address string, limit int64) (io.ReadCloser, error) {
	const op = "fetch an attachment"
	at, err := url.Parse(address)
	if err != nil || !c.fetchable(at) {
		return nil, &Error{Op: op, Kind: Invalid, Err: errForeign}
	}
	limited, cancel := context.WithTimeout(ctx, fetchWithin)
	req, err := http.NewRequestWithContext(limited, http.MethodGet, at.String(), http.NoBody)
	if err != nil {
		cancel()
		return nil, &Error{Op: op, Kind: Invalid, Err: err}
	}
	resp, err := c.files.Do(req) //nolint:bodyclose // the download closes it
	if err != nil {
		cancel()
		kind := Down
		if errors.Is(err, errForeign) {
			kind = Invalid
		}
		return nil, &Error{Op: op, Kind: kind, Err: cause(ctx, err)}
	}
	body := &download{ReadCloser: resp.Body, op: op, left: limit, cancel: cancel}
	if err := judgeDownload(op, resp, limit); err != nil {
		body.Close()
		return nil, err
	}
	return body, nil
}

// fetchable says whether an address is one of Discord's, or Base's.
func (c *Client) fetchable(u *url.URL) bool {
	if u.User != nil || u.Host == "" {
		return false
	}
	if c.base != nil && u.Scheme == c.base.Scheme && u.Host == c.base.Host {
		return true
	}
	return u.Scheme == "https" && slices.Contains(contentHosts, u.Host)
}

func (c *Client) checkRedirect(to *http.Request, via []*http.Request) error {
	if len(via) > 3 || !c.fetchable(to.URL) {
		return errForeign
	}
	return nil
}

// judgeDownload refuses what is no file, or too large by its own word.
func judgeDownload(op string, resp *http.Response, limit int64) error {
	switch {
	case resp.StatusCode == http.StatusOK && resp.ContentLength > limit:
		return &Error{Op: op, Kind: TooLarge, Status: resp.StatusCode}
	case resp.StatusCode == http.StatusOK:
		return nil
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusForbidden:
		return &Error{Op: op, Kind: Gone, Status: resp.StatusCode, Message: "deleted, or its address has expired"}
	default:
		return &Error{
			Op: op, Kind: kindOfStatus(resp.StatusCode, byBot), Status: resp.StatusCode,
			RetryAfter: secondsOf(resp.Header.Get("Retry-After")),
		}
	}
}

// download fails, instead of ending, where more comes than is allowed.
type download struct {
	io.ReadCloser
	op     string
	left   int64
	cancel context.CancelFunc
}

func (d *download) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	// One more than is left tells whether there is more.
	n, err := d.ReadCloser.Read(p[:min(int64(len(p)), d.left+1)])
	if d.left -= int64(n); d.left < 0 {
		n += int(d.left)
		d.left = 0
		return n, &Error{Op: d.op, Kind: TooLarge}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = &Error{Op: d.op, Kind: Down, Err: err}
	}
	return n, err
}

func (d *download) Close() error {
	d.cancel()
	return d.ReadCloser.Close()
}
