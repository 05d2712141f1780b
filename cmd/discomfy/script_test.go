package main

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/discord/source"
	"discomfy/pkg/job"
	"discomfy/pkg/proof/loopback"
)

// within bounds every wait of a script.
const within = time.Minute

// TestMain lets more tests run side by side than there are processors: most of
// them wait for jobs and leases.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "3"); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(2)
	}
	testscript.Main(leakless{m}, map[string]func(){"discomfy": main})
}

// leakless runs the tests and looks for goroutines that they left behind.
type leakless struct{ m *testing.M }

func (l leakless) Run() int {
	code := l.m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return code
}

func TestScripts(t *testing.T) {
	t.Parallel()
	recorded, err := filepath.Abs(filepath.Join("..", "..", "pkg", "comfy", "testdata", "recordings", "0.3.64", "object_info.json"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("USER", "scriptwriter")
			e.Setenv("DISCOMFY_USER", "ann")
			e.Setenv("RECORDED", recorded)
			e.Values[runningNATS{}] = &natsHolder{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"nats":     startNATS,
			"comfyui":  startComfyUI,
			"discord":  startDiscord,
			"healthy":  awaitHealth,
			"freeaddr": freeAddress,
			"served":   awaitBridge,
			"ended":    awaitEnd,
			"pending":  awaitPending,
			"maxjobs":  checkMaxJobs,
			"waiting":  awaitWaiting,
			"arrived":  awaitFile,
			"keep":     keepOutput,
			"code":     exitCodeOf,
		},
	})
}

// natsHolder holds a script's NATS server, under the key runningNATS.
type (
	natsHolder  struct{ server *embedded.Server }
	runningNATS struct{}
)

// startNATS is `nats [ADDR]`: a NATS server, at first without anything in it,
// at $NATS_URL. `! nats` stops it; its data stays.
func startNATS(ts *testscript.TestScript, negated bool, args []string) {
	if negated {
		ts.Value(runningNATS{}).(*natsHolder).server.Shutdown()
		return
	}
	addr := ""
	if len(args) > 0 {
		addr = args[0]
	}
	server, err := embedded.Start(embedded.Config{Dir: ts.MkAbs("nats"), Addr: addr, Unsynced: true})
	ts.Check(err)
	ts.Defer(server.Shutdown)
	ts.Value(runningNATS{}).(*natsHolder).server = server
	ts.Setenv("NATS_URL", server.ClientURL())
	ts.Setenv("NATS_ADDR", strings.TrimPrefix(server.ClientURL(), "nats://"))
}

// startComfyUI is `comfyui [slow|empty]`: a fake server at $COMFYUI_URL, a
// hundred times as fast as reality unless slow, with models unless empty.
func startComfyUI(ts *testscript.TestScript, _ bool, args []string) {
	c := comfysim.Config{Speed: 100, Dir: ts.MkAbs("comfyui")}
	switch {
	case slices.Contains(args, "slow"):
		c.Speed = 1
	case slices.Contains(args, "empty"):
		c.Checkpoints, c.LoRAs = []string{}, []string{}
	}
	server, err := comfysim.New(c)
	ts.Check(err)
	listener, err := comfysim.Listen(context.Background(), "127.0.0.1:0")
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- comfysim.Serve(ctx, listener, server) }()
	ts.Defer(func() {
		cancel()
		ts.Check(<-done)
	})
	ts.Setenv("COMFYUI_URL", "http://"+listener.Addr().String())
}

// startDiscord is `discord [public] [endpoint]`: a fake Discord at $SIM, whose
// bot's token is "sim.token".
func startDiscord(ts *testscript.TestScript, _ bool, args []string) {
	server, err := discordsim.New(discordsim.Config{Public: slices.Contains(args, "public")})
	ts.Check(err)
	server.Populate(0)
	if slices.Contains(args, "endpoint") {
		key, err := source.ParsePublicKey(server.App().VerifyKey)
		ts.Check(err)
		web := httptest.NewServer(source.NewEndpoint(source.EndpointConfig{PublicKey: key}, nil))
		ts.Defer(web.Close)
		ts.Check(server.SetEndpoint(context.Background(), web.URL))
	}
	listener, err := discordsim.Listen(context.Background(), "127.0.0.1:0")
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- discordsim.Serve(ctx, listener, server) }()
	ts.Defer(func() {
		cancel()
		ts.Check(<-done)
		if broken := server.Violations(); len(broken) > 0 {
			ts.Fatalf("rules of Discord's were broken: %v", broken)
		}
	})
	ts.Setenv("SIM", "http://"+listener.Addr().String())
}

