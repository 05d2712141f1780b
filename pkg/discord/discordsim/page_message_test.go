package discordsim_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

// post is a message of the bot in the channel.
func (f *fake) post(t *testing.T, body object, files ...file) discordsim.ID {
	t.Helper()
	return f.do(t, "POST", fmt.Sprintf("/channels/%s/messages", f.channel.ID), asJSON(body), files...).want(t, 200, 0).id(t)
}

// card is a finished picture as an ingress would show it.
func card(f *fake) object {
	return object{
		"content": fmt.Sprintf("<@%s>, your picture is here.", f.ann.ID), "allowed_mentions": object{"users": []string{f.ann.ID.String()}},
		"embeds": []object{{
			"title": "Done in 41 s", "color": 0x2c7440, "description": "**a lighthouse in a storm**, oil on canvas, `v2`",
			"fields": []object{
				{"name": "Model", "value": "Flux Krea", "inline": true}, {"name": "Size", "value": "1024 × 1024", "inline": true},
				{"name": "Steps", "value": "30", "inline": true}, {"name": "Seed", "value": "`4815162342`", "inline": true},
				{"name": "Started", "value": fmt.Sprintf("<t:%d:R>", f.Now().Add(-20*time.Second).Unix()), "inline": true},
				{"name": "What now?", "value": "Every button works for ever, *also* after a restart."},
			},
			"footer": object{"text": "job 0192f3c1"}, "timestamp": f.Now().Format(time.RFC3339),
		}},
		"components": []object{
			{"type": 1, "components": []object{
				{"type": 2, "style": 1, "label": "Vary", "custom_id": "vary"}, {"type": 2, "style": 2, "label": "Redo with changes", "custom_id": "redo"},
				{"type": 2, "style": 3, "label": "Upscale 2×", "custom_id": "up2"}, {"type": 2, "style": 4, "label": "Delete", "custom_id": "delete"},
				{"type": 2, "style": 2, "label": "Cancel", "custom_id": "cancel", "disabled": true},
			}},
			{"type": 1, "components": []object{{"type": 3, "custom_id": "model", "placeholder": "Another model", "options": []object{
				{"label": "Flux (fast)", "value": "flux", "description": "30 steps, about a minute"}, {"label": "HiDream", "value": "hidream", "description": "50 steps"},
			}}}},
		},
	}
}

func pictures(n int) []file {
	var out []file
	for i := range n {
		w, h := 640, 480
		if i%3 == 1 {
			w, h = 480, 640
		}
		out = append(out, file{fmt.Sprintf("picture_%d.jpg", i+1), paintedJPEG(w, h, float64(i))})
	}
	return out
}

// A card shows what was sent, in words and pictures.
func pageCard(t *testing.T, b chrome) {
	f := newFake(t, quick())
	p := f.open(t, b, look{height: 900})
	f.post(t, card(f), file{"picture.png", paintedPNG(512, 512, 1)})
	p.reads(".head .author", "Discomfy")
	p.reads(".content .mention", "@ann")
	p.reads(".embed .title", "Done in 41 s")
	p.reads(".embed strong", "a lighthouse in a storm")
	p.reads(".embed .field", "Flux Krea")
	p.until(`document.querySelector(".grid img")?.complete`)
	if bar := eval[string](p, `getComputedStyle(document.querySelector(".embed")).borderInlineStartColor`); bar != "rgb(44, 116, 64)" {
		t.Errorf("bar %s", bar)
	}
	if alt := eval[string](p, `document.querySelector(".grid img").alt`); alt != "picture.png" {
		t.Errorf("alt %q", alt)
	}
	if !eval[bool](p, `document.querySelector(".message").classList.contains("pinged")`) {
		t.Error("the ping is not shown")
	}
	p.shot("light")
	before := p.text(".field time[data-relative]")
	p.until(fmt.Sprintf(`document.querySelector(".field time[data-relative]").innerText !== %s`, quoted(before)))
	p.click(".grid .open")
	p.until(`document.querySelector("dialog.lightbox img")?.complete`)
	p.shot("lightbox")
	p.press("\x1b")
	p.until(`!document.querySelector("dialog") && document.activeElement.matches(".open")`)
	f.noViolations(t)
}

