package discordsim_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"discomfy/pkg/discord/discordsim"
)

// TestPage opens the page in one browser, anew for each thing that people do there.
func TestPage(t *testing.T) {
	t.Parallel()
	b := browser(t)
	for name, look := range map[string]func(*testing.T, chrome){
		"command": pageCommand, "card": pageCard, "markdown": pageMarkdown, "media": pageMedia,
		"components": pageComponents, "silence": pageSilence, "modal": pageModal, "apps": pageApps, "people": pagePeople,
		"edits": pageEdits, "video": pageVideoStays, "files": pageFilesArrive, "long": pageLong, "late": pageLateList,
		"access": pageAccess, "phone": pagePhone, "keyboard": pageKeyboard, "still": pageStill,
	} {
		t.Run(name, func(t *testing.T) { look(t, b) })
	}
}

// A command is given by keyboard alone, with choices of the application.
func pageCommand(t *testing.T, b chrome) {
	f := newFake(t, quick())
	f.generate(t)
	f.command(t, "ask", object{"type": 3, "name": "question", "description": "q"}, object{"type": 5, "name": "loud", "description": "l"})
	f.play(t, script{
		"ask": func(t *testing.T, f *fake, i *discordsim.Interaction, data object) {
			f.callback(t, i, asJSON(object{"type": 4, "data": object{"content": fmt.Sprintf("%v not?", optionOf(data, "question"))}}))
		},
		"generate?": func(t *testing.T, f *fake, i *discordsim.Interaction, _ object) {
			f.callback(t, i, `{"type":8,"data":{"choices":[{"name":"Watercolour","value":"wc"},{"name":"Oil","value":"oil"}]}}`)
		},
		"generate": func(t *testing.T, f *fake, i *discordsim.Interaction, data object) {
			f.callback(t, i, `{"type":5}`)
			said := asJSON([]any{optionOf(data, "prompt"), optionOf(data, "model"), optionOf(data, "steps"), optionOf(data, "private")})
			f.do(t, "PATCH", f.webhook(i, original), asJSON(object{"embeds": []object{{"title": "3rd in line", "description": said}}}))
		},
	})
	p := f.open(t, b, look{})
	p.press("/gen")
	p.reads("#suggestions [role=option]", "/generate")
	p.shot("commands")
	p.press(kb.Enter, "a lighthouse", kb.Tab, "mod", kb.Tab, "o")
	p.reads("#suggestions [role=option]", "Watercolour")
	p.shot("autocomplete")
	p.press(kb.ArrowDown, kb.Enter, "ste", kb.Enter, "20", kb.Tab, "priv", kb.Enter)
	p.reads("#suggestions [role=option]", "True")
	p.press(kb.Enter)
	p.shot("filled")
	p.press(kb.Enter)
	p.reads(".embed .text", `["a lighthouse","oil",20,true]`)
	p.reads(".origin", "ann used /generate")
	if n := eval[int](p, `document.querySelectorAll(".message").length`); n != 1 {
		t.Errorf("%d messages", n)
	}
	p.until(`document.activeElement.id === "say"`)
	p.press("/ask", kb.Enter, "why", kb.Enter) // no option is required: words go into the first text
	p.reads(".content", "why not?")
	f.noViolations(t)
}
