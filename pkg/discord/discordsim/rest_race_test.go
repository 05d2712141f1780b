package discordsim_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

// Everything at once: nothing that is handed out changes under whoever holds it, and nobody waits for ever.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	limits := unlimited()
	limits.FileBytes = 20_000
	f := newFake(t, discordsim.Config{Limits: limits})
	f.command(t, "make")
	sub := f.Subscribe(8)
	defer sub.Close()
	data := picture(t, 8, 8)
	var wg sync.WaitGroup
	for n := range 6 {
		wg.Go(func() {
			for k := range 8 {
				i := f.asked(t)
				f.callback(t, i, `{"type":5}`)
				body := fmt.Sprintf(`{"content":"%d %d","embeds":[{"title":"t","image":{"url":"attachment://p.png"}}],"attachments":[{"id":"0"}]}`, n, k)
				f.do(t, "PATCH", f.webhook(i, original), body, file{"p.png", data}).want(t, 200, 0)
				f.do(t, "GET", f.webhook(i, original), ``)
				m := f.said(t, "hello")
				f.do(t, "PATCH", f.messages()+"/"+m.String(), `{"content":"edited"}`)
				if k%2 == 0 {
					f.DeleteMessage(m)
				}
			}
		})
	}
	stop := make(chan struct{})
	var watchers sync.WaitGroup
	watchers.Go(func() {
		for {
			select {
			case e := <-sub.C:
				if e.Message != nil && e.Message.ID == 0 {
					t.Error("a message without an id")
				}
			case <-stop:
				return
			}
		}
	})
	watchers.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				f.Stats()
				f.Violations()
				for _, m := range f.Messages(f.channel.ID, 0) {
					_ = fmt.Sprint(m.Embeds, m.Attachments)
				}
				f.Overwrite(f.channel.ID, f.ann.ID, discordsim.ViewChannel, 0)
			case <-stop:
				return
			}
		}
	})
	wg.Wait()
	close(stop)
	watchers.Wait()
	f.noViolations(t)
}