// Markdown of a message becomes nodes, and nothing of it becomes HTML.
func pageMarkdown(t *testing.T, b chrome) {
	f := newFake(t, quick())
	p := f.open(t, b, look{})
	for text, want := range map[string]string{
		`**bold** *it* __under__ ~~gone~~ `:                `<p><strong>bold</strong> <em>it</em> <u>under</u> <s>gone</s> </p>`,
		"a `code *x*` b":                                   `<p>a <code>code *x*</code> b</p>`,
		"```go\nx := 1\n```":                               `<pre><code>x := 1</code></pre>`,
		`\*no\* \<b\> <b>no</b> snake_case_n`:              `<p>*no* &lt;b&gt; &lt;b&gt;no&lt;/b&gt; snake_case_n</p>`,
		"see [this](https://a.org/b) and https://c.org/d.": `<p>see <a href="https://a.org/b" target="_blank" rel="noopener noreferrer nofollow">this</a> and <a href="https://c.org/d" target="_blank" rel="noopener noreferrer nofollow">https://c.org/d</a>.</p>`,
		"[x](javascript:alert(1))":                         `<p>[x](javascript:alert(1))</p>`,
		"# Big\n-# small\n- item\n> quote\nend":            `<p class="heading" data-level="1">Big</p><p class="small">small</p><p class="item" style="--depth: 0;">item</p><blockquote>quote</blockquote><p>end</p>`,
		"a\nb":                                             `<p>a<br>b</p>`,
		"<@1> <#2> <@&3> @everyone":                        `<p><span class="mention">@unknown user</span> <span class="mention">#unknown</span> <span class="mention">@role</span> <span class="mention">@everyone</span></p>`,
		"2 * 3 * 4 = 24 and a**b":                          `<p>2 * 3 * 4 = 24 and a**b</p>`,
		"<t:0:d>":                                          `<p><time datetime="1970-01-01T00:00:00.000Z" title="Thursday, January 1, 1970 at 12:00 AM">1/1/70</time></p>`,
	} {
		script := fmt.Sprintf(`import("/js/markdown.js").then((m) => { const d = document.createElement("div"); d.append(...m.markdown(%s)); return d.innerHTML; })`, quoted(text))
		if got := strings.ReplaceAll(eval[string](p, script), "\u202f", " "); got != want {
			t.Errorf("%q becomes\n%s, want\n%s", text, got, want)
		}
	}
	long := fmt.Sprintf(`import("/js/markdown.js").then((m) => { const t = performance.now(); m.markdown(%s); return performance.now() - t; })`, quoted(strings.Repeat("*a_`|[<", 700)))
	if ms := eval[float64](p, long); ms > 2000 {
		t.Errorf("hostile text takes %v ms", ms)
	}
}

// Pictures stand in a grid, spoilers are covered, videos have controls, other files can be saved.
func pageMedia(t *testing.T, b chrome) {
	f := newFake(t, quick())
	p := f.open(t, b, look{height: 1400})
	clip, err := os.ReadFile("testdata/clip.mp4")
	if err != nil {
		t.Fatal(err)
	}
	f.post(t, object{"content": "four"}, pictures(4)...)
	f.post(t, object{"content": "three"}, pictures(3)...)
	f.post(t, object{"content": "a video, a spoiler and a file"}, file{"clip.mp4", clip},
		file{"SPOILER_wet.png", paintedPNG(320, 240, 3)}, file{"workflow.json", []byte(`{"nodes":[]}`)})
	p.until(`document.querySelectorAll(".grid img").length === 8`)
	p.until(`document.querySelector("video").readyState >= 1`)
	p.reads(".file a", "workflow.json")
	p.until(`[...document.querySelectorAll(".grid img")].every((i) => i.complete)`)
	p.shot("grid")
	if !eval[bool](p, `document.querySelector(".covered > .picture").inert`) {
		t.Error("a covered picture can be reached")
	}
	p.click(".cover")
	p.until(`!document.querySelector(".cover") && !document.querySelector(".covered > .picture").inert`)
	eval[bool](p, `document.querySelector("video").play().then(() => true)`)
	p.until(`document.querySelector("video").currentTime > 0`)
	f.post(t, object{"content": "ten"}, pictures(10)...)
	p.until(`document.querySelectorAll(".grid img").length === 18`)
	p.until(`[...document.querySelectorAll(".message:last-child img")].every((i) => i.complete)`)
	p.shot("ten")
	f.noViolations(t)
}
