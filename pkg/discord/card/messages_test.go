package card_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/job"
)

// messages are all that the package makes, by the name of their golden file.
func messages(t testing.TB) map[string]api.Message {
	t.Helper()
	all := map[string]api.Message{}
	for name, v := range views(t) {
		all[name] = card.Card(v)
	}
	maps.Copy(all, answers(t))
	return all
}

func views(t testing.TB) map[string]card.View {
	t.Helper()
	all := map[string]card.View{}
	maps.Copy(all, waitingViews(t))
	maps.Copy(all, runningViews(t))
	maps.Copy(all, doneViews(t))
	maps.Copy(all, failedViews(t))
	return all
}

func waitingViews(t testing.TB) map[string]card.View {
	t.Helper()
	retry := func(note string, why job.Code) card.View {
		return queued(t, func(v *card.View) {
			v.State.Note, v.State.Retry, v.State.Attempt, v.Position = note, why, 1, 2
		})
	}
	return map[string]card.View{
		"10-accepted":               fox(t, nil),
		"10-accepted-ephemeral":     fox(t, func(v *card.View) { v.Private, v.Refresh = true, true }),
		"11-waiting-third":          queued(t, nil),
		"11-waiting-next":           queued(t, func(v *card.View) { v.Position, v.Of, v.Start = 1, 1, time.Time{} }),
		"11-waiting-raised":         queued(t, func(v *card.View) { v.Position, v.Raised = 2, true }),
		"11-waiting-no-place":       queued(t, func(v *card.View) { v.Position, v.Of, v.Start = 0, 0, time.Time{} }),
		"11-waiting-late":           queued(t, func(v *card.View) { v.Position, v.Start = 2, in(-4) }),
		"12-waiting-bridge-offline": queued(t, func(v *card.View) { v.Offline = true }),
		"12-waiting-comfyui-silent": queued(t, func(v *card.View) {
			v.Server = "ComfyUI does not answer; jobs wait until it does"
		}),
		"13-waiting-not-edited": queued(t, func(v *card.View) { v.AsOf = now() }),
		"13-waiting-asleep":     queued(t, func(v *card.View) { v.Private, v.Refresh, v.AsOf = true, true, now() }),
		"14-in-comfyui": queued(t, func(v *card.View) {
			v.State.Phase, v.State.Attempt, v.Position, v.Start = job.Submitted, 1, 2, in(12)
		}),
		"15-retry-memory": retry("out of memory; trying once more", job.CodeOutOfMemory),
		"15-retry-lost":   retry("ComfyUI does not have it; trying again", ""),
	}
}

func runningViews(t testing.TB) map[string]card.View {
	t.Helper()
	return map[string]card.View{
		"20-running-start": running(t, func(v *card.View) { v.Progress, v.Preview = nil, "" }),
		"20-running":       running(t, nil),
		"20-running-first-try-of-a-workflow": running(t, func(v *card.View) {
			v.Progress.ETA, v.Progress.Nodes.Cached, v.Preview = time.Time{}, 0, ""
		}),
		"20-running-longer": running(t, func(v *card.View) { v.Progress.ETA, v.Progress.Percent = in(-3), 97 }),
		"21-running-second-attempt": running(t, func(v *card.View) {
			v.State.Attempt, v.Progress.Attempt, v.Progress.Percent = 2, 2, 3
		}),
		"21-running-spoiler":        running(t, func(v *card.View) { v.Spoiler = true }),
		"22-running-bridge-offline": running(t, func(v *card.View) { v.Offline = true }),
		"22-running-comfyui-silent": running(t, func(v *card.View) { v.Server = "ComfyUI does not answer; jobs wait until it does" }),
		"23-running-asleep":         running(t, func(v *card.View) { v.Refresh, v.AsOf, v.Preview = true, now(), "" }),
		"24-stopping": running(t, func(v *card.View) {
			v.State.Phase, v.State.Stop = job.Stopping, &job.Stop{Code: job.CodeCancelled, By: "discord-" + ann}
		}),
		"24-stopping-by-time": running(t, func(v *card.View) {
			v.State.Phase, v.State.Stop = job.Stopping, &job.Stop{Code: job.CodeTimedOut, By: "limit of 10m0s"}
		}),
	}
}

