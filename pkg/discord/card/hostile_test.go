package card_test

import (
	"encoding/json"
	"strings"
	"time"

	"pgregory.net/rapid"

	"discomfy/pkg/discord/card"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// marker stands in everything that a person typed in a hostile view.
const marker = "ZQX"

// tricks are what people try, and what merely breaks.
func tricks() []string {
	return []string{
		"@everyone", "@here", "<@666>", "<@!666>", "<@&666>", "<#666>", "</x:666>", "<t:666:R>", "<:a:666>", "<a:b:666>", ":smile:",
		"<id:customize>", "https://evil.example/a_b", "http://x", "<https://x.y>", "[a](https://evil.example)", "discord.gg/abc", "**", "__", "~~", "||",
		"`", "```", "```js\n", "> ", ">>> ", "# ", "-# ", "- ", "* ", "1. ", "\\", "\\\\", "\n", "\r\n", "\t", "\x00", "\x1b[31m",
		"\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\u3164", "\u00ad", "\U000e0041", "\ue000", "\xff", "\xed\xa0\x80", "e\u0301", "Z" + strings.Repeat("\u0335", 40),
		"👩🏽‍❤️‍💋‍👨🏾", "🇩🇪", "👨‍👩‍👧‍👦", "कि", "한", "𝔘", "a", "word", " ", "https", ":", "//", "_", "*", "]", "(", ")", "<", ">", "@", "|", "~", "`", ".", "1",
	}
}

func text() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.SampledFrom(tricks()), 0, 12).Draw(t, "parts")
		s := marker + strings.Join(parts, rapid.SampledFrom([]string{"", " "}).Draw(t, "gap")) + marker
		s = strings.TrimPrefix(s, rapid.SampledFrom([]string{"", marker}).Draw(t, "start"))
		return strings.Repeat(s, rapid.SampledFrom([]int{0, 1, 1, 1, 7, 100}).Draw(t, "times"))
	})
}

func moments() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return rapid.SampledFrom([]time.Time{{}, now(), in(5), in(-5), in(1e9), time.Unix(1<<55, 0), time.Unix(-5, 0)}).Draw(t, "time")
	})
}

func values() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			return json.Number(rapid.SampledFrom([]string{"0", "-1.5", "18446744073709551615", "1e300", strings.Repeat("9", 900)}).Draw(t, "number"))
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			list := rapid.SliceOfN(text(), 0, 20).Draw(t, "list")
			out := make([]any, len(list))
			for i, s := range list {
				out[i] = s
			}
			return out
		}
		return text().Draw(t, "text")
	})
}

func params() *rapid.Generator[job.Params] {
	return rapid.Custom(func(t *rapid.T) job.Params {
		names := []string{"prompt", "text", "negative", "seed", "width", "height", "lora", "lora_strength", "checkpoint", "cfg"}
		p := job.Params{}
		for _, name := range rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(names), server()), 0, 40).Draw(t, "names") {
			p[name] = values().Draw(t, name)
		}
		return p
	})
}

func faults() *rapid.Generator[*job.Error] {
	codes := []job.Code{
		job.CodeInvalid, job.CodeUnknown, job.CodeMissingModel, job.CodeRejected, job.CodeOutOfMemory, job.CodeNodeFailed, job.CodeNoOutput,
		job.CodeTimedOut, job.CodeCancelled, job.CodeExpired, job.CodeQueueFull, job.CodeBridgeOffline, job.CodeTooLarge, job.CodeUnconfirmed,
		job.CodeNotFound, job.CodeInternal, "", "of tomorrow",
	}
	return rapid.Custom(func(t *rapid.T) *job.Error {
		if rapid.IntRange(0, 5).Draw(t, "none") == 0 {
			return nil
		}
		return &job.Error{
			Code: rapid.SampledFrom(codes).Draw(t, "code"), Message: text().Draw(t, "message"), Node: server().Draw(t, "node"),
			Title: strings.ReplaceAll(text().Draw(t, "title"), marker, ""), Input: text().Draw(t, "input"),
		}
	})
}

func phases() []job.Phase {
	return []job.Phase{"", job.Queued, job.Submitted, job.Running, job.Stopping, job.Done, job.Failed, job.Cancelled, job.Rejected}
}

func states() *rapid.Generator[*job.State] {
	return rapid.Custom(func(t *rapid.T) *job.State {
		if rapid.IntRange(0, 4).Draw(t, "none") == 0 {
			return nil
		}
		s := &job.State{
			Phase: rapid.SampledFrom(phases()).Draw(t, "phase"), At: moments().Draw(t, "at"), Attempt: rapid.IntRange(-1, 9).Draw(t, "attempt"),
			Note: server().Draw(t, "note"), Error: faults().Draw(t, "error"), PromptID: server().Draw(t, "prompt id"),
			Timings: &job.Timings{Created: moments().Draw(t, "created"), Started: moments().Draw(t, "started"), Ended: moments().Draw(t, "ended")},
			Nodes:   &job.Nodes{Total: rapid.Int().Draw(t, "total"), Cached: rapid.Int().Draw(t, "cached")},
			Results: results(id(1), rapid.SampledFrom([]int{0, 1, 2, 4, 14, 15, 16, 25, 26, 100, 101, 1000}).Draw(t, "results"),
				rapid.SampledFrom([]string{"image/png", "video/mp4", "", "audio/flac"}).Draw(t, "type")),
		}
		if rapid.Bool().Draw(t, "stop") {
			s.Stop = &job.Stop{Code: job.CodeCancelled, By: rapid.SampledFrom([]string{"server", "discord-" + ann, "discord-x", "terminal-", "<@666>", ""}).Draw(t, "by")}
		}
		return s
	})
}

