package discordsim

import (
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"discomfy/pkg/discord/discordsim/spec"
)

// Config describes a Discord. The zero value is usable.
type Config struct {
	Token  string           // of the bot; defaults to "sim.token"
	Name   string           // of the application; defaults to "Discomfy"
	Public bool             // anybody may add the bot
	App    ID               // of the application and its bot; made where 0
	Now    func() time.Time // defaults to time.Now; Advance is added to it
	Limits *Limits          // defaults to DefaultLimits
	// URL is the address under which others reach the handler, as in "http://127.0.0.1:8000"; addresses of
	// attachments and of the gateway start with it. Serve and SetURL set it too. Without one the address of the CDN
	// is Discord's, and that of the gateway is the host that was asked.
	URL string
	// ByHost keeps Serve from setting it: several ways lead here. The gateway and, in its events, the CDN are where
	// the client asked.
	ByHost bool
	Key    ed25519.PrivateKey // signs HTTP interactions; made where nil
	Dir    string             // keeps attachments; "" keeps them in memory, bounded by Limits.FileBytes
	Log    *slog.Logger       // defaults to silence
	// Observe is told every REST request after its answer, from the goroutine that answered it. It must not block.
	Observe func(Call)
	// Gateway is for tests that cannot wait as long as Discord does.
	Gateway GatewayConfig
}

// Server is the fake. Make it with New.
type Server struct {
	cfg    Config
	log    *slog.Logger
	clock  *clock
	limits *Limits
	key    ed25519.PrivateKey
	spec   *spec.Spec
	files  *files
	done   chan struct{}  // closed by Close
	wg     sync.WaitGroup // goroutines that outlive a request
	pages  atomic.Int64   // that are open now

	mu      sync.Mutex
	world   *world
	subs    map[*Subscription]struct{}
	changed chan struct{} // closed and replaced by every event
	url     string
	closed  bool
	faults  faultBox
	ledger  ledger
	buckets buckets
	gateway gateway
	people  people
	sender  sender
}

// New makes a Discord with an application and its bot, but without guilds or people.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("fake Discord: %w", err)
	}
	rules, err := spec.Load()
	if err != nil {
		return nil, fmt.Errorf("fake Discord: %w", err)
	}
	limits, clock := *cfg.Limits, newClock(cfg.Now)
	s := &Server{
		cfg: cfg, log: cfg.Log, clock: clock, limits: &limits, key: cfg.Key, done: make(chan struct{}), url: cfg.URL,
		spec: rules, files: newFiles(cfg.Dir, limits.FileBytes), world: newWorld(clock),
		subs: map[*Subscription]struct{}{}, changed: make(chan struct{}), buckets: buckets{}, ledger: newLedger(),
		gateway: newGateway(cfg.Gateway), people: newPeople(), sender: newSender(),
	}
	s.addApplication()
	return s, nil
}

func (cfg Config) withDefaults() (Config, error) {
	cfg.Token = cmp.Or(cfg.Token, "sim.token")
	cfg.Name = cmp.Or(cfg.Name, "Discomfy")
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Limits == nil {
		cfg.Limits = new(DefaultLimits())
	}
	if cfg.Key == nil {
		var err error
		if _, cfg.Key, err = ed25519.GenerateKey(rand.Reader); err != nil {
			return cfg, fmt.Errorf("make a signing key: %w", err)
		}
	}
	return cfg, nil
}

func (s *Server) addApplication() {
	w := s.world
	owner := w.addUser(NewUser{Name: "owner"})
	bot := w.addUser(NewUser{Name: s.cfg.Name, Bot: true})
	if s.cfg.App != 0 {
		delete(w.users, bot.ID)
		bot.ID = s.cfg.App
		w.users[bot.ID] = bot
	}
	public, _ := s.key.Public().(ed25519.PublicKey)
	w.app = Application{
		ID: bot.ID, Name: s.cfg.Name, Public: s.cfg.Public, VerifyKey: hex.EncodeToString(public), Owner: owner.ID, Bot: bot.ID,
	}
}

// Token is the bot's; "" after it was reset.
func (s *Server) Token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg.Token
}

// App is the application as it is now; its bot's user has the same id.
func (s *Server) App() Application {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.app
}

// SetURL sets the address under which others reach the handler; see Config.URL.
func (s *Server) SetURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.url = url
}

// Handler answers as Discord: REST under /api/v9 and /api/v10, the gateway at /gateway, the CDN at /attachments/, the
// page and what it asks for under the rest.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.restRoutes(mux)
	s.cdnRoutes(mux)
	s.gatewayRoutes(mux)
	s.pageRoutes(mux)
	return mux
}

// Close ends everything that outlives a request (sockets, senders) and waits for it. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
		s.sender.close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}
