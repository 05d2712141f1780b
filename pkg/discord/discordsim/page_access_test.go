package discordsim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"discomfy/pkg/discord/discordsim"
)

// named are the roles whose elements a screen reader cannot tell apart without a name.
var named = []string{
	"button", "link", "textbox", "combobox", "ComboBoxSelect", "listbox", "option", "ListBoxOption", "checkbox",
	"radio", "menu", "menuitem", "dialog", "image", "img", "Video", "navigation", "log", "article", "form", "DisclosureTriangle",
}

// audit fails the test for what a screen reader, a keyboard or weak eyes would stumble over.
func (p *tab) audit(where string) {
	p.t.Helper()
	script, err := os.ReadFile("testdata/audit.js")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, complaint := range eval[[]string](p, string(script)) {
		p.t.Errorf("%s: %s", where, complaint)
	}
	for _, n := range p.tree() {
		if slices.Contains(named, n.role) && strings.TrimSpace(n.name) == "" {
			p.t.Errorf("%s: a %s without a name, node %s", where, n.role, n.id)
		}
	}
}

type heard struct{ id, role, name string }

// tree is what a screen reader gets, ignored nodes left out.
func (p *tab) tree() []heard {
	p.t.Helper()
	ask := func(ctx context.Context, t *chromedp.Target) (out []heard, err error) {
		tree, err := cdp.Call(ctx, t, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		for _, n := range tree.Nodes {
			if !n.Ignored {
				out = append(out, heard{string(n.NodeID), valueOf(n.Role), valueOf(n.Name)})
			}
		}
		return out, err
	}
	nodes, err := chromedp.Run(p.ctx, chromedp.Action[[]heard](ask))
	if err != nil {
		p.t.Fatal(err)
	}
	return nodes
}

func valueOf(v *accessibility.Value) (s string) {
	if v != nil {
		_ = json.Unmarshal([]byte(v.Value), &s)
	}
	return s
}

// everything is a channel in which all is shown that can be, and the bot that answers in it.
func everything(t *testing.T) *fake {
	f := newFake(t, quick())
	f.generate(t)
	f.register(t, 0, object{"name": "Upscale", "type": 3})
	f.play(t, script{
		"generate?": says(`{"type":8,"data":{"choices":[{"name":"Watercolour","value":"wc"},{"name":"Oil on canvas, with a name that is rather long for a phone","value":"oil"}]}}`),
		"generate":  says(`{"type":5}`),
		"vary":      says(`{"type":4,"data":{"content":"Only the one who asked may do that.","flags":64}}`),
		"redo": says(`{"type":9,"data":{"custom_id":"form","title":"Redo with changes","components":[
			{"type":18,"label":"Prompt","component":{"type":4,"custom_id":"prompt","style":2,"value":"a lighthouse"}},
			{"type":18,"label":"Size","component":{"type":3,"custom_id":"size","options":[{"label":"S","value":"s"}]}},
			{"type":18,"label":"Kind","component":{"type":21,"custom_id":"kind","options":[{"label":"Oil","value":"o"},{"label":"Ink","value":"i"}]}},
			{"type":18,"label":"Picture","component":{"type":19,"custom_id":"picture","required":false}},
			{"type":18,"label":"Private","component":{"type":23,"custom_id":"private"}}]}}`),
	})
	if _, err := f.Say(t.Context(), f.bob.ID, f.channel.ID, "What about *this* one? https://example.org/a"); err != nil {
		t.Fatal(err)
	}
	f.post(t, card(f), file{"picture.png", paintedPNG(256, 256, 1)})
	return f
}

// The page is for everybody: in light and dark, on a phone, with all that can be open.
func pageAccess(t *testing.T, b chrome) {
	for name, l := range map[string]look{
		"light": {}, "dark": {dark: true, height: 900}, "phone": {width: 360, height: 740}, "dark phone": {width: 360, height: 740, dark: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := everything(t)
			p := f.open(t, b, l)
			p.click(`[data-custom-id="vary"]`)
			p.reads(".message.private", "Only you can see this")
			p.shot("channel")
			p.audit("channel")
			p.do(focus("#say"))
			p.press("/gen", kb.Enter, "a lighthouse", kb.Tab, "mod", kb.Tab)
			p.reads("#suggestions [role=option]", "Oil on canvas")
			p.shot("autocomplete")
			p.audit("autocomplete")
			p.press("\x1b", "\x1b")
			p.until(`document.activeElement.id === "say"`)
			p.click(`[data-custom-id="redo"]`)
			p.until(`document.activeElement.matches("dialog textarea")`)
			p.shot("modal")
			p.audit("modal")
			p.press("\x1b")
			p.do(focus(".message .apps"))
			p.press(kb.Enter)
			p.until(`document.activeElement.matches("[role=menuitem]")`)
			p.audit("menu")
			p.press("\x1b")
			if eval[int](p, `document.documentElement.scrollWidth`) > int(max(l.width, 1000)) {
				t.Error("the page can be scrolled sideways")
			}
			f.noViolations(t)
		})
	}
}

