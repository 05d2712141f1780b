package broker

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
)

func TestUnfitServersAreRefusedInASentence(t *testing.T) {
	t.Parallel()
	level := func(n int) *jetstream.AccountInfo {
		return &jetstream.AccountInfo{API: jetstream.APIStats{Level: n}}
	}
	for name, test := range map[string]struct {
		info  *jetstream.AccountInfo
		err   error
		unfit bool
		says  string
	}{
		"2.9":           {info: level(0), unfit: true, says: "NATS 2.9.25 has JetStream API level 0, and 4 (NATS 2.14) is needed"},
		"2.12":          {info: level(3), unfit: true, says: "install a newer NATS"},
		"2.14":          {info: level(4)},
		"2.15":          {info: level(5)},
		"no JetStream":  {err: jetstream.ErrJetStreamNotEnabled, unfit: true, says: "JetStream is off"},
		"not for us":    {err: jetstream.ErrJetStreamNotEnabledForAccount, unfit: true, says: "JetStream is off"},
		"no answer yet": {err: context.DeadlineExceeded, says: "ask for JetStream's API level"},
	} {
		err := checkFitness(test.info, test.err, "2.9.25")
		if errors.Is(err, ErrUnfit) != test.unfit || (err == nil) != (test.says == "") ||
			err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEitherClockEndsALease(t *testing.T) {
	t.Parallel()
	base := instant{wall: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), mono: time.Hour}
	for name, test := range map[string]struct {
		wall, mono, want time.Duration
	}{
		"both":                      {2 * time.Second, 2 * time.Second, 2 * time.Second},
		"suspended: mono stood":     {time.Minute, time.Second, time.Minute},
		"wall clock was set back":   {-time.Hour, 3 * time.Second, 3 * time.Second},
		"wall clock was set onward": {time.Hour, time.Second, time.Hour},
	} {
		now := instant{wall: base.wall.Add(test.wall), mono: base.mono + test.mono}
		if got := now.since(base); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	api := func(code int, errCode jetstream.ErrorCode, text string) error {
		return errors.Join(errors.New("nats"), &jetstream.APIError{Code: code, ErrorCode: errCode, Description: text})
	}
	for name, test := range map[string]struct {
		err  error
		want verdict
	}{
		"stored":              {nil, accepted},
		"wrong last sequence": {api(400, 10071, "wrong last sequence: 7"), refused},
		"in flight":           {api(400, 10164, "wrong last sequence"), uncertain},
		"per subject":         {api(503, 10077, "maximum messages per subject exceeded"), duplicate},
		"messages":            {api(503, 10077, "maximum messages exceeded"), queueFull},
		"bytes":               {api(503, 10077, "maximum bytes exceeded"), storeFull},
		"resources":           {api(503, 10023, "insufficient resources"), storeFull},
		"too many":            {api(429, 10167, "too many requests"), uncertain},
		"no leader":           {api(503, 10008, "temporarily unavailable"), uncertain},
		"bad request":         {api(400, 10003, "bad request"), broken},
		"no stream":           {jetstream.ErrNoStreamResponse, absent},
		"timeout":             {context.DeadlineExceeded, uncertain},
		"disconnected":        {nats.ErrReconnectBufExceeded, uncertain},
		"too large":           {nats.ErrMaxPayload, broken},
		"closed":              {nats.ErrConnectionClosed, broken},
	} {
		if got := judge(test.err); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestLeasesAreWholeSeconds(t *testing.T) {
	t.Parallel()
	for given, want := range map[time.Duration]time.Duration{
		0: DefaultLease, time.Millisecond: time.Second, 1500 * time.Millisecond: 2 * time.Second, 3 * time.Second: 3 * time.Second,
	} {
		if got := (Config{Lease: given}).withDefaults().Lease; got != want {
			t.Errorf("lease %v became %v, want %v", given, got, want)
		}
	}
}

func TestAddressesAreRedacted(t *testing.T) {
	t.Parallel()
	got := Config{URL: "nats://ann:secret@a:4222, nats://token@b:4222,%zz"}.address()
	if strings.Contains(got, "secret") || strings.Contains(got, "token") || !strings.Contains(got, "@a:4222") {
		t.Errorf("address %q", got)
	}
}

func TestASnapshotIsCutToFit(t *testing.T) {
	t.Parallel()
	s := job.Snapshot{Running: make([]job.Place, 2), Waiting: make([]job.Place, 5000)}
	if got := fitting(s, 1<<20); len(got.Waiting) != 2619 || len(got.Running) != 2 {
		t.Errorf("%d waiting, %d running", len(got.Waiting), len(got.Running))
	}
	if got := fitting(job.Snapshot{Waiting: make([]job.Place, 9)}, 1<<20); len(got.Waiting) != 9 {
		t.Errorf("%d waiting", len(got.Waiting))
	}
}

func TestARequestEndsWithItsConnection(t *testing.T) {
	t.Parallel()
	b := &Broker{}
	b.link = newLink(Config{Log: slog.New(slog.DiscardHandler)}, &b.count)
	ctx, cancel := b.request(t.Context(), time.Hour)
	defer cancel()
	b.link.advance()
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the request goes on")
	}
	again, cancelAgain := b.request(t.Context(), time.Hour)
	defer cancelAgain()
	if again.Err() != nil {
		t.Error("a request on the new connection has ended too")
	}
}

// States are read again soon after each find, and after an alarm that was too
// early, but not for ever.
func TestRereads(t *testing.T) {
	t.Parallel()
	var j followed
	now := time.Now()
	for _, found := range []bool{false, true} {
		j.wake(now)
		j.settle(now, found)
		if wait := j.due.Sub(now); wait != rereadFirst {
			t.Errorf("found %v: the next read is in %v", found, wait)
		}
	}
	for range rereads {
		j.settle(now, false)
	}
	if wait := j.due.Sub(now); wait != recheck {
		t.Errorf("after %d vain reads the next is in %v", rereads, wait)
	}
}

func TestFinishedMessagesAreRememberedWithinABound(t *testing.T) {
	t.Parallel()
	h := newHoldings()
	for seq := range uint64(rememberDone + 10) {
		id := job.NewID()
		if got := h.add(id, seq, nil); got != fresh {
			t.Fatalf("message %d: %v", seq, got)
		}
		h.remove(id)
		if got := h.add(id, seq, nil); got != finished {
			t.Fatalf("message %d after its end: %v", seq, got)
		}
	}
	if len(h.done) != rememberDone || len(h.ring) != rememberDone || len(h.jobs) != 0 {
		t.Errorf("%d, %d, %d are remembered", len(h.done), len(h.ring), len(h.jobs))
	}
}