func doneViews(t testing.TB) map[string]card.View {
	t.Helper()
	many := func(n int) card.View {
		return ended(t, job.Done, func(v *card.View) {
			v.State.Results = results(v.Job, n, "image/png")
			v.State.Request.Params["batch"] = json.Number(fmt.Sprint(n))
		})
	}
	other := func(workflow, kind string, n int, params job.Params) card.View {
		return ended(t, job.Done, func(v *card.View) {
			v.State.Request.Workflow, v.State.Request.Params = workflow, params
			v.State.Results, v.Offer = results(v.Job, n, kind), offer(t, workflow)
		})
	}
	upscaled := other("test-upscale", "image/png", 1, job.Params{"factor": "4", "method": "lanczos"})
	upscaled.State.Request.Inputs = map[string]string{"image": "a"}
	return map[string]card.View{
		"30-done":             ended(t, job.Done, nil),
		"30-done-new-message": ended(t, job.Done, func(v *card.View) { v.Mention = true }),
		"30-done-private":     ended(t, job.Done, func(v *card.View) { v.Private = true }),
		"31-done-four":        many(4),
		"31-done-fourteen":    many(14),
		"31-done-forty":       many(40),
		"32-done-video": other("wan", "video/mp4", 1, job.Params{
			"prompt": "the fox wakes up", "frames": json.Number("81"), "seed": json.Number("5"),
		}),
		"32-done-upscaled":         upscaled,
		"33-done-unknown-workflow": ended(t, job.Done, func(v *card.View) { v.Offer, v.Actions = nil, card.Actions{} }),
		"34-done-notes": ended(t, job.Done, func(v *card.View) {
			v.Notes = []string{"the picture was 11.4 MB and is shown as a WebP without loss", "this workflow has no option `hires`"}
			v.Originals = []card.Original{{Name: "fox_00001_.png", URL: "https://pictures.example.org/files/a/b.png?s=(x)", Expires: in(72 * 3600)}}
		}),
		"35-done-automod": ended(t, job.Done, func(v *card.View) { v.Wordless = true }),
		"36-done-hostile": ended(t, job.Done, func(v *card.View) {
			v.State.Request.Params = job.Params{
				"prompt":   "# @everyone <@" + bob + ">\n- **[free nitro](https://evil.example)** ||x|| `<t:1:R>` \u202eabc :smile: <a:b:1>",
				"negative": "1. https://evil.example/<#123>", "seed": "`1`",
			}
		}),
	}
}

func failedViews(t testing.TB) map[string]card.View {
	t.Helper()
	cancelled := func(by string) card.View {
		return ended(t, job.Cancelled, func(v *card.View) { v.State.Stop = &job.Stop{Code: job.CodeCancelled, By: by} })
	}
	return map[string]card.View{
		"40-failed-memory": failed(t, job.Failed, &job.Error{Code: job.CodeOutOfMemory, Node: "3", Title: "Sampling", Message: "Allocation on device"}),
		"40-failed-node": failed(t, job.Failed, &job.Error{
			Code: job.CodeNodeFailed, Node: "4", Title: "Load checkpoint", Message: "Error while deserializing header: InvalidHeaderDeserialization",
		}),
		"40-failed-no-output": failed(t, job.Failed, &job.Error{Code: job.CodeNoOutput, Message: "no output node saved a file"}),
		"40-failed-too-large": failed(t, job.Failed, &job.Error{Code: job.CodeTooLarge, Message: "1200 files, the limit is 1000"}),
		"40-failed-internal":  failed(t, job.Failed, &job.Error{Code: job.CodeInternal}),
		"40-failed-new-message": ended(t, job.Failed, func(v *card.View) {
			v.Mention, v.State.Error = true, &job.Error{Code: job.CodeOutOfMemory}
		}),
		"41-timed-out": failed(t, job.Failed, &job.Error{Code: job.CodeTimedOut, Message: "limit of 10m0s"}),
		"41-expired":   failed(t, job.Failed, &job.Error{Code: job.CodeExpired, Message: "for 120h0m0s"}),
		"42-rejected": failed(t, job.Rejected, &job.Error{
			Code: job.CodeRejected, Node: "3", Title: "Sampling", Input: "denoise", Message: "Value 1.5 bigger than max of 1.0",
		}),
		"42-rejected-missing-model": failed(t, job.Rejected, &job.Error{
			Code: job.CodeMissingModel, Input: "checkpoint", Message: "\"sd_xl_base_1.0.safetensors\" is not on the server",
		}),
		"42-rejected-invalid": failed(t, job.Rejected, &job.Error{
			Code: job.CodeInvalid, Input: "image", Message: "the picture is no longer stored; attach it again",
		}),
		"42-rejected-unknown":       failed(t, job.Rejected, &job.Error{Code: job.CodeUnknown, Message: "\"txt2img\" is not among the bridge's workflows"}),
		"43-cancelled":              cancelled("discord-" + ann),
		"43-cancelled-by-moderator": cancelled("discord-" + bob),
		"43-cancelled-in-comfyui":   cancelled("server"),
		"43-cancelled-in-terminal":  cancelled("terminal-ann_2eb"),
		"43-cancelled-before-it-ran": ended(t, job.Cancelled, func(v *card.View) {
			v.State.Timings, v.State.Nodes, v.State.Attempt = &job.Timings{Created: in(-75)}, nil, 0
			v.State.Stop = &job.Stop{Code: job.CodeCancelled, By: "discord-" + ann}
		}),
	}
}

