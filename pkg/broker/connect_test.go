package broker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/broker/embedded/embeddedtest"
)

func TestConnectInsideTheProcess(t *testing.T) {
	t.Parallel()
	s := embeddedtest.StartWith(t, embedded.Config{Dir: t.TempDir(), DontListen: true})
	logs := new(logBuffer)
	b, err := broker.Connect(t.Context(), broker.Config{InProcess: s, Log: logger(logs)})
	if err != nil {
		t.Fatal(err)
	}
	if told := logs.String(); !strings.Contains(told, "connected to NATS in this process") || strings.Contains(told, "nats://") {
		t.Errorf("the log names an address that is not the server's:\n%s", told)
	}
	t.Cleanup(b.Close)
	initialise(t, b)
	submit(t, b, request())
}

func TestConnectWithoutAServer(t *testing.T) {
	t.Parallel()
	_, err := broker.Connect(t.Context(), broker.Config{URL: "nats://ann:secret@" + freeAddr(t)})
	if err == nil || strings.Contains(err.Error(), "secret") || !errors.Is(err, nats.ErrNoServers) {
		t.Errorf("error %v", err)
	}
	if _, err := broker.Connect(t.Context(), broker.Config{}); err == nil {
		t.Error("connected to nothing")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	logs, addr := new(logBuffer), freeAddr(t)
	_, err = broker.Connect(ctx, broker.Config{URL: "nats://ann:secret@" + addr, Wait: true, Log: logger(logs)})
	wantErr(t, err, context.DeadlineExceeded)
	told := logs.String()
	if !strings.Contains(told, "NATS does not answer: start it") || !strings.Contains(told, addr) || strings.Contains(told, "secret") {
		t.Errorf("whoever waits does not read why:\n%s", told)
	}
}

func TestConnectWaitsForTheServer(t *testing.T) {
	t.Parallel()
	addr := freeAddr(t)
	done := make(chan error, 1)
	go func() {
		b, err := broker.Connect(t.Context(), broker.Config{URL: "nats://" + addr, Wait: true})
		if err == nil {
			b.Close()
		}
		done <- err
	}()
	embeddedtest.StartWith(t, embedded.Config{Dir: t.TempDir(), Addr: addr})
	if err := next(t, done, "the connection"); err != nil {
		t.Error(err)
	}
}

// Roles have reply subjects of their own, so that permissions can keep them
// apart.
func TestRepliesGoToTheRolesInbox(t *testing.T) {
	t.Parallel()
	s := embeddedtest.Start(t)
	nc, _ := raw(t, s)
	requests, err := nc.SubscribeSync("$JS.API.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	connect(t, s, func(c *broker.Config) { c.Role = "bridge" })
	msg, err := requests.NextMsg(patience)
	if err != nil || !strings.HasPrefix(msg.Reply, "_INBOX_bridge.") {
		t.Errorf("reply %v, %v", msg, err)
	}
	if _, err := broker.Connect(t.Context(), broker.Config{URL: s.ClientURL(), Role: "a.b"}); err == nil {
		t.Error("a role that is no token was taken")
	}
}

// A queue that nobody set up is said to be so, instead of waiting for it.
func TestLeadWithoutSetUp(t *testing.T) {
	t.Parallel()
	b := connect(t, embeddedtest.Start(t), nil)
	err := b.Lead(t.Context(), queue, func(context.Context, *broker.Term) error { return nil })
	wantErr(t, err, broker.ErrNotSetUp)
}

func TestWaitingForNATSNamesTheServer(t *testing.T) {
	t.Parallel()
	addr, logs := freeAddr(t), new(logBuffer)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		b, err := broker.Connect(ctx, broker.Config{URL: "nats://ann:secret@" + addr, Wait: true, Log: logger(logs)})
		if err == nil {
			b.Close()
		}
		done <- err
	}()
	eventually(t, "the log names the server", func() bool {
		return strings.Contains(logs.String(), "start it, or name another server") && strings.Contains(logs.String(), addr)
	})
	cancel()
	if err := next(t, done, "Connect gives up"); err == nil {
		t.Error("connected to nobody")
	}
	if strings.Contains(logs.String(), "secret") {
		t.Errorf("the log tells the password: %s", logs)
	}
}
