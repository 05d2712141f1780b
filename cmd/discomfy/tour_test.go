package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"golang.org/x/sync/errgroup"
)

var screenshots = flag.String("screenshots", "", "folder for the pictures of the tour")

// TestTour goes the whole way in a browser, on the page of the demo: a command,
// its card in the queue and at work, the picture, larger, and moving.
func TestTour(t *testing.T) {
	t.Parallel()
	v := visit(t, startDemo(t), 1000, 900, false)
	v.command("/generate", "a lighthouse in the fog, oil on canvas")
	v.shows("Running")
	v.waits(`document.querySelector("article:last-of-type .embed img, li:last-of-type .embed img")?.naturalWidth > 0`)
	v.shot("running")
	v.shows("✓ Done")
	v.waits(`[...document.querySelectorAll("#messages img")].some((i) => i.naturalWidth === 512)`)
	v.shot("done")
	v.press("Upscale 2×")
	v.waits(`[...document.querySelectorAll("#messages img")].some((i) => i.naturalWidth === 1024)`)
	v.shot("upscaled")
	v.press("Animate")
	v.waits(`document.querySelector("dialog[open]")`)
	v.shot("animate")
	v.enter()
	v.waits(`document.querySelector("#messages video")`)
	v.evaluates(`(async () => { const v = document.querySelector("#messages video"); v.muted = true; v.scrollIntoView(); await v.play(); })()`)
	v.waits(`document.querySelector("#messages video").currentTime > 0`)
	v.shot("video")
	if broken := v.evaluates(`fetch("sim/world").then((r) => r.json()).then((w) => "" + w.violations)`); broken != "0" {
		t.Errorf("%s rules of Discord's were broken", broken)
	}
}

// TestTourOnAPhone looks at the same page on a phone that likes it dark.
func TestTourOnAPhone(t *testing.T) {
	t.Parallel()
	v := visit(t, startDemo(t), 390, 844, true)
	v.command("/generate", "a paper boat")
	v.shows("✓ Done")
	v.waits(`[...document.querySelectorAll("#messages img")].some((i) => i.naturalWidth === 512)`)
	if wide := v.evaluates(`"" + (document.documentElement.scrollWidth > innerWidth)`); wide != "false" {
		t.Error("the page is wider than the phone")
	}
	v.shot("phone")
}

// startDemo runs the demo, and returns the address of its page.
func startDemo(t *testing.T) (page string) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	quiet, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	var running errgroup.Group
	command := &demoCommand{Keep: true, AnyPort: true, Speed: 2, Wait: within, Out: filepath.Join(t.TempDir(), "pictures")}
	s := &session{stdout: write, stderr: quiet, getenv: func(string) string { return "" }}
	running.Go(func() error {
		defer write.Close()
		return command.Run(ctx, s)
	})
	found := make(chan string, 1)
	running.Go(func() error {
		for lines := bufio.NewScanner(read); lines.Scan(); {
			if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == "Discord" {
				found <- words[1]
			}
		}
		return read.Close()
	})
	t.Cleanup(func() {
		cancel(errInterrupted)
		if err := cmp.Or(running.Wait(), quiet.Close()); err != nil {
			t.Errorf("the demo: %v", err)
		}
	})
	select {
	case page := <-found:
		return page
	case <-time.After(within):
		t.Fatal("the demo does not say where its page is")
	}
	return ""
}

// visitor is somebody who looks at the page.
type visitor struct {
	t   *testing.T
	ctx context.Context
}

// visit opens the page in a browser. Without one the test is skipped, but not
// in CI.
func visit(t *testing.T, page string, width, height int64, dark bool) visitor {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("DISCOMFY_CI") != "" {
			t.Fatal("there is no chromium, and CI wants the whole way seen in one")
		}
		t.Skip("there is no chromium to look at the page with")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		cancel()
	})
	v := visitor{t, ctx}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	v.does(chromedp.EmulateViewport(width, height), prefer(scheme), chromedp.Navigate(page), chromedp.WaitReady(chromedp.CSS(`body[data-ready]`)))
	return v
}

func prefer(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return err
	})
}

func (v visitor) does(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, within)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		v.t.Fatal(err)
	}
}

// command types a slash command with its first option, as a visitor does.
func (v visitor) command(name, words string) {
	v.t.Helper()
	v.does(chromedp.Focus(chromedp.CSS("#say")), chromedp.KeyEvent(name))
	// The commands may be registered later than the page is there.
	v.waits(fmt.Sprintf(`(document.querySelector("#say").dispatchEvent(new Event("input")), document.querySelector("#suggestions").innerText.includes(%s + "\n"))`, quoted(name)))
	v.enter()
	v.waits(`document.querySelector("#command input:focus, #command textarea:focus")`)
	v.does(chromedp.KeyEvent(words))
	v.shot("command")
	v.enter()
}

// enter presses the key as a keyboard does.
func (v visitor) enter() {
	v.t.Helper()
	v.does(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
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
	}))
}

// press clicks the last button with these words.
func (v visitor) press(words string) {
	v.t.Helper()
	v.evaluates(fmt.Sprintf(`(() => { const b = [...document.querySelectorAll("#messages button")].filter((b) => b.innerText.trim() === %s).at(-1); b.scrollIntoView({block: "center"}); b.click(); return ""; })()`, quoted(words)))
}

// shows waits for words to stand on the page.
func (v visitor) shows(words string) {
	v.t.Helper()
	v.waits(fmt.Sprintf(`document.querySelector("main").innerText.includes(%s)`, quoted(words)))
}

// waits waits for an expression of JavaScript to be true.
func (v visitor) waits(expression string) {
	v.t.Helper()
	deadline := time.Now().Add(within)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for v.evaluates(fmt.Sprintf(`(async () => "" + !!(await (%s)))()`, expression)) != "true" {
		if time.Now().After(deadline) {
			v.shot("failed")
			v.t.Fatalf("%s never holds; the page ends with %s", expression, v.evaluates(`document.querySelector("main").innerText.slice(-500)`))
		}
		<-tick.C
	}
}

func (v visitor) evaluates(expression string) string {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, within)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[any](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("%s: %v", expression, err)
	}
	return fmt.Sprint(out)
}

// shot keeps a picture of the window where -screenshots names a folder.
func (v visitor) shot(name string) {
	v.t.Helper()
	if *screenshots == "" {
		return
	}
	ctx, cancel := context.WithTimeout(v.ctx, within)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		v.t.Fatal(err)
	}
	file := filepath.Join(*screenshots, strings.ToLower(v.t.Name())+"-"+name+".png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		v.t.Fatal(err)
	}
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
