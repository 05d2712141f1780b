package discord_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"discomfy/pkg/discord"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

func TestMoreFilesThanOneMessageHolds(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	s.done(a.id, pictures(14)...)
	s.finished(a.card, 10)
	s.await("the other four", func() bool {
		all := a.replies()
		return len(all) == 1 && len(all[0].Attachments) == 4 && len(all[0].Pinged) == 0
	})
	s.settled(s.in)
	if n := len(s.discord.Messages(s.channel.ID, 0)); n != 2 {
		t.Errorf("there are %d messages", n)
	}
}

func TestMoreFilesForTheAskerAlone(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.ask(discordsim.Invocation{User: s.ann.ID, Channel: s.channel.ID, Options: map[string]any{
		"prompt": "a fish", "workflow": "txt2img", "private": true,
	}})
	s.queued(a.id)
	s.done(a.id, pictures(14)...)
	s.finished(a.card, 10)
	s.await("the other four", func() bool {
		n := 0
		for _, m := range s.discord.Messages(s.channel.ID, s.ann.ID) {
			if !m.Ephemeral() {
				t.Errorf("everybody sees %s", textOf(m))
			}
			n += len(m.Attachments)
		}
		return n == 14
	})
}

func TestAPictureThatIsTooLargeIsReencoded(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	large := picture(1, 2000, 1950, true)
	if len(large) < 11<<20 {
		t.Fatalf("the picture has %d bytes", len(large))
	}
	s.done(a.id, large)
	m := s.finished(a.card, 1)
	if size := m.Attachments[0].Size; size > 10<<20 || size < 5<<20 || m.Attachments[0].Width != 2000 {
		t.Errorf("a file of %d bytes, %d pixels wide", size, m.Attachments[0].Width)
	}
	if text := textOf(m); !strings.Contains(text, "JPEG here") || !strings.Contains(text, "discomfy show "+a.id.String()) {
		t.Errorf("the card says %s", text)
	}
}

// scriptedInPublic is an ingress with a public address, or without one.
func scriptedInPublic(t *testing.T, public bool, c discord.Config) *script {
	t.Helper()
	if !public {
		return scripted(t, settings{ingress: c})
	}
	var in atomic.Pointer[discord.Ingress]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { in.Load().Handler().ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	c.PublicURL, _ = url.Parse(server.URL)
	c.Secrets = [][]byte{[]byte("0123456789abcdef")}
	s := scripted(t, settings{ingress: c})
	in.Store(s.in)
	return s
}

func fetch(t *testing.T, link string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	return data
}

// A mask reaches a workflow that has a parameter for it as black and white, in
// the picture's size, whatever it was.
func TestMasksOfAnySortAndSize(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	red := color.NRGBA{200, 30, 30, 255}
	m := image.NewNRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			m.Set(x, y, color.NRGBA{255, 255, 255, uint8(255 * (1 - x/32))}) // white hides under what is transparent
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	r := s.ordered(s.invoke("edit", map[string]any{
		"workflow": "test-inpaint", "prompt": "blue", "image": halves(red, red),
		"mask": discordsim.Upload{Name: "m.png", Type: "image/png", Data: b.Bytes()},
	}))
	mask := s.stored(r.Inputs["mask"])
	if mask.Bounds() != image.Rect(0, 0, 16, 8) || mask.At(3, 4) != (color.Gray{255}) || mask.At(12, 4) != (color.Gray{0}) {
		t.Errorf("the mask is %v, %v on the left and %v on the right", mask.Bounds(), mask.At(3, 4), mask.At(12, 4))
	}
	i := s.invoke("edit", map[string]any{"workflow": "test-inpaint", "prompt": "blue", "image": halves(red, red), "mask": halves(color.Black, color.Black)})
	s.await("words", func() bool { return strings.Contains(textOf(s.discord.Message(i.Original)), "mask has no white in it") })
}

// doneWith ends the job with one file of a type.
func (s *script) doneWith(id job.ID, mediaType string, data []byte) {
	s.Helper()
	name := fmt.Sprintf("%s/%d-0.bin", id, s.term.Epoch())
	size, digest, err := s.term.PutResult(s.Context(), name, bytes.NewReader(data))
	if err != nil {
		s.Fatal(err)
	}
	s.write(job.State{
		Job: id, Phase: job.Done, Attempt: 1, Request: s.request(id),
		Results: []job.Result{{Name: name, File: "a.mp4", Type: mediaType, Size: size, Digest: digest}},
	})
}
