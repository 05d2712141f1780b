package discord_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/bridge"
	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/comfy"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
	"discomfy/pkg/discord"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/discord/source"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

// patience bounds every wait of these tests; it is never what is measured.
const patience = time.Minute

// stack is everything that a person on Discord uses: the fake Discord, replicas
// of the ingress, a real NATS server, the bridge and the fake ComfyUI.
type stack struct {
	*testing.T
	discord *discordsim.Server
	url     string // of discord
	nats    *embedded.Server
	store   string // the folder of nats
	comfy   *comfysim.Server
	comfyAt string
	broker  *broker.Broker // of the test
	log     *slog.Logger
	in      *discord.Ingress // the first replica
	stopIn  func()

	guild    discordsim.Guild
	channel  discordsim.Channel
	ann, bob discordsim.User
}

type settings struct {
	discord  discordsim.Config
	comfy    comfysim.Config
	ingress  discord.Config
	replicas int  // defaults to 1; -1 is none
	bridge   bool // run one
	quiet    bool // log warnings only
}

func start(t *testing.T, s settings) *stack {
	t.Helper()
	level := slog.LevelDebug
	if s.quiet {
		level = slog.LevelWarn
	}
	st := &stack{T: t, log: slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: level}))}
	st.startDiscord(s.discord)
	st.store = t.TempDir()
	st.nats = embeddedtest.StartWith(t, embedded.Config{Dir: st.store})
	st.broker = st.connect("test")
	if err := st.broker.Init(t.Context(), broker.InitConfig{ResultsBytes: 512 << 20, InputsBytes: 128 << 20, Discord: true}); err != nil {
		t.Fatal(err)
	}
	if s.bridge {
		st.comfy, st.comfyAt = comfysimtest.Start(t, s.comfy)
		st.startBridge()
		st.await("workflows to choose from", func() bool {
			c, err := st.broker.Catalog(t.Context(), job.DefaultQueue)
			return err == nil && !c.Blind
		})
	}
	for range max(s.replicas, 1) {
		if s.replicas >= 0 {
			st.in, st.stopIn = st.startIngress(s.ingress)
		}
	}
	return st
}

func (s *stack) startDiscord(c discordsim.Config) {
	s.Helper()
	c.Gateway.IdentifyWindow = 50 * time.Millisecond
	c.Log = s.log.With("side", "discord")
	sim, err := discordsim.New(c)
	if err != nil {
		s.Fatal(err)
	}
	s.discord = sim
	l, err := discordsim.Listen(s.Context(), "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	s.url = "http://" + l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- discordsim.Serve(ctx, l, sim) }()
	s.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.Errorf("discordsim: %v", err)
		}
		for _, v := range sim.Violations() {
			s.Errorf("a rule of Discord's was broken: %s", v)
		}
	})
	s.ann, s.bob = sim.AddUser(discordsim.NewUser{Name: "ann"}), sim.AddUser(discordsim.NewUser{Name: "bob"})
	s.guild = sim.AddGuild(discordsim.NewGuild{Name: "home"})
	s.channel = sim.AddChannel(discordsim.NewChannel{Guild: s.guild.ID, Name: "pictures"})
}

func (s *stack) connect(name string) *broker.Broker { return s.connectBy(s.nats, name) }

func (s *stack) connectBy(by broker.InProcess, name string) *broker.Broker {
	s.Helper()
	b, err := broker.Connect(s.Context(), broker.Config{InProcess: by, Name: name, Lease: 20 * time.Second})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(b.Close)
	return b
}

// run runs something until the returned function is called, or the test ends.
func (s *stack) run(name string, what func(ctx context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- what(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.Errorf("%s: %v", name, err)
		}
	})
	s.Cleanup(stop)
	return stop
}

func (s *stack) startBridge() (stop func()) {
	s.Helper()
	set, problems := workflow.Load(workflows.FS)
	if len(problems) > 0 {
		s.Fatal(problems)
	}
	log := s.log.With("side", "bridge")
	c, err := comfy.New(comfy.Config{URL: s.comfyAt, Log: log})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(c.CloseIdle)
	return s.run("bridge", bridge.New(bridge.Config{Log: log}, s.connect("bridge"), c, set).Run)
}

// startIngress runs one more replica, and waits until it takes interactions.
func (s *stack) startIngress(c discord.Config) (in *discord.Ingress, stop func()) {
	s.Helper()
	in = s.newIngress(c, s.url, s.nats)
	stop = s.run("ingress", in.Run)
	s.ready(in)
	return in, stop
}

