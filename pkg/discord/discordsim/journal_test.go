package discordsim_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

// lines are a journal's, read back.
func lines(t *testing.T, journal string) (all []object) {
	t.Helper()
	in := bufio.NewScanner(strings.NewReader(journal))
	for in.Scan() {
		var o object
		if err := json.Unmarshal(in.Bytes(), &o); err != nil {
			t.Fatalf("a line is no JSON: %v\n%s", err, in.Bytes())
		}
		all = append(all, o)
	}
	return all
}

func of(all []object, event string) (some []object) {
	for _, o := range all {
		if o["event"] == event {
			some = append(some, o)
		}
	}
	return some
}

// A journal tells what a person did with what, every look of the answer with its files, who was notified, and the
// requests; and it ends with all that had happened before its context ended.
func TestTheJournalTellsEverything(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	j := discordsim.NewJournal(&out)
	f := newFake(t, discordsim.Config{Observe: j.Observe})
	j.Attach(f.Server)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx) }()

	f.command(t, "draw")
	id, err := f.Invoke(t.Context(), discordsim.Invocation{User: f.ann.ID, Channel: f.channel.ID, Command: "draw"})
	if err != nil {
		t.Fatal(err)
	}
	i := f.Interaction(id)
	f.callback(t, i, `{"type":4,"data":{"content":"hello","allowed_mentions":{"parse":[]}}}`)
	ann := f.ann.ID.String()
	f.do(t, "POST", f.messages(), `{"content":"<@`+ann+`> look","allowed_mentions":{"users":["`+ann+`"]}}`)
	f.Mark("the end")
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	all := lines(t, out.String())
	asked := of(all, "interaction_created")
	if len(asked) != 1 || asked[0]["interaction"].(object)["id"] != id.String() || asked[0]["interaction"].(object)["data"].(object)["name"] != "draw" {
		t.Errorf("interactions: %v", asked)
	}
	if got := of(all, "interaction_answered"); len(got) != 1 || got[0]["interaction"].(object)["acked"] == nil {
		t.Errorf("answers: %v", got)
	}
	looks := of(all, "message_created")
	if len(looks) != 2 || looks[0]["message"].(object)["content"] != "hello" || looks[1]["message"].(object)["pinged"].([]any)[0] != f.ann.ID.String() {
		t.Errorf("messages: %v", looks)
	}
	if got := of(all, "request"); !slices.ContainsFunc(got, func(o object) bool {
		r := o["request"].(object)
		return strings.HasSuffix(r["route"].(string), "/callback") && r["host"] != ""
	}) {
		t.Errorf("requests: %v", got)
	}
	if got := of(all, "mark"); len(got) != 1 || got[0]["text"] != "the end" {
		t.Errorf("marks: %v", got)
	}
}

// Files are told by their digests, and what was missed is told too.
func TestTheJournalTellsFilesAndWhatItMissed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	j := discordsim.NewJournal(&out)
	f := newFake(t, discordsim.Config{})
	j.Attach(f.Server)
	data := []byte("not really a picture")
	if _, err := f.Say(t.Context(), f.ann.ID, f.channel.ID, "see", discordsim.Upload{Name: "a.png", Data: data}); err != nil {
		t.Fatal(err)
	}
	for range 40_000 {
		j.Observe(discordsim.Call{})
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := j.Run(ctx); err != nil {
		t.Fatal(err)
	}
	all := lines(t, out.String())
	sum := sha256.Sum256(data)
	file := of(all, "message_created")[0]["message"].(object)["attachments"].([]any)[0].(object)
	if file["digest"] != hex.EncodeToString(sum[:]) || file["name"] != "a.png" {
		t.Errorf("the file is told as %v", file)
	}
	if got := of(all, "missed"); len(got) == 0 {
		t.Error("it does not tell that it missed something")
	}
}

func order(t *testing.T, control http.Handler, path, body string) (int, object) {
	t.Helper()
	w := httptest.NewRecorder()
	control.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body)))
	var answer object
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v: %s", path, err, w.Body)
	}
	return w.Code, answer
}

// What another process orders is broken, and mended again.
func TestControlBreaksAndMends(t *testing.T) {
	t.Parallel()
	f := newFake(t, discordsim.Config{})
	control := f.Control()
	if status, answer := order(t, control, "/break", `{"route":"POST /channels/","status":503,"for":"1h"}`); status != http.StatusOK {
		t.Fatalf("break: %d %v", status, answer)
	}
	if status := f.do(t, "POST", f.messages(), `{"content":"x"}`).status; status != http.StatusServiceUnavailable {
		t.Errorf("a broken route answers %d", status)
	}
	order(t, control, "/mend", `{}`)
	if status := f.do(t, "POST", f.messages(), `{"content":"x"}`).status; status != http.StatusOK {
		t.Errorf("a mended route answers %d", status)
	}
	status, made := order(t, control, "/people", `{"n":2}`)
	if status != http.StatusOK || len(made["ids"].([]any)) != 2 {
		t.Fatalf("people: %d %v", status, made)
	}
	newcomer, err := discordsim.ParseID(made["ids"].([]any)[0].(string))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Say(t.Context(), newcomer, f.channel.ID, "hello"); err != nil {
		t.Errorf("a newcomer may not speak: %v", err)
	}
	for path, body := range map[string]string{
		"/people": `{"n":0}`, "/gateway": `{"say":"boo"}`, "/delete": `{"message":"1"}`, "/mark": `{}`, "/channels": `{"n":1,"guild":"1"}`,
	} {
		if status, _ := order(t, control, path, body); status != http.StatusUnprocessableEntity {
			t.Errorf("%s %s answers %d", path, body, status)
		}
	}
	if status, _ := order(t, control, "/break", `{"rout":""}`); status != http.StatusBadRequest {
		t.Errorf("an order that is misspelt answers %d", status)
	}
}

// An answer that is held is of a request that was done; whoever listens hears of it meanwhile.
func TestAnAnswerIsHeldAfterItWasDone(t *testing.T) {
	t.Parallel()
	f := newFake(t, discordsim.Config{})
	sub := f.Subscribe(100)
	defer sub.Close()
	f.Break(discordsim.Fault{Route: "POST /channels/", Times: 1, Linger: 50 * time.Millisecond})
	if status := f.do(t, "POST", f.messages(), `{"content":"x"}`).status; status != http.StatusOK {
		t.Fatalf("it answers %d", status)
	}
	var kinds []discordsim.EventKind
	for len(sub.C) > 0 {
		kinds = append(kinds, (<-sub.C).Kind)
	}
	if want := []discordsim.EventKind{discordsim.MessageCreated, discordsim.AnswerHeld}; !slices.Equal(kinds, want) {
		t.Errorf("events %v, want %v", kinds, want)
	}
}
