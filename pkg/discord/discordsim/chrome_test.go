package discordsim_test

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var screenshots = flag.String("screenshots", "", "folder for pictures of the page")

// chrome is a browser with one tab, in which one page after another is opened: each further tab would take Chromium a
// second of work.
type chrome struct{ ctx context.Context }

// browser starts a headless Chromium, which ends with the test. Without one the test is skipped, but not in CI.
func browser(t *testing.T) chrome {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is not short")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		path, err = exec.LookPath("google-chrome")
	}
	if err != nil {
		if os.Getenv("DISCOMFY_CI") != "" {
			t.Fatal("there is no chromium, and CI wants the page tested")
		}
		t.Skip("there is no chromium to open the page with")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("lang", "en-US"), chromedp.DisableGPU)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log(err)
		}
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return chrome{ctx}
}

// tab is a page that somebody looks at.
type tab struct {
	t   *testing.T
	ctx context.Context
	f   *fake

	mu         sync.Mutex
	complaints []string // exceptions, errors and warnings of the console
}

type look struct {
	width, height int64 // of the window; 1000 by 760 unless set
	dark          bool
	user          string // ann unless set
	still         bool   // prefers reduced motion
}

// open shows the page to a user in the channel, in place of what the tab has shown before, and fails the test for
// whatever the browser complains about.
func (f *fake) open(t *testing.T, b chrome, l look) *tab {
	t.Helper()
	p := &tab{t: t, f: f}
	ctx, cancel := context.WithCancel(b.ctx)
	p.ctx = ctx
	t.Cleanup(func() {
		p.do(chromedp.Navigate("about:blank"))
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, c := range p.complaints {
			t.Errorf("the browser says: %s", c)
		}
	})
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	q := url.Values{"user": {cmp.Or(l.user, "ann")}, "channel": {f.channel.Name}}
	p.do(chromedp.EmulateViewport(cmp.Or(l.width, 1000), cmp.Or(l.height, 760)), l.media(),
		chromedp.Navigate(f.url+"/?"+q.Encode()), chromedp.WaitReady(chromedp.CSS(`body[data-ready]`)))
	return p
}

// media emulates what a user prefers.
func (l look) media() chromedp.Action[chromedp.Void] {
	scheme, motion := "light", "no-preference"
	if l.dark {
		scheme = "dark"
	}
	if l.still {
		motion = "reduce"
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: motion},
		}})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "UTC"})
		return err
	})
}

// listen keeps exceptions and errors of the console.
func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.complaints = append(p.complaints, text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			for _, a := range e.Args {
				p.complaints = append(p.complaints, string(a.Value)+a.Description)
			}
		}
	}
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.shot("failed")
		p.t.Fatalf("%v; the browser says %q", err, p.complaints)
	}
}

// eval returns what an expression of JavaScript is, promises awaited.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.shot("failed")
		p.t.Fatalf("%s: %v", expression, err)
	}
	return out
}

// text is what a person reads in an element.
func (p *tab) text(selector string) string {
	p.t.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector(%s)?.innerText ?? ""`, quoted(selector)))
}

// end is the end of what a person reads on the page.
func (p *tab) end() string {
	return eval[string](p, `document.querySelector("main").innerText.replace(/\s+/g, " ").slice(-600)`)
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// until waits for an expression to be true, at most half a minute.
func (p *tab) until(expression string) {
	p.t.Helper()
	poll := chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(30*time.Second))
	if _, err := chromedp.Run(p.ctx, poll); err != nil {
		p.shot("failed")
		p.t.Fatalf("%s never holds: %v; the browser says %q\n…%s", expression, err, p.complaints, p.end())
	}
}

// reads waits for an element to have a text.
func (p *tab) reads(selector, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`[...document.querySelectorAll(%s)].some((e) => e.innerText.includes(%s))`, quoted(selector), quoted(text)))
}

// press types keys, those of chromedp/kb too, one after another.
func (p *tab) press(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		if k == kb.Enter {
			p.do(chromedp.Func(enter))
			continue
		}
		p.do(chromedp.KeyEvent(k))
	}
}

// enter is the key as a keyboard sends it: the character belongs to the stroke, and does not come if the page takes the
// stroke for itself.
func enter(ctx context.Context, t *chromedp.Target) error {
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		e := input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, NativeVirtualKeyCode: 13}
		if kind == input.DispatchKeyEventTypeKeyDown {
			e.Text, e.UnmodifiedText = "\r", "\r"
		}
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, e); err != nil {
			return err
		}
	}
	return nil
}

// click presses an element with the pointer; the first that is there.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// shot keeps a picture of the window where -screenshots names a folder.
func (p *tab) shot(name string) {
	if *screenshots == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Log(err)
		return
	}
	name = strings.NewReplacer("/", "-", " ", "-").Replace(p.t.Name() + "-" + name)
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), picture, 0o600); err != nil {
		p.t.Error(err)
	}
}
