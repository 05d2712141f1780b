package discordsim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"discomfy/pkg/discord/discordsim"
)

func focus(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Focus(chromedp.CSS(selector))
}

// An edit changes what it changes: the keyboard stays on its button, a picture stays until the next one is there.
func pageEdits(t *testing.T, b chrome) {
	f := newFake(t, quick())
	f.command(t, "generate")
	edits := make(chan object)
	f.play(t, script{"generate": func(t *testing.T, f *fake, i *discordsim.Interaction, _ object) {
		f.callback(t, i, `{"type":5}`)
		for {
			select {
			case e, more := <-edits:
				if !more {
					return
				}
				var files []file
				if seed, ok := e["preview"].(float64); ok {
					files = append(files, file{"preview.jpg", paintedJPEG(320, 320, seed)})
					delete(e, "preview")
				}
				f.do(t, "PATCH", f.webhook(i, original), asJSON(e), files...)
			case <-t.Context().Done():
				return
			}
		}
	}})
	p := f.open(t, b, look{})
	p.press("/generate", kb.Enter, kb.Enter)
	p.reads(".thinking", "Discomfy is thinking")
	p.shot("thinking")
	state := func(title, bar string, preview float64) object {
		o := object{
			"embeds":     []object{{"title": title, "color": 0xb98512, "description": bar, "fields": []object{{"name": "Ready", "value": fmt.Sprintf("<t:%d:R>", f.Now().Add(42*time.Second).Unix()), "inline": true}}}},
			"components": []object{{"type": 1, "components": []object{{"type": 2, "style": 4, "label": "Cancel", "custom_id": "cancel"}}}},
		}
		if preview > 0 {
			o["embeds"].([]object)[0]["image"] = object{"url": "attachment://preview.jpg"}
			o["preview"], o["attachments"] = preview, []object{{"id": 0, "filename": "preview.jpg"}}
		}
		return o
	}
	edits <- state("3rd in line", "starts in about a minute", 0)
	p.reads(".title", "3rd in line")
	p.do(focus(`[data-custom-id="cancel"]`))
	edits <- state("Painting", "`██████░░░░░░░░░░` 38 %\nKSampler, step 11 of 30", 1)
	p.until(`document.querySelector(".embed img")?.complete`)
	first := eval[string](p, `document.querySelector(".embed img").src.split("?")[0]`)
	p.shot("preview")
	edits <- state("Painting", "`█████████░░░░░░░` 55 %\nKSampler, step 16 of 30", 2)
	p.until(fmt.Sprintf(`document.querySelector(".embed img")?.src.split("?")[0] !== %s`, quoted(first)))
	if !eval[bool](p, `document.activeElement.dataset.customId === "cancel"`) {
		t.Error("the keyboard left the button")
	}
	p.until(`document.querySelector("#status").textContent.includes("Painting")`)
	close(edits)
	f.noViolations(t)
}

// A video goes on while the words around it change.
func pageVideoStays(t *testing.T, b chrome) {
	f := newFake(t, quick())
	clip, err := os.ReadFile("testdata/clip.mp4")
	if err != nil {
		t.Fatal(err)
	}
	p := f.open(t, b, look{})
	id := f.post(t, object{"content": "first"}, file{"clip.mp4", clip})
	p.until(`document.querySelector("video")?.readyState >= 1`)
	eval[any](p, `(() => { document.querySelector("video").dataset.same = "yes"; })()`)
	f.do(t, "PATCH", fmt.Sprintf("/channels/%s/messages/%s", f.channel.ID, id), `{"content":"second"}`).want(t, 200, 0)
	p.reads(".content", "second")
	if !eval[bool](p, `document.querySelector("video").dataset.same === "yes"`) {
		t.Error("the video was made anew")
	}
	f.DeleteMessage(id)
	p.until(`!document.querySelector(".message")`)
}

