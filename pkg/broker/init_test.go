package broker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/job"
)

// configs are the settings of all streams, by name.
func configs(t *testing.T, js jetstream.JetStream) map[string]jetstream.StreamConfig {
	t.Helper()
	all := make(map[string]jetstream.StreamConfig)
	list := js.ListStreams(t.Context())
	for info := range list.Info() {
		all[info.Config.Name] = info.Config
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestInitMakesEverything(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	_, js := raw(t, s)
	all := configs(t, js)
	var names []string
	for name, c := range all {
		names = append(names, name)
		if c.Description == "" || c.Metadata["app"] != "discomfy" || c.Storage != jetstream.FileStorage {
			t.Errorf("%s: description %q, metadata %v, storage %v", name, c.Description, c.Metadata, c.Storage)
		}
	}
	want := []string{"DISCOMFY_JOBS", "DISCOMFY_PROGRESS", "DISCOMFY_STATE", "OBJ_DISCOMFY_INPUTS", "OBJ_DISCOMFY_RESULTS"}
	if d := cmp.Diff(want, sorted(names)); d != "" {
		t.Errorf("streams (-want +got):\n%s", d)
	}
	if c := all["DISCOMFY_STATE"]; c.MaxMsgs != -1 || c.MaxBytes != -1 || c.AllowDirect || !c.AllowMsgTTL {
		t.Errorf("DISCOMFY_STATE can lose its epoch: %+v", c)
	}
	for name, c := range all {
		if lossy := name == "DISCOMFY_PROGRESS"; (c.PersistMode == jetstream.AsyncPersistMode) != lossy {
			t.Errorf("%s is kept in mode %v", name, c.PersistMode)
		}
	}
	consumer, err := js.Consumer(t.Context(), "DISCOMFY_JOBS", "bridge")
	if err != nil {
		t.Fatal(err)
	}
	if c := consumer.CachedInfo().Config; c.MaxAckPending != 2000 || c.MaxDeliver != -1 || c.Description == "" {
		t.Errorf("consumer bridge: %+v", c)
	}
	if err := b.Init(t.Context(), broker.InitConfig{Queues: []job.Queue{"second"}}); err != nil {
		t.Fatal(err)
	}
	if got := configs(t, js)["DISCOMFY_JOBS_second"].Subjects; !cmp.Equal(got, []string{"discomfy.jobs.second.*.*"}) {
		t.Errorf("subjects of the second queue: %v", got)
	}
}

func TestInitTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	_, js := raw(t, s)
	submit(t, b, request())
	before := configs(t, js)
	logs := new(logBuffer)
	again := connect(t, s, func(c *broker.Config) { c.Log = logger(logs) })
	if err := again.Init(t.Context(), broker.InitConfig{}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, configs(t, js)); d != "" {
		t.Errorf("a second Init changed settings (-before +after):\n%s", d)
	}
	if strings.Contains(logs.String(), "updated") {
		t.Errorf("a second Init updated something:\n%s", logs)
	}
	if jobs, err := b.PendingJobs(t.Context(), queue); err != nil || len(jobs) != 1 {
		t.Errorf("jobs after a second Init: %v, %v", jobs, err)
	}
}

func TestInitKeepsWhatAnOperatorChose(t *testing.T) {
	t.Parallel()
	s, b := setUp(t)
	_, js := raw(t, s)
	c := configs(t, js)["DISCOMFY_STATE"]
	c.MaxAge = 365 * 24 * time.Hour
	c.Metadata["team"] = "art"
	if _, err := js.UpdateStream(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := b.Init(t.Context(), broker.InitConfig{MaxJobs: 30}); err != nil {
		t.Fatal(err)
	}
	if err := b.Init(t.Context(), broker.InitConfig{}); err != nil {
		t.Fatal(err)
	}
	all := configs(t, js)
	if got := all["DISCOMFY_STATE"]; got.MaxAge != c.MaxAge || got.Metadata["team"] != "art" {
		t.Errorf("the operator's age or metadata is gone: %+v", got)
	}
	if got := all["DISCOMFY_JOBS"].MaxMsgs; got != 30 {
		t.Errorf("the limit set by the first Init became %d, want 30", got)
	}
	if got := all["OBJ_DISCOMFY_RESULTS"].MaxBytes; got != 256<<20 {
		t.Errorf("the results' size became %d", got)
	}
	consumer, err := js.Consumer(t.Context(), "DISCOMFY_JOBS", "bridge")
	if err != nil || consumer.CachedInfo().Config.MaxAckPending != 30 {
		t.Errorf("the consumer does not hold what the queue may have: %v", err)
	}
}

func TestInitUpgradesAnOlderSetUp(t *testing.T) {
	t.Parallel()
	s := embeddedtest.Start(t)
	nc, js := raw(t, s)
	old := jetstream.StreamConfig{
		Name: "DISCOMFY_STATE", Subjects: []string{"discomfy.state.*.*", "discomfy.lease.*", "discomfy.epoch.*"},
		MaxAge: 24 * time.Hour, MaxMsgs: 100, AllowDirect: true, MaxMsgsPerSubject: 8,
	}
	if _, err := js.CreateStream(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "discomfy.epoch.default", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	initialise(t, connect(t, s, nil))
	got := configs(t, js)["DISCOMFY_STATE"]
	if got.MaxMsgs != -1 || got.AllowDirect || !got.AllowMsgTTL || got.MaxAge != 90*24*time.Hour || len(got.Subjects) != 6 {
		t.Errorf("not upgraded: %+v", got)
	}
	stream, err := js.Stream(t.Context(), "DISCOMFY_STATE")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.GetLastMsgForSubject(t.Context(), "discomfy.epoch.default"); err != nil {
		t.Errorf("the stored epoch is gone: %v", err)
	}
	_ = nc
}

func TestInitNamesAStreamThatItCanNotChange(t *testing.T) {
	t.Parallel()
	s := embeddedtest.Start(t)
	_, js := raw(t, s)
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "DISCOMFY_STATE", Subjects: []string{"discomfy.state.*.*"}, Storage: jetstream.MemoryStorage,
	})
	if err != nil {
		t.Fatal(err)
	}
	err = connect(t, s, nil).Init(t.Context(), broker.InitConfig{ResultsBytes: 1 << 20, InputsBytes: 1 << 20})
	if err == nil || !strings.Contains(err.Error(), "DISCOMFY_STATE") || !strings.Contains(err.Error(), "refuses to change") {
		t.Errorf("error %v", err)
	}
}

func TestInitFitsTheServersStore(t *testing.T) {
	t.Parallel()
	s := embeddedtest.StartWith(t, embedded.Config{Dir: t.TempDir(), MaxStore: 1 << 30})
	b := connect(t, s, nil)
	if err := b.Init(t.Context(), broker.InitConfig{}); err != nil {
		t.Fatalf("sizes left to us must fit: %v", err)
	}
	_, js := raw(t, s)
	if got := configs(t, js)["OBJ_DISCOMFY_RESULTS"].MaxBytes; got < 64<<20 || got > 1<<30 {
		t.Errorf("results' size %d", got)
	}
	err := b.Init(t.Context(), broker.InitConfig{ResultsBytes: 100 << 30})
	if err == nil || !strings.Contains(err.Error(), "max_file_store") {
		t.Errorf("a size that can not be had: %v", err)
	}
}