func answers(t testing.TB) map[string]api.Message {
	t.Helper()
	to := func(v card.View) card.View { v.Link = "https://discord.com/channels/1/2/3"; return v }
	four := ended(t, job.Done, func(v *card.View) { v.State.Results = results(v.Job, 4, "image/png") })
	all := map[string]api.Message{
		"50-moved":           card.Moved(to(ended(t, job.Done, nil))),
		"50-moved-failed":    card.Moved(to(failed(t, job.Failed, &job.Error{Code: job.CodeOutOfMemory}))),
		"50-moved-no-link":   card.Moved(ended(t, job.Done, nil)),
		"51-gone":            card.Gone(id(1), 1, card.ActionsOf(shipped(t), nil)),
		"51-gone-bare":       card.Gone(id(1), 1, card.Actions{}),
		"52-numbered":        card.Numbered(four, 3),
		"52-numbered-wrong":  card.Numbered(four, 5),
		"53-confirm":         card.Confirm(id(1)),
		"53-confirm-message": card.ConfirmMessage(id(1), "1309000000000000090"),
		"54-record": card.Record(ended(t, job.Done, nil), []job.State{
			{Phase: job.Queued, At: in(-74)}, {Phase: job.Submitted, At: in(-33), Attempt: 1},
			{Phase: job.Running, At: in(-32), Attempt: 1}, {Phase: job.Done, At: now(), Attempt: 1},
		}),
		"54-record-open": card.Record(queued(t, nil), []job.State{{Phase: job.Queued, At: in(-74)}}),
		"55-failure-range": card.Failure(fmt.Errorf("resolve: %w", &job.Error{
			Code: job.CodeInvalid, Input: "steps", Message: "500 is more than 150; 1 to 150 is possible",
		}), job.ID{}),
		"55-failure-unconfirmed": card.Failure(&job.Error{Code: job.CodeUnconfirmed, Message: "the queue's server did not answer"}, id(1)),
		"55-failure-queue-full":  card.Failure(&job.Error{Code: job.CodeQueueFull}, job.ID{}),
		"55-failure-offline":     card.Failure(&job.Error{Code: job.CodeBridgeOffline}, job.ID{}),
		"55-failure-not-found":   card.Failure(&job.Error{Code: job.CodeNotFound}, id(1)),
		"55-failure-internal":    card.Failure(errors.New("open /secret: denied"), id(1)),
	}
	maps.Copy(all, lists(t))
	maps.Copy(all, sentences())
	return all
}

