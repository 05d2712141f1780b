package broker

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"discomfy/pkg/job"
)

const (
	dialTimeout  = 2 * time.Second
	pingEvery    = 5 * time.Second // with two unanswered a dead peer is noticed within 15 s
	writeTimeout = 5 * time.Second
	delayMin     = 50 * time.Millisecond
	delayMax     = 2 * time.Second
	drainWithin  = 5 * time.Second
)

// options are the settings of the NATS connection.
func (c Config) options() ([]nats.Option, error) {
	if _, err := job.ParseQueue(c.Role); err != nil {
		return nil, fmt.Errorf("role %q does not fit an inbox prefix", c.Role)
	}
	opts := []nats.Option{
		nats.Name(c.Name),
		nats.CustomInboxPrefix("_INBOX_" + c.Role),
		nats.Timeout(dialTimeout),
		nats.PingInterval(pingEvery),
		nats.MaxPingsOutstanding(2),
		nats.FlusherTimeout(writeTimeout),
		nats.DrainTimeout(drainWithin),
		nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(reconnectDelay),
		nats.IgnoreAuthErrorAbort(), // a credential that is being rotated is no reason to give up for ever
		nats.RetryOnFailedConnect(c.Wait),
		// No buffer while disconnected: what could not be sent must fail now,
		// not be sent at a time when nobody expects it any more.
		nats.ReconnectBufSize(-1),
	}
	if c.InProcess != nil {
		opts = append(opts, nats.InProcessServer(c.InProcess))
	}
	auth, err := c.authOptions()
	return append(opts, auth...), err
}

func (c Config) authOptions() ([]nats.Option, error) {
	var opts []nats.Option
	if c.User != "" {
		opts = append(opts, nats.UserInfo(c.User, c.Password))
	}
	if c.Token != "" {
		opts = append(opts, nats.Token(c.Token))
	}
	if c.Creds != "" {
		opts = append(opts, nats.UserCredentials(c.Creds))
	}
	if c.NKey != "" {
		opt, err := nats.NkeyOptionFromSeed(c.NKey)
		if err != nil {
			return nil, fmt.Errorf("nkey: %w", err)
		}
		opts = append(opts, opt)
	}
	if c.TLSCA != "" {
		opts = append(opts, nats.RootCAs(c.TLSCA))
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return nil, errors.New("a TLS certificate and its key belong together")
	}
	if c.TLSCert != "" {
		opts = append(opts, nats.ClientCert(c.TLSCert, c.TLSKey))
	}
	return opts, nil
}

// reconnectDelay grows with the attempts and is jittered, so that many clients
// of a server that returns do not all come at once.
func reconnectDelay(attempts int) time.Duration {
	d := min(delayMin<<min(max(attempts-1, 0), 10), delayMax)
	return d/2 + rand.N(d/2+1)
}