// On a phone the places are behind a button.
func pagePhone(t *testing.T, b chrome) {
	f := everything(t)
	p := f.open(t, b, look{width: 360, height: 740})
	if eval[bool](p, `document.querySelector("#places").checkVisibility()`) {
		t.Error("the places cover the channel")
	}
	p.click("#places-toggle")
	p.until(`document.activeElement.closest("#places")`)
	p.shot("places")
	p.press("\x1b")
	p.until(`!document.querySelector("#places").checkVisibility() && document.activeElement.id === "places-toggle"`)
	f.noViolations(t)
}

// Tab leads through the page from its top, everything that has the keyboard is seen and shows it.
func pageKeyboard(t *testing.T, b chrome) {
	f := everything(t)
	p := f.open(t, b, look{height: 900})
	eval[any](p, `document.activeElement.blur()`)
	eval[any](p, `document.body.setAttribute("tabindex", "-1"), document.body.focus(), document.body.removeAttribute("tabindex")`)
	var order []string
	for range 60 {
		p.press(kb.Tab)
		at := eval[string](p, `(() => {
			const e = document.activeElement; const r = e.getBoundingClientRect(); const s = getComputedStyle(e);
			const ring = s.outlineStyle !== "none" || (e.closest(".line") && getComputedStyle(e.closest(".line")).boxShadow !== "none");
			if (e === document.body) return "end";
			return [e.id || e.dataset.customId || e.className || e.tagName, r.width > 0 && r.bottom > 0 && r.top < innerHeight ? "" : " unseen", ring ? "" : " ringless"].join("");
		})()`)
		if at == "end" {
			break
		}
		order = append(order, at)
	}
	all := strings.Join(order, ", ")
	last := -1
	for _, stop := range []string{"skip", "me", "theme", "plain", "log", "plain apps", "open", "vary", "redo", "model", "attach", "say"} {
		at := slices.Index(order, stop)
		if at < last || at < 0 {
			t.Errorf("%s comes at %d, after one at %d: %s", stop, at, last, all)
		}
		last = at
	}
	if strings.Contains(all, "unseen") || strings.Contains(all, "ringless") {
		t.Errorf("what has the keyboard cannot be seen: %s", all)
	}
	f.noViolations(t)
	for _, selector := range []string{"#log", "#messages", "#status", "#problem"} {
		if role := eval[string](p, fmt.Sprintf(`document.querySelector(%q).role ?? document.querySelector(%q).getAttribute("role") ?? ""`, selector, selector)); selector != "#messages" && role == "" {
			t.Errorf("%s has no role", selector)
		}
	}
}

// Who does not want motion has none.
func pageStill(t *testing.T, b chrome) {
	f := everything(t)
	for _, still := range []bool{false, true} {
		p := f.open(t, b, look{still: still})
		if _, err := f.Answer(t.Context(), f.asks(t)); err != nil {
			t.Fatal(err)
		}
		p.reads(".thinking", "is thinking")
		if n := eval[int](p, `document.getAnimations().length`); (n == 0) != still {
			t.Errorf("%d animations, still %v", n, still)
		}
	}
	f.noViolations(t)
}

func (f *fake) asks(t *testing.T) discordsim.ID {
	t.Helper()
	id, err := f.Invoke(t.Context(), discordsim.Invocation{User: f.bob.ID, Channel: f.channel.ID, Command: "generate", Options: map[string]any{"prompt": "abc"}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