func sentences() map[string]api.Message {
	return map[string]api.Message{
		"70-not-yours": card.NotYours(), "70-hidden": card.Hidden(), "70-not-here": card.NotHere(),
		"70-too-many": card.TooMany(5), "70-old-button": card.OldButton(), "70-ended": card.Ended(),
		"70-erased": card.Erased(), "70-kept": card.Kept(), "70-unreachable": card.Unreachable(),
		"70-nobodys": card.Nobodys(), "70-not-member": card.NotMember(), "70-not-told": card.NotTold(),
		"70-busy": card.Busy(), "70-interrupted": card.Interrupted(), "70-not-stored": card.NotStored(),
		"70-no-draft": card.NoDraft(), "70-said": card.Said("cancelled while it waited"),
	}
}

func lists(t testing.TB) map[string]api.Message {
	t.Helper()
	place := func(n int, user job.User, seconds float64) job.Place {
		return job.Place{Job: id(n), User: user, Workflow: "txt2img", Seconds: seconds}
	}
	q := job.Snapshot{
		Queue: job.DefaultQueue, At: now(), Others: 1,
		Running: []job.Place{place(1, "discord-"+bob, 18)},
		Waiting: []job.Place{place(2, "discord-"+ann, 18), place(3, "terminal-carl", 50), place(4, "discord-"+bob, 82)},
	}
	prompts := map[job.ID]string{id(1): "a red fox asleep in fresh snow, golden hour, 85mm, very detailed", id(2): "an *owl*"}
	long := job.Snapshot{Queue: job.DefaultQueue, At: now(), Running: q.Running}
	for n := range 30 {
		long.Waiting = append(long.Waiting, place(n+10, "discord-"+bob, float64(20+n*30)))
	}
	long.Waiting = append(long.Waiting, place(2, "discord-"+ann, 1000))
	silent := q
	silent.Server = "ComfyUI is starting"
	var loras []card.Item
	for n := range 40 {
		loras = append(loras, card.Item{Name: fmt.Sprintf("style_%02d.safetensors", n+1), Note: "Text to picture"})
	}
	bridge := &card.Bridge{
		Queue: job.DefaultQueue, Version: "0.33.0", Devices: []string{"NVIDIA GeForce RTX 4090"}, Connected: true, Inside: 2, Waiting: 3, Others: 1,
	}
	status := card.StatusView{
		Version: "1.0.0", Bridge: bridge, NATS: card.NATS{Connected: true, Version: "2.14.0", RoundTrip: 430 * time.Microsecond}, Workflows: 6, Unusable: 1,
		Ingress: []card.Replica{
			{Name: "ingress-1", Version: "1.0.0", Source: "gateway", Started: in(-90000), Self: true},
			{Name: "ingress-2", Version: "1.0.0", Source: "gateway", Started: in(-600)},
		},
	}
	off, deaf, lost := status, status, status
	off.Bridge = nil
	deaf.Bridge = &card.Bridge{Queue: job.DefaultQueue, Words: "ComfyUI does not answer; jobs wait until it does", Waiting: 4}
	lost.NATS.Connected, lost.Bridge = false, nil
	return map[string]api.Message{
		"60-queue":          card.Queue(card.QueueView{Snapshot: q, Viewer: ann, Prompts: prompts}),
		"60-queue-empty":    card.Queue(card.QueueView{}),
		"60-queue-offline":  card.Queue(card.QueueView{Snapshot: job.Snapshot{Waiting: q.Waiting}, Offline: true, Viewer: ann}),
		"60-queue-silent":   card.Queue(card.QueueView{Snapshot: silent, Viewer: ann, Prompts: prompts}),
		"60-queue-long":     card.Queue(card.QueueView{Snapshot: long, Viewer: ann}),
		"61-status":         card.Status(status),
		"61-status-offline": card.Status(off),
		"61-status-silent":  card.Status(deaf),
		"61-status-no-nats": card.Status(lost),
		"62-help": card.Help([]card.Command{
			{ID: "1", Name: "generate", Description: "Make a picture from words"},
			{ID: "2", Name: "edit", Description: "Change a picture by words"}, {Name: "queue", Description: "Who waits, and whose turn it is"},
		}),
		"63-loras":        card.Page(card.Listing{What: card.ListLoras, Items: loras, Page: 2}),
		"63-loras-last":   card.Page(card.Listing{What: card.ListLoras, Items: loras, Page: 99, Open: true}),
		"63-models-empty": card.Page(card.Listing{What: card.ListModels}),
	}
}
