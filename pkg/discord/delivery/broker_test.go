package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded/embeddedtest"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/job"
)

// From the real store to a message and to a link.
func TestResultsComeFromTheBroker(t *testing.T) {
	t.Parallel()
	server := embeddedtest.Start(t)
	b, err := broker.Connect(t.Context(), broker.Config{URL: server.ClientURL(), Name: t.Name(), Lease: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.Init(t.Context(), broker.InitConfig{ResultsBytes: 64 << 20, InputsBytes: 16 << 20}); err != nil {
		t.Fatal(err)
	}
	data := withPrompt(pngOf(t, noise(400, 300)))
	name := jobID.String() + "/1-1.png"
	stored := errors.New("stored")
	err = b.Lead(t.Context(), job.DefaultQueue, func(ctx context.Context, term *broker.Term) error {
		_, _, err := term.PutResult(ctx, name, bytes.NewReader(data))
		return errors.Join(err, stored)
	})
	if !errors.Is(err, stored) {
		t.Fatal(err)
	}
	links, err := delivery.NewLinks(delivery.LinksConfig{Store: b, Secrets: [][]byte{secret}, Public: &url.URL{Scheme: "https", Host: "example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := delivery.New(delivery.Config{Store: b, Links: links, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	o := delivery.Order{Job: jobID, Workflow: "txt2img", Results: []job.Result{
		{Name: name, File: "a.png", Type: "image/png", Size: int64(len(data))},
		{Name: jobID.String() + "/1-2.png", File: "b.png", Type: "image/png", Size: 5},
	}}
	plan, err := p.Prepare(t.Context(), o, delivery.Place{Limit: 100_000})
	if err != nil || len(files(plan)) != 1 || len(plan.Links) != 1 || plan.Notes[1] != "File 2 is not attached: it is no longer stored" {
		t.Fatalf("%+v, %v", plan, err)
	}
	web := httptest.NewServer(links)
	defer web.Close()
	resp, body, err := served{t: t}.get("GET", web.URL+plan.Links[0].URL.RequestURI())
	if err != nil || !bytes.Equal(body, data) {
		t.Errorf("%v, %v", resp, err)
	}
	if resp, body, err = (served{t: t}).get("GET", web.URL+plan.Links[0].URL.RequestURI(), "Range", "bytes=200000-200099"); err != nil || !bytes.Equal(body, data[200_000:200_100]) {
		t.Errorf("a range: %v, %v", resp, err)
	}
	if err := errors.Join(plan.Close(), p.Close()); err != nil {
		t.Error(err)
	}
}
