package board

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// moody is a store that gives files for as long as they are prepared, and not
// when they are to be made smaller.
type moody struct {
	*delivery.Preparer
	gives bool
}

func (m *moody) Prepare(ctx context.Context, o delivery.Order, at delivery.Place) (*delivery.Plan, error) {
	m.gives = true
	defer func() { m.gives = false }()
	return m.Preparer.Prepare(ctx, o, at)
}

func (m *moody) GetResult(context.Context, string) (io.ReadCloser, error) {
	if !m.gives {
		return nil, errWanting
	}
	return io.NopCloser(bytes.NewReader(make([]byte, 1<<20))), nil
}

// narrow is a Discord that takes no files.
type narrow struct{ *outside }

func (n narrow) EditOriginal(ctx context.Context, t api.Token, m api.Message) (api.Posted, error) {
	if len(m.Files) > 0 {
		return api.Posted{}, &api.Error{Kind: api.TooLarge}
	}
	return n.outside.EditOriginal(ctx, t, m)
}

// A file that Discord refused, and that can not be made smaller, does not keep
// the end back for ever.
func TestAnEndWhoseFileCanNotBeMadeSmaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		w.faults = false
		var err error
		files := &moody{}
		files.Preparer, err = delivery.New(delivery.Config{Store: files, Temp: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = files.Close() }()
		r := &replica{w: w, done: make(chan struct{})}
		r.board = New(Config{Discord: narrow{&outside{w, r}}, Broker: &inside{world: w, r: r}, Preparer: files, TellAfter: -1, Offers: func() workflow.Catalog { return workflow.Catalog{} }})
		w.replicas = []*replica{r}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { defer close(r.done); _ = r.board.Run(ctx) }()
		synctest.Wait()
		id := w.ask(1, "a")
		w.write(job.State{Job: id, Phase: job.Done, Attempt: 1, Results: []job.Result{{Name: "x", File: "x.bin", Size: 1 << 20}}})
		time.Sleep(insists + 2*longestPause)
		cancel()
		<-r.done
		h := w.handleOf(id)
		if text := w.messages[h.Card].text; h.Ending.Done.IsZero() || !strings.Contains(text, "/show") {
			t.Errorf("done %v, the card: %s", h.Ending.Done, text)
		}
	})
}