// server is text that no person typed.
func server() *rapid.Generator[string] {
	return rapid.Map(text(), func(s string) string { return strings.ReplaceAll(s, marker, "") })
}

// hostile are views that no honest ingress makes.
func hostile(catalog workflow.Catalog) *rapid.Generator[card.View] {
	return rapid.Custom(func(t *rapid.T) card.View {
		v := card.View{
			Job: rapid.SampledFrom([]job.ID{id(1), id(2), {}}).Draw(t, "job"), Phase: rapid.SampledFrom(phases()).Draw(t, "phase"), State: states().Draw(t, "state"),
			Position: rapid.SampledFrom([]int{-1, 0, 1, 2, 3, 11, 22, 1 << 40}).Draw(t, "position"), Start: moments().Draw(t, "start"), Raised: rapid.Bool().Draw(t, "raised"),
			Server: rapid.OneOf(rapid.Just(""), server()).Draw(t, "server"), Offline: rapid.Bool().Draw(t, "offline"),
			Preview: rapid.SampledFrom([]string{"", "preview.jpg", "../a.png", "a b.png", "x.mp4", "p.webp"}).Draw(t, "preview"),
			Asker:   rapid.SampledFrom([]string{ann, "", "@everyone", "1 <@666>"}).Draw(t, "asker"), Mention: rapid.Bool().Draw(t, "mention"),
			Private: rapid.Bool().Draw(t, "private"), Spoiler: rapid.Bool().Draw(t, "spoiler"), Wordless: rapid.Bool().Draw(t, "wordless"),
			Refresh: rapid.Bool().Draw(t, "refresh"), Notes: rapid.SliceOfN(text(), 0, 20).Draw(t, "notes"),
			Link: links().Draw(t, "link"), AsOf: moments().Draw(t, "as of"), Now: moments().Draw(t, "now"),
			Actions: card.Actions{
				Upscale: rapid.SampledFrom([]string{"", "up"}).Draw(t, "upscale"), Edit: rapid.SampledFrom([]string{"", "e"}).Draw(t, "edit"), Animate: rapid.SampledFrom([]string{"", "a"}).Draw(t, "animate"),
				Factors: rapid.SliceOfN(rapid.SampledFrom([]string{"2", "4", "8", "2x", "", "a b", strings.Repeat("9", 90)}), 0, 9).Draw(t, "factors"),
			},
		}
		if rapid.Bool().Draw(t, "requested") {
			v.Request = &job.Request{Workflow: server().Draw(t, "workflow"), Params: params().Draw(t, "params"), Created: moments().Draw(t, "created")}
		}
		if rapid.Bool().Draw(t, "offered") {
			v.Offer = new(rapid.SampledFrom(catalog.Offers).Draw(t, "offer"))
		}
		if rapid.Bool().Draw(t, "progress") {
			v.Progress = progress().Draw(t, "progress")
		}
		for range rapid.IntRange(0, 30).Draw(t, "originals") {
			v.Originals = append(v.Originals, card.Original{Name: server().Draw(t, "name"), URL: links().Draw(t, "url"), Expires: moments().Draw(t, "expires")})
		}
		return v
	})
}

func progress() *rapid.Generator[*job.Progress] {
	return rapid.Custom(func(t *rapid.T) *job.Progress {
		return &job.Progress{
			Attempt: rapid.IntRange(0, 9).Draw(t, "attempt"), Percent: rapid.Float64().Draw(t, "percent"), Node: server().Draw(t, "node"),
			Title: server().Draw(t, "title"), Step: rapid.Int().Draw(t, "step"), Steps: rapid.Int().Draw(t, "steps"),
			Nodes:   job.Nodes{Total: rapid.Int().Draw(t, "total"), Cached: rapid.Int().Draw(t, "cached")},
			Started: moments().Draw(t, "started"), ETA: moments().Draw(t, "eta"), At: moments().Draw(t, "at"),
		}
	})
}

func links() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{
		"", "https://discord.com/channels/1/2/3", "javascript:alert(1)", "https://a.example/) <@666> [x](https://b.example", "https://u:p@c.example/",
		"//d.example", "https://e.example/?s=**|`~_\\", "https://f.example/" + strings.Repeat("x", 900), "https://", "http://[::1]:80/a", "https://g.example/ü?ö#ß",
		"https://h.example/*a*_b_~c~", "https://evil|x.example/",
	})
}
