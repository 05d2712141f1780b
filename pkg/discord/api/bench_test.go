package api_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/discord/discordsim/discordsimtest"
)

// BenchmarkEdits edits the answers of many interactions side by side on a fake Discord
// without limits, and compares that with the same requests by a bare HTTP client.
func BenchmarkEdits(b *testing.B) {
	limits := discordsim.DefaultLimits()
	limits.Token, limits.Callback, limits.Global = discordsim.Bucket{}, discordsim.Bucket{}, discordsim.Bucket{}
	sim, address := discordsimtest.Start(b, discordsim.Config{Limits: &limits})
	base, err := url.Parse(address)
	if err != nil {
		b.Fatal(err)
	}
	c, err := api.New(api.Config{Token: sim.Token(), Base: base, Now: sim.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	tokens := answered(b, sim, c, 64)
	var bare float64
	b.Run("bare", func(b *testing.B) {
		bare = benchBare(b, address, tokens)
	})
	b.Run("client", func(b *testing.B) {
		var n atomic.Int64
		rate := inParallel(b, func() error {
			k := n.Add(1)
			_, err := c.EditOriginal(b.Context(), tokens[int(k)%len(tokens)], api.Message{Content: fmt.Sprint(k)})
			return err
		})
		if bare > 0 {
			b.ReportMetric(rate/bare, "of-bare")
		}
	})
}

// answered makes interactions that have an answer.
func answered(b *testing.B, sim *discordsim.Server, c *api.Client, count int) []api.Token {
	b.Helper()
	scene := discordsimtest.Set(sim)
	_, err := c.PutCommands(b.Context(), sim.App().ID.String(), "", []*discordgo.ApplicationCommand{
		{Name: "queue", Type: discordgo.ChatApplicationCommand, Description: "the queue"},
	})
	if err != nil {
		b.Fatal(err)
	}
	var tokens []api.Token
	for range count {
		id, err := sim.Invoke(b.Context(), discordsim.Invocation{User: scene.Asker, Channel: scene.Channel, Command: "queue"})
		if err != nil {
			b.Fatal(err)
		}
		i, err := api.ParseInteraction(sim.Interaction(id).Payload, sim.Now())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Reply(b.Context(), i, card()); err != nil {
			b.Fatal(err)
		}
		tokens = append(tokens, i.Access())
	}
	return tokens
}

// inParallel calls from 64 goroutines, and returns how often a second.
func inParallel(b *testing.B, call func() error) float64 {
	b.SetParallelism(64 / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	begin := time.Now()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := call(); err != nil {
				b.Error(err)
				return
			}
		}
	})
	rate := float64(b.N) / time.Since(begin).Seconds()
	b.ReportMetric(rate, "edits/s")
	return rate
}

func benchBare(b *testing.B, address string, tokens []api.Token) float64 {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	var n atomic.Int64
	return inParallel(b, func() error {
		k := n.Add(1)
		t := tokens[int(k)%len(tokens)]
		body := fmt.Appendf(nil, `{"content":"%d","embeds":[],"components":[],"attachments":[],"allowed_mentions":{"parse":[],"replied_user":false}}`, k)
		r, err := http.NewRequestWithContext(b.Context(), "PATCH", address+"/api/v9/webhooks/"+t.App+"/"+t.Token+"/messages/@original", bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("User-Agent", "DiscordBot (https://example.org, 1)")
		resp, err := client.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", resp.StatusCode)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	})
}

// BenchmarkTargets measures what a client keeps of each token that it has edited with.
func BenchmarkTargets(b *testing.B) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Ratelimit-Remaining", "4")
		w.Header().Set("X-Ratelimit-Reset-After", "2")
		_, _ = io.WriteString(w, `{"id":"900","channel_id":"70"}`)
	}))
	defer web.Close()
	base, err := url.Parse(web.URL)
	if err != nil {
		b.Fatal(err)
	}
	c, err := api.New(api.Config{Token: "bot.token", Base: base})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	edit := func(n int) {
		t := api.Token{App: "10", Token: fmt.Sprintf("%0150d", n), Dies: time.Now().Add(api.TokenLife)}
		if _, err := c.EditOriginal(b.Context(), t, api.Message{Content: "x"}); err != nil {
			b.Fatal(err)
		}
	}
	edit(0)
	before := heap()
	n := 0
	for b.Loop() {
		n++
		edit(n)
	}
	kept := c.Stats().Targets - 1
	b.ReportMetric((heap()-before)/float64(max(kept, 1)), "B/target")
	b.ReportMetric(float64(kept), "targets")
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
