package discordsim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"discomfy/pkg/discord/discordsim"
)

// says is a reaction that answers with a body.
func says(body string) func(*testing.T, *fake, *discordsim.Interaction, object) {
	return func(t *testing.T, f *fake, i *discordsim.Interaction, _ object) { f.callback(t, i, body) }
}

// Buttons and menus of a card, with the pointer and the keyboard.
func pageComponents(t *testing.T, b chrome) {
	f := newFake(t, quick())
	f.play(t, script{
		"vary": says(`{"type":4,"data":{"content":"another one","flags":64}}`),
		"model": func(t *testing.T, f *fake, i *discordsim.Interaction, data object) {
			f.callback(t, i, `{"type":4,"data":{"content":"you chose `+data["values"].([]any)[0].(string)+`","flags":64}}`)
		},
		"several": func(t *testing.T, f *fake, i *discordsim.Interaction, data object) {
			f.callback(t, i, asJSON(object{"type": 4, "data": object{"content": "several: " + asJSON(data["values"])}}))
		},
	})
	body := card(f)
	body["components"] = append(body["components"].([]object), object{"type": 1, "components": []object{{
		"type": 3, "custom_id": "several", "placeholder": "LoRAs", "min_values": 0, "max_values": 2,
		"options": []object{{"label": "Ink", "value": "ink"}, {"label": "Grain", "value": "grain"}},
	}}})
	f.post(t, body)
	p := f.open(t, b, look{})
	p.click(`[data-custom-id="vary"]`)
	p.reads(".message.private .content", "another one")
	p.reads(".message.private .foot", "Only you can see this")
	p.do(focus(`select[data-custom-id="model"]`))
	p.press(kb.ArrowDown)
	p.until(`document.querySelector('select[data-custom-id="model"] option:last-child').checkVisibility()`)
	p.shot("menu")
	p.press(kb.ArrowDown, kb.Enter)
	p.reads(".message.private .content", "you chose")
	p.do(focus("details.several summary"))
	p.press(kb.Enter)
	p.until(`document.querySelector("details.several").open`)
	p.do(focus(`details.several input[value="grain"]`))
	p.press(" ")
	p.do(focus("details.several button"))
	p.press(kb.Enter)
	p.reads(".content", `several: ["grain"]`)
	if eval[bool](p, `document.querySelector('[data-custom-id="cancel"]').matches(":enabled")`) {
		t.Error("a disabled button is enabled")
	}
	f.noViolations(t)
}

// What nobody answers is told after three seconds, where it was asked.
func pageSilence(t *testing.T, b chrome) {
	f := newFake(t, quick())
	f.command(t, "ping")
	f.post(t, card(f))
	p := f.open(t, b, look{})
	p.click(`[data-custom-id="up2"]`)
	p.press("\x1b")
	p.do(focus("#say"))
	p.press("/ping", kb.Enter, kb.Enter)
	p.reads(".notice", "/ping: sending…")
	f.Advance(4 * time.Second)
	p.reads(".complaint", "This interaction failed")
	p.reads(".notice.failed", "The application did not respond.")
	p.shot("failed")
	p.click(".notice button")
	p.until(`!document.querySelector(".notice")`)
}

