package bridge

import (
	"context"
	"strconv"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/job"
)

// BenchmarkSnapshot is one snapshot of a queue of ten thousand jobs of a
// hundred users, from the schedule to the connection.
func BenchmarkSnapshot(b *testing.B) {
	conn, err := broker.Connect(b.Context(), broker.Config{InProcess: embeddedtest.Start(b)})
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Init(b.Context(), broker.InitConfig{}); err != nil {
		b.Fatal(err)
	}
	a := &active{
		Bridge: New(Config{}, conn, nil, nil), link: newLink(), memory: newMemory(),
		schedule: newSchedule(), runs: map[job.ID]*run{},
	}
	for i := range 10_000 {
		user := job.User("test-" + strconv.Itoa(i%100))
		a.schedule.add(&held{seq: uint64(i), request: job.Request{ID: job.NewID(), User: user, Workflow: "work"}})
	}
	err = conn.Lead(b.Context(), job.DefaultQueue, func(_ context.Context, t *broker.Term) error {
		a.term = t
		for b.Loop() {
			a.term.Snapshot(a.picture(time.Now()))
		}
		return context.Canceled
	})
	if err != context.Canceled {
		b.Fatal(err)
	}
}
