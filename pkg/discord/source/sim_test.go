package source_test

import (
	"context"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/discord/discordsim/discordsimtest"
	"discomfy/pkg/discord/source"
)

// patience bounds what a test waits for; the machine may be slow.
const patience = 30 * time.Second

// stage is a fake Discord with people and one command.
type stage struct {
	*discordsim.Server
	discordsimtest.Scene
	t      *testing.T
	client *api.Client
}

func newStage(t *testing.T, cfg discordsim.Config) *stage {
	t.Helper()
	s, address := discordsimtest.Start(t, cfg)
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := api.New(api.Config{Token: s.Token(), Base: base, Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	_, err = c.PutCommands(t.Context(), s.App().ID.String(), "", []*discordgo.ApplicationCommand{
		{Name: "queue", Type: discordgo.ChatApplicationCommand, Description: "the queue"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &stage{s, discordsimtest.Set(s), t, c}
}

// ask gives a command and waits for the answer to it.
func (s *stage) ask() *discordsim.Interaction {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	id, err := s.Invoke(ctx, discordsim.Invocation{User: s.Asker, Channel: s.Channel, Command: "queue"})
	if err != nil {
		s.t.Fatal(err)
	}
	i, err := s.Answer(ctx, id)
	if err != nil {
		s.t.Fatalf("interaction %s: %v", id, err)
	}
	return i
}

// answerer replies to each interaction once, however often it comes.
type answerer struct {
	client *api.Client

	mu   *sync.Mutex // of all replicas
	seen map[string]int
}

func newAnswerer(c *api.Client) *answerer {
	return &answerer{client: c, mu: new(sync.Mutex), seen: map[string]int{}}
}

func (a *answerer) Handle(ctx context.Context, i api.Interaction) {
	a.mu.Lock()
	a.seen[i.ID]++
	first := a.seen[i.ID] == 1
	a.mu.Unlock()
	if first {
		_, _ = a.client.Reply(ctx, i, api.Message{Content: "here"})
	}
}

func (a *answerer) times(i *discordsim.Interaction) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen[i.ID.String()]
}

// start runs a gateway until the test ends.
func (s *stage) start(h source.Handler, changes ...func(*source.GatewayConfig)) *source.Gateway {
	s.t.Helper()
	c := source.GatewayConfig{
		Client: s.client, OpenWithin: patience, StuckAfter: 1500 * time.Millisecond,
		BackoffMin: 10 * time.Millisecond, BackoffMax: 200 * time.Millisecond, Tick: 10 * time.Millisecond,
	}
	for _, change := range changes {
		change(&c)
	}
	g := source.NewGateway(c, h)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("Run returned %v", err)
		}
	})
	s.ready(g)
	return g
}

// ready waits until all can hear.
func (s *stage) ready(gateways ...*source.Gateway) {
	s.t.Helper()
	s.until("all are ready", func() bool {
		for _, g := range gateways {
			if g.Ready() != nil {
				return false
			}
		}
		return true
	})
}

func (s *stage) until(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if err := s.Await(ctx, done); err != nil {
		s.t.Fatalf("in vain: %s", what)
	}
}

// narrow is a gateway that does not make tests wait, but for the heartbeats that a busy
// machine can keep.
func narrow() discordsim.Config {
	return discordsim.Config{Gateway: discordsim.GatewayConfig{
		Heartbeat: 2 * time.Second, IdentifyWindow: 100 * time.Millisecond,
		Sends: discordsim.Bucket{Burst: 10_000, Per: time.Minute},
	}}
}

func TestEveryReplicaHearsOfEveryInteraction(t *testing.T) {
	t.Parallel()
	s := newStage(t, narrow())
	h := newAnswerer(s.client)
	locker := &memory{until: map[string]time.Time{}}
	for range 3 {
		s.start(h, func(c *source.GatewayConfig) { c.Locker, c.IdentifyGap = locker, time.Second })
	}
	i := s.ask()
	if i.Waited() > 3*time.Second || i.Answer != discordsim.AnswerMessage {
		t.Errorf("answered by %d after %v", i.Answer, i.Waited())
	}
	s.until("all have heard", func() bool { return h.times(i) == 3 })
	if n := s.GatewayStats(); n.TooSoon != 0 || n.Identifies != 3 {
		t.Errorf("the gateway counted %+v", n)
	}
}

// memory is a Locker.
type memory struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (m *memory) Claim(_ context.Context, key string, ttl time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Now().Before(m.until[key]) {
		return false, nil
	}
	m.until[key] = time.Now().Add(ttl)
	return true, nil
}

func TestFaultsOfTheGateway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault   func(*stage)
		mended  func(*stage)
		resumed bool
		stuck   int64
	}{
		"no acknowledgements": {
			fault:   func(s *stage) { s.FaultGateway(func(f *discordsim.GatewayFaults) { f.NoAcks = true }) },
			mended:  func(s *stage) { s.FaultGateway(func(f *discordsim.GatewayFaults) { f.NoAcks = false }) },
			resumed: true,
		},
		"op 7":                      {fault: func(s *stage) { s.SayGateway(discordsim.Reconnect) }, resumed: true},
		"op 9, resumable":           {fault: func(s *stage) { s.SayGateway(discordsim.InvalidResume) }, resumed: true},
		"op 9, for good":            {fault: func(s *stage) { s.SayGateway(discordsim.InvalidForGood) }},
		"a broken connection":       {fault: func(s *stage) { s.DropSockets() }, resumed: true},
		"a close code":              {fault: func(s *stage) { s.CloseSockets(4000) }, resumed: true},
		"a close that ends all":     {fault: func(s *stage) { s.CloseSockets(1001) }, stuck: 1},
		"op 9 in answer to RESUME":  {fault: answering(discordsim.InvalidForGood), stuck: 1},
		"op 7 in answer to RESUME":  {fault: answering(discordsim.Reconnect), stuck: 1},
		"no answer to RESUME":       {fault: answering(discordsim.CloseWithoutWord), resumed: true},
		"a request for a heartbeat": {fault: func(s *stage) { s.AskHeartbeat() }},
		"op 9 in answer to IDENTIFY": {
			fault: func(s *stage) {
				s.FaultGateway(func(f *discordsim.GatewayFaults) {
					f.AnswerIdentify = []discordsim.GatewayAnswer{discordsim.InvalidForGood}
				})
				s.SayGateway(discordsim.InvalidForGood)
			},
			stuck: 1,
		},
		"a gateway that is down": {
			fault: func(s *stage) {
				s.FaultGateway(func(f *discordsim.GatewayFaults) { f.Down = true })
				s.DropSockets()
			},
			mended:  func(s *stage) { s.FaultGateway(func(f *discordsim.GatewayFaults) { f.Down = false }) },
			resumed: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, narrow())
			h := newAnswerer(s.client)
			g := s.start(h)
			s.ask()
			before := g.Stats()
			c.fault(s)
			if c.mended != nil {
				s.until("the fault is noticed", func() bool { return g.Ready() != nil })
				c.mended(s)
			}
			if name != "a request for a heartbeat" {
				s.until("another connection is there", func() bool {
					n := g.Stats()
					return n.Identified+n.Resumed > before.Identified+before.Resumed && g.Ready() == nil
				})
			}
			if i := s.ask(); i.Answer != discordsim.AnswerMessage {
				t.Errorf("answered by %d", i.Answer)
			}
			if n := g.Stats(); (n.Resumed > 0) != c.resumed || n.Stuck != c.stuck {
				t.Errorf("counted %+v", n)
			}
		})
	}
}

