package discordsim_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

func TestTokensHaveTheirOwnBucket(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	i, other := f.asked(t), f.asked(t)
	f.callback(t, i, `{"type":5}`).want(t, 200, 0)
	f.callback(t, other, `{"type":5}`).want(t, 200, 0)
	for n := range 5 {
		a := f.do(t, "PATCH", f.webhook(i, original), `{"content":"`+strconv.Itoa(n)+`"}`).want(t, 200, 0)
		if got := a.header.Get("X-Ratelimit-Remaining"); got != strconv.Itoa(4-n) {
			t.Errorf("request %d: %s remain", n, got)
		}
	}
	a := f.do(t, "PATCH", f.webhook(i, original), `{"content":"6"}`).want(t, 429, 0)
	if a.json["retry_after"] != 2.0 || a.json["global"] != false || a.header.Get("Retry-After") != "2" || a.header.Get("X-Ratelimit-Scope") != "user" {
		t.Errorf("answer %s, headers %v", a.text, a.header)
	}
	f.do(t, "PATCH", f.webhook(other, original), `{"content":"x"}`).want(t, 200, 0)
	f.Advance(2 * time.Second)
	f.do(t, "PATCH", f.webhook(i, original), `{"content":"7"}`).want(t, 200, 0)
	if st := f.Stats(); st.Limited != 1 || st.Invalid != 1 {
		t.Errorf("stats %+v", st)
	}
	f.noViolations(t)
}

func TestChannelsShareABucket(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	one, two := f.said(t, "one"), f.said(t, "two")
	for n := range 5 {
		m := []discordsim.ID{one, two}[n%2]
		f.do(t, "PATCH", f.messages()+"/"+m.String(), `{"content":"x"}`).want(t, 200, 0)
	}
	f.do(t, "PATCH", f.messages()+"/"+two.String(), `{"content":"y"}`).want(t, 429, 0)
	f.said(t, "sending has a bucket of its own")
	f.Advance(5 * time.Second)
	f.do(t, "PATCH", f.messages()+"/"+two.String(), `{"content":"y"}`).want(t, 200, 0)
}

func TestOldMessagesAreEditedLessOften(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	old := f.messages() + "/" + f.said(t, "old").String()
	f.Advance(time.Hour + time.Second)
	young := f.messages() + "/" + f.said(t, "young").String()
	for range 3 {
		f.do(t, "PATCH", old, `{"content":"x"}`).want(t, 200, 0)
	}
	f.do(t, "PATCH", old, `{"content":"y"}`).want(t, 429, 30046)
	f.do(t, "PATCH", young, `{"content":"y"}`).want(t, 200, 0)
	f.Advance(6 * time.Second)
	f.do(t, "PATCH", old, `{"content":"z"}`).want(t, 200, 0)
}

func TestGlobalLimitSparesTokens(t *testing.T) {
	t.Parallel()
	limits := unlimited()
	limits.Global = discordsim.Bucket{Burst: 50, Per: time.Second}
	f := stopped(t, discordsim.Config{Limits: limits})
	i := f.asked(t)
	for range 50 {
		f.do(t, "GET", "/users/@me", ``).want(t, 200, 0)
	}
	a := f.do(t, "GET", "/users/@me", ``).want(t, 429, 0)
	if a.json["global"] != true || a.header.Get("X-Ratelimit-Global") != "true" || a.header.Get("X-Ratelimit-Scope") != "global" {
		t.Errorf("answer %s, headers %v", a.text, a.header)
	}
	f.callback(t, i, `{"type":5}`).want(t, 200, 0)
	f.Advance(time.Second)
	f.do(t, "GET", "/users/@me", ``).want(t, 200, 0)
}

func TestInvalidRequestsLeadToABan(t *testing.T) {
	t.Parallel()
	limits := unlimited()
	limits.Invalid = 3
	f := stopped(t, discordsim.Config{Limits: limits})
	f.Revoke(true)
	for range 3 {
		f.do(t, "GET", "/users/@me", ``).want(t, 401, 0)
	}
	f.Revoke(false)
	a := f.do(t, "GET", "/users/@me", ``)
	if a.status != 429 || a.json != nil || a.header.Get("Retry-After") != "" || !strings.Contains(a.text, "1015") {
		t.Errorf("answer %d %q %v", a.status, a.text, a.header)
	}
	f.broke(t, "banned")
	f.Advance(11 * time.Minute)
	f.do(t, "GET", "/users/@me", ``).want(t, 200, 0)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{Limits: unlimited()})
	m := f.said(t, "hello")
	path := f.messages() + "/" + m.String()

	mend := f.Break(discordsim.Fault{Route: "PATCH /channels/", Status: 503})
	if a := f.do(t, "PATCH", path, `{"content":"x"}`); a.status != 503 || a.json != nil {
		t.Errorf("answer %d %s", a.status, a.text)
	}
	f.do(t, "GET", path, ``).want(t, 200, 0)
	mend()
	f.do(t, "PATCH", path, `{"content":"x"}`).want(t, 200, 0)

	f.Break(discordsim.Fault{Status: 500, Code: 1, Text: "oh", Times: 2, Done: true})
	f.do(t, "PATCH", path, `{"content":"done all the same"}`).want(t, 500, 1)
	f.do(t, "GET", path, ``).want(t, 500, 1)
	if got := f.Message(m).Content; got != "done all the same" {
		t.Errorf("content %q", got)
	}
	f.do(t, "GET", path, ``).want(t, 200, 0)

	f.Break(discordsim.Fault{Status: 500, Until: f.Now().Add(time.Minute)})
	f.Advance(time.Minute)
	f.do(t, "GET", path, ``).want(t, 500, 0)
	f.Advance(time.Second)
	f.do(t, "GET", path, ``).want(t, 200, 0)

	f.Break(discordsim.Fault{Status: 413, Code: 40005})
	f.Break(discordsim.Fault{Wait: time.Hour})
	f.do(t, "GET", path, ``).want(t, 413, 40005)
	f.Mend()
	f.Break(discordsim.Fault{Wait: time.Millisecond, Times: 1})
	f.do(t, "GET", path, ``).want(t, 200, 0)
	f.noViolations(t)
}