func (s *stack) ready(in *discord.Ingress) {
	s.Helper()
	s.await("an ingress that is ready, with its commands registered", func() bool {
		return in.Ready() == nil && len(s.discord.Commands(0))+len(s.discord.Commands(s.guild.ID)) > 0
	})
}

// newIngress is a replica with its ways to Discord and to NATS.
func (s *stack) newIngress(c discord.Config, at string, by broker.InProcess) *discord.Ingress {
	s.Helper()
	base, err := url.Parse(at)
	if err != nil {
		s.Fatal(err)
	}
	c.Log = s.log.With("side", "ingress")
	client, err := api.New(api.Config{Token: s.discord.Token(), Base: base, Log: c.Log, Now: s.discord.Now})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(client.Close)
	c.Client, c.Broker, c.Now = client, s.connectBy(by, "ingress"), s.discord.Now
	c.Gateway = source.GatewayConfig{IdentifyGap: time.Second}
	c.Temp = s.TempDir()
	in, err := discord.New(c)
	if err != nil {
		s.Fatal(err)
	}
	return in
}

// replica is an ingress that can be killed.
type replica struct {
	*discord.Ingress
	wire *wire
	door *door
	stop func()
}

func (s *stack) startReplica(c discord.Config) *replica {
	s.Helper()
	r := &replica{wire: newWire(s.nats), door: s.openDoor()}
	r.Ingress = s.newIngress(c, r.door.URL, r.wire)
	r.stop = s.run("ingress", r.Run)
	s.Cleanup(r.wire.thaw)
	s.ready(r.Ingress)
	return r
}

// kill ends all that a replica does, as far as anybody else can see.
func (r *replica) kill() {
	r.door.shut()
	r.wire.kill()
}

// await waits until ok, which is asked after every event of Discord's.
func (s *stack) await(what string, ok func() bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	if err := s.discord.Await(ctx, ok); err != nil {
		s.dump()
		s.Fatalf("there was never %s", what)
	}
}

// dump logs what people see.
func (s *stack) dump() {
	for _, c := range s.discord.Channels() {
		for _, m := range s.discord.Messages(c.ID, 0) {
			s.Logf("message %s in %s: %s", m.ID, c.Name, textOf(m))
		}
	}
}

// invoke gives a command as ann, in the channel, and waits for the answer.
func (s *stack) invoke(command string, options map[string]any) *discordsim.Interaction {
	s.Helper()
	return s.invokeAs(discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Command: command, Options: options})
}

func (s *stack) invokeAs(v discordsim.Invocation) *discordsim.Interaction {
	s.Helper()
	id, err := s.discord.Invoke(s.Context(), v)
	if err != nil {
		s.Fatalf("/%s: %v", v.Command, err)
	}
	return s.answer(id)
}

func (s *stack) answer(id discordsim.ID) *discordsim.Interaction {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	i, err := s.discord.Answer(ctx, id)
	if err != nil {
		s.dump()
		s.Fatalf("no answer: %v", err)
	}
	return i
}

// click presses the button whose custom id begins with the verb.
func (s *stack) click(user, message discordsim.ID, verb string) *discordsim.Interaction {
	s.Helper()
	m := s.discord.Message(message)
	custom := customID(m, verb)
	if custom == "" {
		s.Fatalf("the message has no button %q: %s", verb, textOf(m))
	}
	id, err := s.discord.Click(s.Context(), user, message, custom)
	if err != nil {
		s.Fatalf("click %s: %v", custom, err)
	}
	return s.answer(id)
}

// finished waits until a message tells the end of its job, with files.
func (s *stack) finished(message discordsim.ID, files int) *discordsim.Message {
	s.Helper()
	var m *discordsim.Message
	s.await("a finished card with "+strconv.Itoa(files)+" files", func() bool {
		m = s.discord.Message(message)
		return m != nil && len(m.Attachments) == files && customID(m, "delete") != ""
	})
	return m
}

func jobOf(i *discordsim.Interaction) job.ID { return job.FromInteraction(i.ID.String()) }

// textOf is all that a message says.
func textOf(m *discordsim.Message) string {
	if m == nil {
		return "(no message)"
	}
	var b strings.Builder
	b.WriteString(m.Content)
	for _, o := range append(append([]discordsim.Object{}, m.Embeds...), m.Components...) {
		b.WriteString(" " + flat(o))
	}
	b.WriteString(" files:" + strconv.Itoa(len(m.Attachments)))
	return b.String()
}

