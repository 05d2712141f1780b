package card_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/discord/card"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

const (
	ann = "80351110224678912"
	bob = "41771983423143937"
)

func now() time.Time { return time.Unix(1790000000, 0).UTC() }

func in(s float64) time.Time { return now().Add(time.Duration(s * float64(time.Second))) }

func id(n int) job.ID { return job.FromInteraction(fmt.Sprint("interaction", n)) }

// manifests are read once.
var manifests = sync.OnceValues(func() (workflow.Catalog, error) {
	files, err := filepath.Glob("testdata/manifests/*.yaml")
	if err != nil || len(files) == 0 {
		return workflow.Catalog{}, fmt.Errorf("no manifests in testdata: %w", err)
	}
	var c workflow.Catalog
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return c, err
		}
		m, err := workflow.ParseManifest(data)
		if err != nil {
			return c, fmt.Errorf("%s: %w", f, err)
		}
		c.Offers = append(c.Offers, workflow.Offer{Manifest: m})
	}
	return c, nil
})

// shipped is a catalog with a workflow of each kind.
func shipped(t testing.TB) workflow.Catalog {
	t.Helper()
	c, err := manifests()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func offer(t testing.TB, name string) *workflow.Offer {
	t.Helper()
	o, ok := shipped(t).Find(name)
	if !ok {
		t.Fatalf("no manifest %s", name)
	}
	return &o
}

func request(params job.Params) *job.Request {
	return &job.Request{
		ID: id(1), Queue: job.DefaultQueue, User: "discord-" + ann, Workflow: "txt2img",
		Params: params, Created: in(-75),
	}
}

func foxParams() job.Params {
	return job.Params{
		"prompt":   "a red fox asleep in fresh snow, golden hour, 85mm",
		"negative": "blurry, text", "checkpoint": "sd_xl_base_1.0.safetensors",
		"lora": "fur_detail_v2.safetensors", "lora_strength": json.Number("0.8"),
		"width": json.Number("1024"), "height": json.Number("768"),
		"steps": json.Number("20"), "cfg": json.Number("7"), "sampler": "euler", "scheduler": "normal",
		"seed": json.Number("903716283847561"), "batch": json.Number("1"),
	}
}

// fox is an ordinary job of Ann's in a guild.
func fox(t testing.TB, change func(v *card.View)) card.View {
	t.Helper()
	v := card.View{
		Job: id(1), Offer: offer(t, "txt2img"), Request: request(foxParams()),
		Actions: card.ActionsOf(shipped(t), nil), Asker: ann, Now: now(),
	}
	if change != nil {
		change(&v)
	}
	return v
}

func queued(t testing.TB, change func(v *card.View)) card.View {
	t.Helper()
	return fox(t, func(v *card.View) {
		v.State = &job.State{Job: v.Job, Phase: job.Queued, At: in(-70)}
		v.Position, v.Of, v.Start = 3, 5, in(95)
		if change != nil {
			change(v)
		}
	})
}

func running(t testing.TB, change func(v *card.View)) card.View {
	t.Helper()
	return fox(t, func(v *card.View) {
		v.State = &job.State{Job: v.Job, Phase: job.Running, At: in(-14), Attempt: 1, Starts: 1}
		v.Progress = &job.Progress{
			Job: v.Job, Attempt: 1, Percent: 46.7, Node: "3", Title: "Sampling", Step: 9, Steps: 20,
			Nodes: job.Nodes{Total: 8, Done: 4, Cached: 3}, Started: in(-14), ETA: in(18), At: now(),
		}
		v.Preview = "preview.jpg"
		if change != nil {
			change(v)
		}
	})
}

// ended is the record of a job that ended so.
func ended(t testing.TB, p job.Phase, change func(v *card.View)) card.View {
	t.Helper()
	return fox(t, func(v *card.View) {
		v.State = &job.State{
			Job: v.Job, Phase: p, At: now(), Attempt: 1, Starts: 1, Request: v.Request, PromptID: v.Job.String(),
			Timings: &job.Timings{Created: in(-75), Submitted: in(-33), Started: in(-32.4), Ended: in(-0.2)},
			Nodes:   &job.Nodes{Total: 8, Done: 5, Cached: 3},
		}
		v.Request = nil
		if p == job.Done {
			v.State.Results = results(v.Job, 1, "image/png")
		}
		if change != nil {
			change(v)
		}
	})
}

func failed(t testing.TB, p job.Phase, e *job.Error) card.View {
	t.Helper()
	return ended(t, p, func(v *card.View) { v.State.Error = e })
}

func results(of job.ID, n int, kind string) []job.Result {
	list := make([]job.Result, n)
	for i := range list {
		list[i] = job.Result{
			Name: fmt.Sprintf("%s/1-%d.png", of, i+1), File: fmt.Sprintf("fox_%05d_.png", i+1), Type: kind, Size: 1_482_113,
		}
	}
	return list
}
