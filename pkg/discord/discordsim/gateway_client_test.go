package discordsim_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"discomfy/pkg/discord/discordsim"
)

type object = map[string]any

// fake is a Discord with a guild, a channel and two people, and the address under which it answers.
type fake struct {
	*discordsim.Server
	url      string
	guild    discordsim.Guild
	channel  discordsim.Channel
	ann, bob discordsim.User
	rest     func() // ends the bot that play began
}

// newFake serves a Discord until the test ends, and fails the test where a rule was broken that the test did not
// expect.
func newFake(t *testing.T, cfg discordsim.Config) *fake {
	t.Helper()
	s, err := discordsim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		s.Close()
		web.Close()
	})
	s.SetURL(web.URL)
	f := &fake{Server: s, url: web.URL}
	f.ann = s.AddUser(discordsim.NewUser{Name: "ann", Installed: true})
	f.bob = s.AddUser(discordsim.NewUser{Name: "bob", Locale: "de"})
	f.guild = s.AddGuild(discordsim.NewGuild{Name: "Painters", Owner: f.ann.ID, Tier: 2})
	f.channel = s.AddChannel(discordsim.NewChannel{Guild: f.guild.ID, Name: "pictures"})
	return f
}

// noViolations fails the test for every rule that was broken. A bot ends before.
func (f *fake) noViolations(t *testing.T) {
	t.Helper()
	if f.rest != nil {
		f.rest()
	}
	for _, v := range f.Violations() {
		t.Errorf("violation: %s", v)
	}
}

// violated fails the test unless exactly these rules were broken.
func (f *fake) violated(t *testing.T, want ...string) {
	t.Helper()
	got := f.Violations()
	if len(got) != len(want) {
		t.Fatalf("violations %q, want %q", got, want)
	}
	for i, w := range want {
		if !strings.Contains(got[i], w) {
			t.Errorf("violation %q, want %q", got[i], w)
		}
	}
}

// client is a raw client of the gateway.
type client struct {
	t  *testing.T
	ws *websocket.Conn
}

type packet struct {
	Op int             `json:"op"`
	T  string          `json:"t"`
	S  int64           `json:"s"`
	D  json.RawMessage `json:"d"`
}

func dial(t *testing.T, url string) *client {
	t.Helper()
	ws, answer, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(url, "http", "ws", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	t.Cleanup(func() { ws.Close() })
	return &client{t, ws}
}

func (f *fake) connect(t *testing.T) *client {
	t.Helper()
	return dial(t, f.url+"/gateway/?v=9&encoding=json")
}

// read returns the next packet, unpacked where it is compressed.
func (c *client) read() (packet, error) {
	_ = c.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	return c.patient()
}

// patient is read without a bound.
func (c *client) patient() (packet, error) {
	kind, data, err := c.ws.ReadMessage()
	if err != nil {
		return packet{}, err
	}
	if kind == websocket.BinaryMessage {
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return packet{}, err
		}
		if data, err = io.ReadAll(z); err != nil {
			return packet{}, err
		}
	}
	var p packet
	return p, json.Unmarshal(data, &p)
}

func (c *client) next(op int, event string) packet {
	c.t.Helper()
	p, err := c.read()
	if err != nil || p.Op != op || p.T != event {
		c.t.Fatalf("got op %d %s %s, %v; want op %d %s", p.Op, p.T, p.D, err, op, event)
	}
	return p
}

// closed expects the end of the socket with a code, whatever comes before.
func (c *client) closed(code int) {
	c.t.Helper()
	for {
		_, err := c.read()
		if err == nil {
			continue
		}
		if closed, ok := errors.AsType[*websocket.CloseError](err); !ok || closed.Code != code {
			c.t.Fatalf("the socket ended with %v, want %d", err, code)
		}
		return
	}
}

func (c *client) send(op int, d any) {
	c.t.Helper()
	if err := c.ws.WriteJSON(object{"op": op, "d": d}); err != nil {
		c.t.Fatal(err)
	}
}

func identity(f *fake, change object) object {
	id := object{
		"token": "Bot " + f.Token(), "intents": 0, "compress": false,
		"properties": object{"os": "linux", "browser": "test", "device": "test"},
	}
	for k, v := range change {
		if id[k] = v; v == nil {
			delete(id, k)
		}
	}
	return id
}

type ready struct {
	Session string `json:"session_id"`
	Resume  string `json:"resume_gateway_url"`
	Shard   [2]int `json:"shard"`
	Guilds  []struct {
		ID string `json:"id"`
	} `json:"guilds"`
}

// session identifies and returns READY.
func (f *fake) session(t *testing.T, change object) (*client, ready) {
	t.Helper()
	c := f.connect(t)
	c.next(10, "")
	c.send(2, identity(f, change))
	var r ready
	if err := json.Unmarshal(c.next(0, "READY").D, &r); err != nil {
		t.Fatal(err)
	}
	return c, r
}

// quick makes a gateway with which tests need not wait.
func quick() discordsim.Config {
	return discordsim.Config{Gateway: discordsim.GatewayConfig{IdentifyWindow: time.Nanosecond}}
}

func (f *fake) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := f.Await(ctx, ok); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