func flat(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var parts []string
		for k, x := range v {
			parts = append(parts, k+"="+flat(x))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, flat(x))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case string:
		return v
	}
	return ""
}

// customID is the first custom id of a verb below a message.
func customID(m *discordsim.Message, verb string) string {
	if m == nil {
		return ""
	}
	for _, row := range m.Components {
		components, _ := row["components"].([]any)
		for _, c := range components {
			o, _ := c.(map[string]any)
			if id, _ := o["custom_id"].(string); strings.HasPrefix(id, "d1:"+verb+":") && o["disabled"] != true {
				return id
			}
		}
	}
	return ""
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// lost reports that the stored handle knows of no card.
func (s *stack) lost(id job.ID) bool {
	h, err := reply.Store{Keeper: s.broker}.Get(s.Context(), id)
	return err == nil && h.Lost
}

// fill is what a form held when it was opened, with one value changed.
func (s *stack) fill(opened *discordsim.Interaction, input, value string) map[string]any {
	s.Helper()
	for _, c := range inputsOf(opened.Modal) {
		if c == input || strings.HasSuffix(c, input) {
			return map[string]any{c: value}
		}
	}
	s.Fatalf("the form has no input %q: %s", input, flat(opened.Modal))
	return nil
}

// inputsOf are the custom ids inside a form.
func inputsOf(v any) (all []string) {
	switch v := v.(type) {
	case map[string]any:
		if id, ok := v["custom_id"].(string); ok && v["components"] == nil {
			all = append(all, id)
		}
		for _, x := range v {
			all = append(all, inputsOf(x)...)
		}
	case []any:
		for _, x := range v {
			all = append(all, inputsOf(x)...)
		}
	}
	return all
}

// forgetFiles removes a job's stored results, as seven days do.
func (s *stack) forgetFiles(id job.ID) {
	s.Helper()
	st, err := s.broker.Last(s.Context(), id)
	if err != nil {
		s.Fatal(err)
	}
	for _, r := range st.Results {
		if err := s.broker.DeleteResult(s.Context(), r.Name); err != nil {
			s.Fatal(err)
		}
	}
}

// forget removes all that is stored of a job, as ninety days do.
func (s *stack) forget(id job.ID) {
	s.Helper()
	s.forgetFiles(id)
	s.purge("DISCOMFY_STATE", fmt.Sprintf("discomfy.state.%d.%s", id.Partition(), id))
	s.purge("DISCOMFY_REPLIES", "discomfy.reply."+id.String())
	s.purge("DISCOMFY_JOBS", "discomfy.jobs.*.*."+id.String())
	if _, err := (reply.Store{Keeper: s.broker}).Get(s.Context(), id); err == nil {
		s.Fatal("the handle is still there")
	}
}

// forgetClaims ends all claims, as a minute does.
func (s *stack) forgetClaims() {
	s.Helper()
	s.purge("DISCOMFY_CLAIMS", ">")
}

func (s *stack) purge(stream, subject string) {
	s.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(s.nats))
	if err != nil {
		s.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		s.Fatal(err)
	}
	st, err := js.Stream(s.Context(), stream)
	if err != nil {
		s.Fatal(err)
	}
	if err := st.Purge(s.Context(), jetstream.WithPurgeSubject(subject)); err != nil {
		s.Fatal(err)
	}
}

// selectNumber chooses one of several pictures.
func (s *stack) selectNumber(a asked, n string) *discordsim.Interaction {
	s.Helper()
	m := s.discord.Message(a.card)
	for _, row := range m.Components {
		components, _ := row["components"].([]any)
		for _, c := range components {
			o, _ := c.(map[string]any)
			id, _ := o["custom_id"].(string)
			if strings.HasPrefix(id, "d1:pick:") && strings.HasSuffix(id, ":"+n) {
				i, err := s.discord.Click(s.Context(), s.ann.ID, a.card, id)
				if err != nil {
					s.Fatal(err)
				}
				return s.answer(i)
			}
		}
	}
	s.Fatalf("there is no picture %s: %s", n, textOf(m))
	return nil
}

// required fills what a form has and demands.
func (s *stack) required(opened *discordsim.Interaction) map[string]any {
	out := map[string]any{}
	for _, id := range inputsOf(opened.Modal) {
		if strings.HasSuffix(id, "prompt") {
			out[id] = "something"
		}
	}
	return out
}
