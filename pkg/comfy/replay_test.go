package comfy_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"discomfy/pkg/comfy"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

var update = flag.Bool("update", false, "write the stories in testdata/stories anew")

// Every recording of every version is replayed through the real client, over real
// sockets, and must tell the story that is written down for it: the same one for
// all versions, unless a version has a file of its own.
func TestRecordingsTellTheirStories(t *testing.T) {
	t.Parallel()
	for _, version := range versions {
		for _, scenario := range scenarios(t, version) {
			t.Run(version+"/"+scenario, func(t *testing.T) {
				t.Parallel()
				r := replayRecording(t, version, scenario)
				checkStory(t, version, scenario, r.story.String())
				r.cutShort = scenario == "jobs_api" && version != "0.33.0" // which could not cancel
				r.checkRuns()
			})
		}
	}
}

func checkStory(t *testing.T, version, scenario, got string) {
	t.Helper()
	base := filepath.Join("testdata", "stories", scenario)
	own := base + "." + version + ".txt"
	common, err := os.ReadFile(base + ".txt")
	if *update {
		writeStory(t, version, base+".txt", own, string(common), got)
		return
	}
	if special, specialErr := os.ReadFile(own); specialErr == nil {
		common, err = special, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(common), got); diff != "" {
		t.Errorf("the story differs (-want +got):\n%s", diff)
	}
}

// writeStory is run twice: what the newest version tells is the common story.
func writeStory(t *testing.T, version, base, own, common, got string) {
	t.Helper()
	var err error
	switch {
	case version == versions[len(versions)-1]:
		err = os.WriteFile(base, []byte(got), 0o600)
	case common != got:
		err = os.WriteFile(own, []byte(got), 0o600)
	default:
		_ = os.Remove(own) // it may not be there
	}
	if err != nil {
		t.Error(err)
	}
}

// replay drives a client through a recording.
type replay struct {
	t      *testing.T
	server *replayServer
	client *comfy.Client
	story  *story
	ctx    context.Context

	cutShort  bool // a prompt still runs at the end of the recording
	listeners []*listener
	byConn    map[string]*listener
}

// listener is a Conn, and the recorded sockets that it stands for: one after
// another where they have the same client id.
type listener struct {
	names    []string
	clientID string
	door     string // the base path by which the server tells it from others of the same client id
	conn     *comfy.Conn
	socket   *replaySocket // nil while none is open
	frames   uint64        // sent to it
	closed   uint64        // sockets of it that were closed
	told     []comfy.Event // in the end

	mu     sync.Mutex
	events []comfy.Event
}

func replayRecording(t *testing.T, version, scenario string) *replay {
	t.Helper()
	server := newReplayServer(t)
	client, err := comfy.New(comfy.Config{URL: server.url})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait(); client.CloseIdle() })
	r := &replay{t: t, server: server, client: client, story: newStory(), ctx: ctx, byConn: map[string]*listener{}}
	rows := loadRecording(t, version, scenario)
	for i, row := range rows {
		switch {
		case row.HTTP != nil:
			r.call(row)
		case row.Event == "open":
			r.open(row, saysHello(rows[i:], row.Conn), &running)
		case row.Event == "closed":
			r.byConn[row.Conn].close(t)
		case row.Dir == "recv":
			r.byConn[row.Conn].speak(t, row)
		}
	}
	r.finish()
	return r
}

func saysHello(rows []row, conn string) bool {
	for _, r := range rows {
		if r.Conn == conn && r.Dir == "send" {
			return true
		}
	}
	return false
}

func (r *replay) open(row row, hello bool, running *sync.WaitGroup) {
	id := ""
	if row.ClientID != nil {
		id = *row.ClientID
	}
	l := r.idle(id)
	if l == nil {
		l = &listener{clientID: id}
		config := comfy.ConnConfig{ClientID: id, Sink: l.sink, FlagsWithin: 10 * time.Second, BackoffMin: time.Millisecond}
		if !hello {
			config.FlagsWithin = time.Millisecond
		}
		l.door = fmt.Sprintf("socket%d", len(r.listeners))
		client, err := comfy.New(comfy.Config{URL: r.server.url + "/" + l.door})
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(client.CloseIdle)
		l.conn = client.Conn(config)
		r.listeners = append(r.listeners, l)
		running.Go(func() { _ = l.conn.Run(r.ctx) })
	}
	l.names = append(l.names, row.Conn)
	r.byConn[row.Conn] = l
	visitor := make(chan *replaySocket)
	r.server.door(l.door) <- visitor
	l.socket = <-visitor
	want := `{"type":"feature_flags","data":{"supports_preview_metadata":true}}`
	if got := <-l.socket.hello; !sameJSON(got, []byte(want)) {
		r.t.Errorf("hello: %s", got)
	}
}

