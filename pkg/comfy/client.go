package comfy

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Config says where a server is and what is asked of it.
type Config struct {
	// URL is http(s)://host[:port][/base]. Credentials in it count as User and Password.
	URL string
	// Token is sent as a bearer token; User and Password as basic
	// authentication. ComfyUI has none of its own: they are for a proxy before
	// it. At most one of the two.
	Token          string
	User, Password string
	// MaxBody bounds an answer in bytes, files from View excepted. Defaults to 64 MiB.
	MaxBody int64
	// MaxFrame bounds a WebSocket message in bytes. Defaults to 32 MiB.
	MaxFrame int64
	// Log defaults to no logging.
	Log *slog.Logger
}

const (
	defaultMaxBody  = 64 << 20
	defaultMaxFrame = 32 << 20

	dialWithin = 10 * time.Second // TCP and TLS each
	callWithin = 30 * time.Second // a call whose answer is small
	stallAfter = 60 * time.Second // a stream without progress
	// idleFor is less than the 75 s after which aiohttp closes idle connections, so that
	// a request is not written into a connection that is just being closed.
	idleFor = 30 * time.Second
)

// Client calls one server. It is safe for use by many goroutines.
type Client struct {
	address  address
	auth     string // Authorization header; may be empty
	maxBody  int64
	maxFrame int64
	log      *slog.Logger
	dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	tls      *tls.Config // nil: the system's
	http     *http.Client
}

// New checks the configuration. It does not connect.
func New(c Config) (*Client, error) {
	at, err := parseAddress(c.URL)
	if err != nil {
		return nil, err
	}
	auth, err := authorization(c, at)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: dialWithin}
	client := &Client{
		address:  at,
		auth:     auth,
		maxBody:  cmp.Or(max(c.MaxBody, 0), defaultMaxBody),
		maxFrame: cmp.Or(max(c.MaxFrame, 0), defaultMaxFrame),
		log:      cmp.Or(c.Log, slog.New(slog.DiscardHandler)),
		dial:     dialer.DialContext,
	}
	client.http = &http.Client{
		Transport: client.transport(),
		// A redirect would turn a POST into a GET, or take the credentials elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client, nil
}

func authorization(c Config, at address) (string, error) {
	user, password := c.User, c.Password
	if user == "" && at.user != nil {
		user = at.user.Username()
		password, _ = at.user.Password()
	}
	switch {
	case c.Token != "" && user != "":
		return "", errors.New("comfyui: give a token or a user, not both")
	case c.Token != "":
		return "Bearer " + c.Token, nil
	case user != "":
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)), nil
	}
	return "", nil
}

func (c *Client) transport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         c.dial,
		TLSClientConfig:     c.tls,
		TLSHandshakeTimeout: dialWithin,
		IdleConnTimeout:     idleFor,
		DisableCompression:  true, // so that the length of a file is known
	}
}

// URL names the server, without credentials.
func (c *Client) URL() string { return c.address.http }

// CloseIdle closes the connections that no call uses now.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }
