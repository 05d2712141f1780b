package broker_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/job"
)

// bare is what NATS itself needs for a durable publish of this size into a
// plain stream, on the same server in the same run: the measure of the others.
func bare(b *testing.B, js jetstream.JetStream, data []byte) time.Duration {
	b.Helper()
	const n = 300
	if _, err := js.CreateOrUpdateStream(b.Context(), jetstream.StreamConfig{Name: "BARE", Subjects: []string{"bare.*"}}); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for i := range n {
		if _, err := js.Publish(b.Context(), fmt.Sprintf("bare.%d", i), data); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began) / n
}

// ratio reports the cost of one operation as a multiple of a bare publish.
func ratio(b *testing.B, publish time.Duration) {
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(publish), "x-bare-publish")
}

// measured is a term and the cost of a bare publish of a request beside it.
func measured(b *testing.B) (*broker.Broker, *leader, time.Duration) {
	b.Helper()
	s, bk := setUp(b)
	_, js := raw(b, s)
	data, err := json.Marshal(request())
	if err != nil {
		b.Fatal(err)
	}
	publish := bare(b, js, data)
	return bk, lead(b, bk), publish
}

// BenchmarkSubmitToDelivery is a job's way from Submit to the bridge.
func BenchmarkSubmitToDelivery(b *testing.B) {
	bk, term, publish := measured(b)
	for b.Loop() {
		r := request()
		submit(b, bk, r)
		d := next(b, term.Deliveries(), "the job")
		b.StopTimer() // what ends the job is measured below
		write(b, term.Term, job.State{Job: d.Request.ID, Phase: job.Done})
		if err := term.Done(b.Context(), d.Request.ID); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	ratio(b, publish)
}

// BenchmarkJob is all that one job costs in NATS, from Submit to Done.
func BenchmarkJob(b *testing.B) {
	bk, term, publish := measured(b)
	for b.Loop() {
		r := request()
		submit(b, bk, r)
		next(b, term.Deliveries(), "the job")
		for _, p := range []job.Phase{job.Queued, job.Submitted, job.Running, job.Done} {
			write(b, term.Term, job.State{Job: r.ID, Phase: p})
		}
		if err := term.Done(b.Context(), r.ID); err != nil {
			b.Fatal(err)
		}
	}
	ratio(b, publish)
}

// BenchmarkWrite is one fenced state.
func BenchmarkWrite(b *testing.B) {
	_, term, publish := measured(b)
	id := job.NewID()
	for b.Loop() {
		write(b, term.Term, job.State{Job: id, Phase: job.Running})
	}
	ratio(b, publish)
}

// BenchmarkPutResult stores 20 MB, measured by nats.go's own object store.
func BenchmarkPutResult(b *testing.B) {
	s, bk := setUp(b)
	_, js := raw(b, s)
	term := lead(b, bk)
	data := content(20 << 20)
	store, err := js.ObjectStore(b.Context(), "DISCOMFY_RESULTS")
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if _, err := store.PutBytes(b.Context(), "bare", data); err != nil {
		b.Fatal(err)
	}
	library := time.Since(began)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, _, err := term.PutResult(b.Context(), "mine", bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
		b.StopTimer() // the bucket has room for a few only
		if err := store.Delete(b.Context(), "mine"); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(library), "x-nats.go")
}

// BenchmarkProgress is a progress on its way to a follower, measured by a bare
// message between two connections.
func BenchmarkProgress(b *testing.B) {
	s := embeddedtest.Start(b)
	bk := connect(b, s, nil)
	initialise(b, bk)
	message := bareMessage(b, s.ClientURL())
	term := lead(b, bk)
	id := job.NewID()
	updates, err := bk.Follow(b.Context(), queue, id)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		term.Progress(job.Progress{Job: id, Percent: 50})
		next(b, updates, "the progress")
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(message), "x-bare-message")
}

func bareMessage(b *testing.B, url string) time.Duration {
	b.Helper()
	const n = 1000
	nc, err := nats.Connect(url)
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	other, err := nats.Connect(url)
	if err != nil {
		b.Fatal(err)
	}
	defer other.Close()
	sub, err := other.SubscribeSync("bare")
	if err != nil {
		b.Fatal(err)
	}
	if err := other.Flush(); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for range n {
		if err := nc.Publish("bare", []byte("{}")); err != nil {
			b.Fatal(err)
		}
		if _, err := sub.NextMsg(patience); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began) / n
}