func (r *replay) idle(clientID string) *listener {
	for _, l := range r.listeners {
		if l.clientID == clientID && clientID != "" && l.socket == nil {
			return l
		}
	}
	return nil
}

func (l *listener) sink(_ uint64, e comfy.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

func (l *listener) speak(t *testing.T, row row) {
	kind, frame := websocket.TextMessage, []byte(row.Text)
	if row.Binary != nil {
		kind, frame = websocket.BinaryMessage, row.Binary
	}
	l.frames++
	if err := l.socket.ws.WriteMessage(kind, frame); err != nil {
		t.Errorf("%v: %v", row, err)
	}
}

// close ends the recorded socket; the Conn then knocks at the door again.
func (l *listener) close(t *testing.T) {
	t.Helper()
	eventually(t, func() bool { return l.conn.Generation() == uint64(len(l.names)) })
	goodbye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
	_ = l.socket.ws.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(time.Second)) // the client answers, or is gone
	<-l.socket.ended
	l.socket = nil
	l.closed++
	eventually(t, func() bool { return l.conn.Stats().Disconnected == l.closed })
}

// finish waits until every frame was read, and writes down what was told.
func (r *replay) finish() {
	for _, l := range r.listeners {
		eventually(r.t, func() bool { return l.conn.Stats().Frames == l.frames })
		if bad := l.conn.Stats().Bad; bad != 0 {
			r.t.Errorf("%v: %d bad frames", l.names, bad)
		}
		l.mu.Lock()
		l.told = slices.Clone(l.events)
		l.mu.Unlock()
		r.story.tell(strings.Join(l.names, ", "), l.told)
	}
}

// checkRuns is what holds for every run on every socket, whatever the recording.
func (r *replay) checkRuns() {
	for _, l := range r.listeners {
		phase := map[comfy.PromptID]string{}
		away := len(l.names) > 1
		for _, e := range l.told {
			id, next, after := turn(e)
			if next == "" || id == "" {
				continue
			}
			if was := phase[id]; !strings.Contains(after, "<"+was+">") && !away {
				r.t.Errorf("%v: prompt %s: %q after %q", l.names, id, next, was)
			}
			phase[id] = next
		}
		for id, last := range phase {
			if last != "end" && !away && !r.cutShort {
				r.t.Errorf("%v: prompt %s was left at %q", l.names, id, last)
			}
		}
	}
}

// turn says to which phase an event brings a prompt, and after which phases it may.
func turn(e comfy.Event) (id comfy.PromptID, next, after string) {
	switch e := e.(type) {
	case comfy.ExecutionStart:
		return e.Prompt, "start", "<> <end>"
	case comfy.Cached:
		return e.Prompt, "run", "<start>"
	case comfy.StepProgress:
		return e.Prompt, "run", "<run>"
	case comfy.NodeStates:
		return e.Prompt, "run", "<run>"
	case comfy.Executed:
		return e.Prompt, "run", "<run>"
	case comfy.Succeeded:
		return e.Prompt, "over", "<run>"
	case comfy.Failed:
		return e.Prompt, "over", "<run>"
	case comfy.Interrupted:
		return e.Prompt, "over", "<run>"
	case comfy.Preview:
		return e.Prompt, "run", "<run>"
	case comfy.Executing:
		if e.Node == "" {
			return e.Prompt, "end", "<over>"
		}
		return e.Prompt, "run", "<run>"
	}
	return "", "", ""
}

// eventually waits for a condition, for as long as a busy machine may need.
func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	bound := time.After(20 * time.Second)
	for !condition() {
		select {
		case <-tick.C:
		case <-bound:
			t.Fatal("it did not happen within 20 s")
		}
	}
}

// Half of a frame, and every frame of another kind than it says, must not be taken
// for an event that ends something.
func TestRecordedFramesCutShortAreBad(t *testing.T) {
	t.Parallel()
	for _, scenario := range scenarios(t, "0.33.0") {
		for _, row := range loadRecording(t, "0.33.0", scenario) {
			if row.Dir != "recv" || row.Text == nil {
				continue
			}
			if _, err := comfy.DecodeText(bytes.TrimRight(row.Text, "}")); !errors.Is(err, comfy.ErrMalformed) {
				t.Errorf("%v: %v", row, err)
			}
			if _, err := comfy.DecodeText(fmt.Appendf(nil, `[%s]`, row.Text)); !errors.Is(err, comfy.ErrMalformed) {
				t.Errorf("%v: %v", row, err)
			}
		}
	}
}