// Files come by the button, by drop and by paste, for messages and for commands.
func pageFilesArrive(t *testing.T, b chrome) {
	f := newFake(t, quick())
	f.generate(t)
	f.play(t, script{"generate": func(t *testing.T, f *fake, i *discordsim.Interaction, data object) {
		f.callback(t, i, asJSON(object{"type": 4, "data": object{"content": fmt.Sprintf("got %v", optionOf(data, "image") != nil)}}))
	}})
	path := filepath.Join(t.TempDir(), "coast.jpg")
	if err := os.WriteFile(path, paintedJPEG(400, 300, 2), 0o600); err != nil {
		t.Fatal(err)
	}
	p := f.open(t, b, look{})
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#files"), []string{path}))
	p.reads("#chosen", "coast.jpg")
	p.shot("chosen")
	p.press("my coast", kb.Enter)
	p.until(`document.querySelector(".grid img")?.complete && document.querySelector("#chosen").hidden`)
	p.press("/gen", kb.Enter, "a coast")
	for _, kind := range []string{"paste", "drop"} { // the first goes into the option, the second finds no room
		eval[any](p, fmt.Sprintf(`(() => {
			const data = new DataTransfer();
			data.items.add(new File([new Uint8Array([137, 80, 78, 71])], "%[1]s.png", { type: "image/png" }));
			const name = %[1]q === "paste" ? "clipboardData" : "dataTransfer";
			const event = new (%[1]q === "paste" ? ClipboardEvent : DragEvent)(%[1]q, { bubbles: true, cancelable: true, [name]: data });
			document.activeElement.dispatchEvent(event);
		})()`, kind))
	}
	p.reads(`.option[data-option="image"] button`, "paste.png")
	p.reads("#problem", "no room for another file")
	p.shot("option")
	p.do(focus(".adder input"))
	p.press(kb.Enter)
	p.reads(".content", "got true")
	f.noViolations(t)
}

// Five hundred messages are there soon, and a new one is shown at once.
func pageLong(t *testing.T, b chrome) {
	f := newFake(t, quick())
	body := card(f)
	delete(body, "content")
	f.Multiply(f.post(t, body), 599)
	p := f.open(t, b, look{})
	if n := eval[int](p, `document.querySelectorAll(".message").length`); n != 500 {
		t.Errorf("%d messages", n)
	}
	load := eval[float64](p, `import("/js/log.js").then(async (m) => { const t = performance.now(); await m.loadMessages(); document.body.offsetHeight; return performance.now() - t; })`)
	edit := eval[float64](p, `import("/js/message.js").then((m) => {
		const node = document.querySelector(".message:last-child"); const t = performance.now();
		for (let i = 0; i < 100; i++) { m.updateMessage(node, { ...node.message, content: String(i) }); document.body.offsetHeight; }
		return (performance.now() - t) / 100; })`)
	t.Logf("500 messages in %.0f ms, an edit in %.1f ms", load, edit)
	if load > 8000 || edit > 200 { // ten times what it takes on a busy machine
		t.Errorf("500 messages took %.0f ms, an edit %.1f ms", load, edit)
	}
	p.until(`(() => { const l = document.querySelector("#log"); return l.scrollHeight - l.scrollTop - l.clientHeight < 2; })()`)
	f.post(t, object{"content": "the newest"})
	p.reads(".message:last-child .content", "the newest")
	p.until(`(() => { const l = document.querySelector("#log"); return l.scrollHeight - l.scrollTop - l.clientHeight < 2; })()`)
	p.do(focus("#log"))
	p.press(kb.Home)
	p.until(`document.querySelector("#log").scrollTop < 2`)
	p.click("#older")
	p.until(`document.querySelectorAll(".message").length === 601`)
	f.post(t, object{"content": "newer still"})
	p.until(`!document.querySelector("#newest").hidden`)
	p.click("#newest")
	p.until(`document.querySelector("#newest").hidden && document.activeElement.id === "say"`)
}

// A list of messages that is late takes nothing away from what came meanwhile.
func pageLateList(t *testing.T, b chrome) {
	f := newFake(t, quick())
	gone, err := f.Say(t.Context(), f.bob.ID, f.channel.ID, "taken back")
	if err != nil {
		t.Fatal(err)
	}
	p := f.open(t, b, look{})
	eval[any](p, `(() => {
		const real = window.fetch;
		window.fetch = async (...all) => {
			const answer = await real(...all);
			if (String(all[0]).includes("messages")) await new Promise((go) => { window.arrives = go; });
			return answer;
		};
	})()`)
	p.click("#places section:first-of-type button")
	p.until(`window.arrives`)
	if _, err := f.Say(t.Context(), f.bob.ID, f.channel.ID, "hello"); err != nil {
		t.Fatal(err)
	}
	p.reads(".content", "hello")
	f.DeleteMessage(gone.ID)
	p.until(`document.querySelectorAll(".message").length === 1`)
	eval[any](p, `window.arrives()`)
	eval[any](p, `new Promise((go) => setTimeout(go, 100))`)
	if all := eval[string](p, `[...document.querySelectorAll(".content")].map((e) => e.innerText).join()`); all != "hello" {
		t.Errorf("the messages are %q, want that which came while the list was on its way", all)
	}
	f.noViolations(t)
}
