package discordsim_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"discomfy/pkg/discord/discordsim"
)

// TestPage opens the page in one browser, a tab for each thing that people do there.
func TestPage(t *testing.T) {
	t.Parallel()
	b := browser(t)
	t.Run("a command by keyboard", func(t *testing.T) {
		f := newFake(t, quick())
		f.generate(t)
		f.play(t, script{
			"generate?": func(t *testing.T, f *fake, i *discordsim.Interaction, data object) {
				f.callback(t, i, `{"type":8,"data":{"choices":[{"name":"Watercolour","value":"wc"},{"name":"Oil","value":"oil"}]}}`)
			},
			"generate": func(t *testing.T, f *fake, i *discordsim.Interaction, data object) {
				f.callback(t, i, `{"type":5}`)
				f.do(t, "PATCH", f.webhook(i, original), asJSON(object{"embeds": []object{{"title": "3rd in line", "description": optionOf(data, "prompt")}}}))
			},
		})
		p := f.open(t, b, look{})
		p.press("/gen")
		p.reads("#suggestions [role=option]", "/generate")
		p.shot("commands")
		p.press(kb.Enter, "a lighthouse", kb.Tab, "mod", kb.Tab, "o")
		p.reads("#suggestions [role=option]", "Watercolour")
		p.shot("autocomplete")
		p.press(kb.ArrowDown, kb.Enter)
		p.press(kb.Enter)
		p.reads(".embed .title", "3rd in line")
		p.shot("answered")
		f.noViolations(t)
	})
}