// answering breaks the connection, and answers to the RESUME that follows.
func answering(answer discordsim.GatewayAnswer) func(*stage) {
	return func(s *stage) {
		s.FaultGateway(func(f *discordsim.GatewayFaults) { f.AnswerResume = []discordsim.GatewayAnswer{answer} })
		s.DropSockets()
	}
}

func TestWhatWasMissedIsReplayed(t *testing.T) {
	t.Parallel()
	cfg := narrow()
	cfg.Limits = new(discordsim.DefaultLimits())
	cfg.Limits.AckWithin = patience // for what is replayed to be in time
	s := newStage(t, cfg)
	h := newAnswerer(s.client)
	g := s.start(h)
	s.SayGateway(discordsim.Silence)
	i := s.ask() // is answered only if it comes by another connection
	// RESUMED follows what is replayed.
	s.until("it is resumed", func() bool { return g.Stats().Resumed > 0 })
	if n := g.Stats(); n.Zombies == 0 || n.Identified != 1 || h.times(i) == 0 {
		t.Errorf("counted %+v, handled %d times", n, h.times(i))
	}
}

func TestARevokedTokenEndsRun(t *testing.T) {
	t.Parallel()
	s := newStage(t, narrow())
	s.Revoke(true)
	err := source.NewGateway(source.GatewayConfig{Client: s.client}, newAnswerer(s.client)).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "DISCORD_TOKEN") {
		t.Errorf("Run returned %v", err)
	}
}

func TestTheEndpointOnTheFakeDiscord(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordsim.Config{})
	app, err := s.client.Application(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key, err := source.ParsePublicKey(app.VerifyKey)
	if err != nil {
		t.Fatal(err)
	}
	h := newAnswerer(s.client)
	e := source.NewEndpoint(source.EndpointConfig{PublicKey: key, Now: s.Now}, h)
	web := httptest.NewServer(e)
	t.Cleanup(web.Close)
	if err := s.SetEndpoint(t.Context(), web.URL); err != nil {
		t.Fatalf("it does not pass Discord's test: %v", err)
	}
	var asks sync.WaitGroup
	for range 20 {
		asks.Go(func() {
			if i := s.ask(); i.Waited() > 3*time.Second || h.times(i) != 1 {
				t.Errorf("answered after %v, handled %d times", i.Waited(), h.times(i))
			}
		})
	}
	asks.Wait()
	if n := e.Stats(); n.Handled != 20 || n.Refused+n.Odd != 0 || n.Forged < 5 {
		t.Errorf("counted %+v", n)
	}
	if s.App().InteractionURL == "" {
		t.Error("discord took the address away")
	}
}