// A modal opens with what is filled in, keeps the keyboard, refuses what does not fit, and gives the keyboard back.
func pageModal(t *testing.T, b chrome) {
	f := newFake(t, quick())
	tries := 0
	redo := object{"type": 9, "data": object{"custom_id": "form", "title": "Redo with changes", "components": []object{
		{"type": 18, "label": "Prompt", "description": "What to paint. What is in brackets counts more.", "component": object{
			"type": 4, "custom_id": "prompt", "style": 2, "value": "a lighthouse in a storm, oil on canvas", "max_length": 200}},
		{"type": 18, "label": "Negative prompt", "component": object{"type": 4, "custom_id": "negative", "style": 1, "required": false, "placeholder": "what should not be there"}},
		{"type": 18, "label": "Size", "component": object{"type": 3, "custom_id": "size", "options": []object{
			{"label": "1024 × 1024", "value": "1024", "default": true}, {"label": "2048 × 2048", "value": "2048"}}}},
		{"type": 18, "label": "Steps, guidance and batch", "component": object{"type": 4, "custom_id": "steps", "style": 1, "value": "30 / 5.0 / 1"}},
		{"type": 18, "label": "Seed", "component": object{"type": 4, "custom_id": "seed", "style": 1, "value": "4815162342", "required": false}},
	}}}
	f.play(t, script{
		"redo": says(asJSON(redo)),
		"form": func(t *testing.T, f *fake, i *discordsim.Interaction, data object) {
			if tries++; tries > 1 {
				f.callback(t, i, asJSON(object{"type": 4, "data": object{"content": asJSON(data["components"])}}))
			}
		},
	})
	f.post(t, card(f))
	p := f.open(t, b, look{height: 800})
	p.click(`[data-custom-id="redo"]`)
	p.until(`document.activeElement.matches("dialog textarea")`)
	p.shot("open")
	if v := eval[string](p, `document.activeElement.value`); v != "a lighthouse in a storm, oil on canvas" {
		t.Errorf("filled in: %q", v)
	}
	for range 12 { // Tab never leaves the dialog for the page behind it
		p.press(kb.Tab)
		if eval[bool](p, `document.activeElement !== document.body && !document.activeElement.closest("dialog")`) {
			t.Error("the keyboard left the dialog")
		}
	}
	p.do(focus(`dialog [data-custom-id="seed"]`))
	p.press("\b\b\b\b\b\b\b\b\b\b", "7", kb.Enter) // nobody answers this one
	p.until(`document.querySelector("dialog button[aria-busy]")`)
	f.Advance(4 * time.Second)
	p.reads("dialog .problem", "Something went wrong. Try again.")
	p.press(kb.Enter)
	p.reads(".content", `"custom_id":"seed","id":10,"type":4,"value":"7"`)
	p.reads(".content", `"values":["1024"]`)
	p.until(`!document.querySelector("dialog") && document.activeElement.dataset.customId === "redo"`)
	f.noViolations(t)
}

// The Apps menu opens by its button, by the keyboard and by a right click.
func pageApps(t *testing.T, b chrome) {
	f := newFake(t, quick())
	f.register(t, 0, object{"name": "Upscale", "type": 3})
	f.register(t, 0, object{"name": "Animate", "type": 3})
	f.play(t, script{
		"Upscale": says(`{"type":4,"data":{"content":"upscaling"}}`), "Animate": says(`{"type":4,"data":{"content":"animating"}}`),
	})
	if _, err := f.Say(t.Context(), f.bob.ID, f.channel.ID, "look what I found", discordsim.Upload{Name: "found.jpg", Data: paintedJPEG(300, 200, 4)}); err != nil {
		t.Fatal(err)
	}
	p := f.open(t, b, look{})
	p.do(focus(".message .apps"))
	p.press(kb.Enter)
	p.until(`document.activeElement.matches("[role=menuitem]")`)
	p.shot("menu")
	p.press(kb.ArrowUp, kb.Enter)
	p.reads(".content", "upscaling")
	p.press("\x1b")
	eval[bool](p, `document.querySelector(".message img").dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true, clientX: 400, clientY: 400 }))`)
	p.until(`document.activeElement.matches("[role=menuitem]")`)
	p.press("\x1b")
	p.until(`!document.querySelector("[role=menu]") && document.activeElement.matches(".apps")`)
	p.press(kb.Enter, "a", kb.Enter)
	p.reads(".content", "animating")
	f.noViolations(t)
}

// What ann alone may see bob does not, whoever one is by turns.
func pagePeople(t *testing.T, b chrome) {
	f := newFake(t, quick())
	f.command(t, "secret")
	f.play(t, script{"secret": says(`{"type":4,"data":{"content":"between us","flags":64}}`)})
	p := f.open(t, b, look{})
	f.invoke(t, "secret")
	p.reads(".message.private .content", "between us")
	p.shot("private")
	be := func(name string) {
		eval[any](p, fmt.Sprintf(`(() => { const s = document.querySelector("#me"); s.value = [...s.options].find((o) => o.text === %s).value; s.dispatchEvent(new Event("change")); })()`, quoted(name)))
	}
	be("bob")
	p.until(`!document.querySelector(".message") && document.querySelector("#me").selectedOptions[0].text === "bob"`)
	be("ann")
	p.reads(".message.private .content", "between us")
	p.click(".foot button")
	p.until(`!document.querySelector(".message")`)
	p.click("#places section:last-of-type button")
	p.reads("h1", "@Discomfy")
	p.until(`document.activeElement.id === "say"`)
	p.press("hello", kb.Enter)
	p.reads(".content", "hello")
	f.noViolations(t)
}
