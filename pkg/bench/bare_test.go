package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"
)

// bare is the least that a client of ComfyUI can do: one WebSocket, POST,
// history, download to a file. It keeps nothing and survives nothing.
type bare struct {
	base   string
	client string
	http   *http.Client
	dir    string

	mu   sync.Mutex
	over map[string]chan struct{} // by prompt: closed when its history is there
}

func startBare(b *testing.B, f *fake) *bare {
	b.Helper()
	c := &bare{
		base: f.url, client: uuid.NewString(), dir: b.TempDir(), over: map[string]chan struct{}{},
		http: &http.Client{Transport: &http.Transport{}},
	}
	ws, resp, err := websocket.DefaultDialer.DialContext(b.Context(), "ws"+strings.TrimPrefix(f.url, "http")+"/ws?clientId="+c.client, nil)
	if err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
	var reading sync.WaitGroup
	reading.Go(func() { c.listen(ws) })
	b.Cleanup(func() {
		_ = ws.Close()
		reading.Wait()
		c.http.CloseIdleConnections()
	})
	return c
}

// listen waits for `executing` null, which follows the history entry.
func (c *bare) listen(ws *websocket.Conn) {
	for {
		_, frame, err := ws.ReadMessage()
		if err != nil {
			return
		}
		var m struct {
			Type string `json:"type"`
			Data struct {
				Node   *string `json:"node"`
				Prompt string  `json:"prompt_id"`
			} `json:"data"`
		}
		if json.Unmarshal(frame, &m) == nil && m.Type == "executing" && m.Data.Node == nil {
			close(c.end(m.Data.Prompt))
		}
	}
}

func (c *bare) end(prompt string) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over[prompt] == nil {
		c.over[prompt] = make(chan struct{})
	}
	return c.over[prompt]
}

// post submits a graph and returns its id.
func (c *bare) post(ctx context.Context, graph json.RawMessage) (string, error) {
	id := uuid.NewString()
	body, err := json.Marshal(map[string]any{
		"prompt": graph, "prompt_id": id, "client_id": c.client,
		"extra_data": map[string]any{"discomfy_job": id, "discomfy_attempt": 1},
	})
	if err != nil {
		return "", err
	}
	return id, c.call(ctx, http.MethodPost, "/prompt", bytes.NewReader(body), io.Discard)
}

// finish waits for a prompt's end and downloads its files; it returns their
// paths.
func (c *bare) finish(ctx context.Context, prompt string) ([]string, error) {
	select {
	case <-c.end(prompt):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var answer bytes.Buffer
	if err := c.call(ctx, http.MethodGet, "/history/"+prompt, nil, &answer); err != nil {
		return nil, err
	}
	var history map[string]struct {
		Outputs map[string]struct {
			Images []struct{ Filename, Subfolder, Type string }
		}
	}
	if err := json.Unmarshal(answer.Bytes(), &history); err != nil {
		return nil, err
	}
	var paths []string
	for _, o := range history[prompt].Outputs {
		for _, image := range o.Images {
			path := filepath.Join(c.dir, image.Filename)
			query := url.Values{"filename": {image.Filename}, "subfolder": {image.Subfolder}, "type": {image.Type}}
			if err := c.download(ctx, "/view?"+query.Encode(), path); err != nil {
				return nil, err
			}
			paths = append(paths, path)
		}
	}
	return paths, nil
}

func (c *bare) download(ctx context.Context, path, to string) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.call(ctx, http.MethodGet, path, nil, f)
}

func (c *bare) call(ctx context.Context, method, path string, body io.Reader, to io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	_, err = io.Copy(to, resp.Body)
	return err
}

// all runs the graphs with two of them queued at any time.
func (c *bare) all(ctx context.Context, graphs []json.RawMessage) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for _, graph := range graphs {
		group.Go(func() error {
			id, err := c.post(ctx, graph)
			if err == nil {
				_, err = c.finish(ctx, id)
			}
			return err
		})
	}
	return group.Wait()
}