// awaitHealth is `healthy ADDR`: it waits until an ingress serves people.
func awaitHealth(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	ts.Check(poll(ctx, func() (bool, error) {
		answer, err := http.Get("http://" + args[0] + "/readyz")
		if err != nil {
			return false, nil
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK, nil
	}))
}

// freeAddress is `freeaddr VAR`: an address on loopback that nobody listens at.
func freeAddress(ts *testscript.TestScript, _ bool, args []string) {
	addr, err := loopback.Free()
	ts.Check(err)
	ts.Setenv(args[0], addr)
}

// awaitBridge is `served`: it waits until a bridge serves the queue at
// $NATS_URL and knows what ComfyUI offers; `served blindly`: until it
// says that ComfyUI is away; `! served`: until there is no bridge.
func awaitBridge(ts *testscript.TestScript, negated bool, args []string) {
	withBroker(ts, func(ctx context.Context, b *broker.Broker) (bool, error) {
		_, err := b.Status(ctx, job.DefaultQueue)
		if negated {
			return job.CodeOf(err) == job.CodeBridgeOffline, nil
		}
		snapshot, errSnapshot := b.Snapshot(ctx, job.DefaultQueue)
		if len(args) > 0 {
			return errors.Join(err, errSnapshot) == nil && snapshot.Server != "", nil
		}
		catalog, errCatalog := b.Catalog(ctx, job.DefaultQueue)
		return errors.Join(err, errSnapshot, errCatalog) == nil && snapshot.Server == "" && !catalog.Blind, nil
	})
}

// awaitEnd is `ended ID PHASE`: it waits until the job has ended so; with a
// phase that is no end, until it has reached it.
func awaitEnd(ts *testscript.TestScript, _ bool, args []string) {
	id, err := job.ParseID(args[0])
	ts.Check(err)
	withBroker(ts, func(ctx context.Context, b *broker.Broker) (bool, error) {
		last, err := b.Last(ctx, id)
		if errors.Is(err, broker.ErrNotFound) {
			return false, nil
		}
		return last.Phase == job.Phase(args[1]), err
	})
}

// awaitPending is `pending N`: it waits until the queue holds that many jobs.
func awaitPending(ts *testscript.TestScript, _ bool, args []string) {
	withBroker(ts, func(ctx context.Context, b *broker.Broker) (bool, error) {
		jobs, err := b.PendingJobs(ctx, job.DefaultQueue)
		return strconv.Itoa(len(jobs)) == args[0], err
	})
}

// checkMaxJobs is `maxjobs N`: the queue takes so many jobs.
func checkMaxJobs(ts *testscript.TestScript, _ bool, args []string) {
	nc, err := nats.Connect(ts.Getenv("NATS_URL"))
	ts.Check(err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	ts.Check(err)
	stream, err := js.Stream(context.Background(), "DISCOMFY_JOBS")
	ts.Check(err)
	if got := stream.CachedInfo().Config.MaxMsgs; strconv.FormatInt(got, 10) != args[0] {
		ts.Fatalf("the queue takes %d jobs, want %s", got, args[0])
	}
}

// awaitWaiting is `waiting N`: it waits until so many jobs wait in the queue.
func awaitWaiting(ts *testscript.TestScript, _ bool, args []string) {
	withBroker(ts, func(ctx context.Context, b *broker.Broker) (bool, error) {
		snapshot, err := b.Snapshot(ctx, job.DefaultQueue)
		return err == nil && strconv.Itoa(len(snapshot.Waiting)) == args[0], nil
	})
}

// awaitFile is `arrived FILE`: it waits until the file is there.
func awaitFile(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	ts.Check(poll(ctx, func() (bool, error) {
		info, err := os.Stat(ts.MkAbs(args[0]))
		return err == nil && info.Size() > 0, nil
	}))
}

// withBroker repeats a question to NATS until the answer is yes.
func withBroker(ts *testscript.TestScript, ask func(context.Context, *broker.Broker) (bool, error)) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), within, errors.New("not within "+within.String()))
	defer cancel()
	b, err := broker.Connect(ctx, broker.Config{URL: ts.Getenv("NATS_URL"), Wait: true})
	ts.Check(err)
	defer b.Close()
	ts.Check(poll(ctx, func() (bool, error) { return ask(ctx, b) }))
}

// keepOutput is `keep VAR`: the last output goes into a variable.
func keepOutput(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// exitCodeOf is `code N COMMAND…`: the command ends with that code.
func exitCodeOf(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	want := args[0]
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != want {
		ts.Fatalf("exit code %s, want %s", got, want)
	}
}
