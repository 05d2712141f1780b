package discordsim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

func TestWhereAndWho(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	absent := f.AddGuild(discordsim.NewGuild{Name: "Strangers", Absent: true})
	f.AddChannel(discordsim.NewChannel{Parent: f.channel.ID, Name: "thread"})
	if a := f.do(t, "GET", "/users/@me", ``).want(t, 200, 0); a.id(t) != f.App().Bot {
		t.Errorf("bot %s", a.text)
	}
	f.do(t, "GET", "/users/"+f.ann.ID.String(), ``).want(t, 200, 0)
	f.do(t, "GET", "/users/1", ``).want(t, 404, 10013)
	if a := f.do(t, "GET", "/users/@me/guilds", ``).want(t, 200, 0); len(a.list) != 1 {
		t.Errorf("guilds %s", a.text)
	}
	if a := f.do(t, "GET", "/guilds/"+f.guild.ID.String(), ``).want(t, 200, 0); a.json["premium_tier"] != 2.0 {
		t.Errorf("guild %s", a.text)
	}
	f.do(t, "GET", "/channels/"+f.channel.ID.String(), ``).want(t, 200, 0)
	if a := f.do(t, "GET", "/guilds/"+f.guild.ID.String()+"/channels", ``).want(t, 200, 0); len(a.list) != 1 {
		t.Errorf("channels %s", a.text)
	}
	f.do(t, "GET", "/guilds/"+absent.ID.String()+"/channels", ``).want(t, 403, 50001)
	f.do(t, "GET", "/guilds/1/channels", ``).want(t, 404, 10004)
	stranger := f.AddUser(discordsim.NewUser{Name: "stranger"})
	members := "/guilds/" + f.guild.ID.String() + "/members/"
	f.do(t, "GET", members+f.ann.ID.String(), ``).want(t, 200, 0)
	f.do(t, "GET", members+stranger.ID.String(), ``).want(t, 404, 10007)
	f.do(t, "GET", members+"1", ``).want(t, 404, 10013)
	f.do(t, "GET", "/guilds/"+absent.ID.String()+"/members/"+f.ann.ID.String(), ``).want(t, 403, 50001)
	f.noViolations(t)
}

func TestGatewayAddresses(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	want := "ws" + strings.TrimPrefix(f.url, "http") + "/gateway"
	a := f.do(t, "GET", "/gateway/bot", ``).want(t, 200, 0)
	limit := a.json["session_start_limit"].(object)
	if a.json["url"] != want || limit["total"] != 1000.0 || limit["max_concurrency"] != 1.0 {
		t.Errorf("answer %s", a.text)
	}
	f.SetURL("")
	if a := f.do(t, "GET", "/gateway", ``).want(t, 200, 0); a.json["url"] != want {
		t.Errorf("without an address of its own: %s", a.text)
	}
}

func TestApplication(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{Public: true})
	for _, path := range []string{"/applications/@me", "/oauth2/applications/@me"} {
		a := f.do(t, "GET", path, ``).want(t, 200, 0)
		if a.json["bot_public"] != true || a.json["verify_key"] != f.App().VerifyKey || a.json["interactions_endpoint_url"] != nil {
			t.Errorf("%s: %s", path, a.text)
		}
	}
	deaf := httptest.NewServer(http.NotFoundHandler())
	defer deaf.Close()
	f.do(t, "PATCH", "/applications/@me", `{"interactions_endpoint_url":"`+deaf.URL+`"}`).want(t, 400, 50035)
	if url := f.App().InteractionURL; url != "" {
		t.Errorf("endpoint %q", url)
	}
	f.do(t, "PATCH", "/applications/@me", `{"interactions_endpoint_url":null}`).want(t, 200, 0)
	f.noViolations(t)
}

func TestCommandsAreRegistered(t *testing.T) {
	t.Parallel()
	f := newFake(t, discordsim.Config{Limits: unlimited()})
	app := "/applications/" + f.App().ID.String()
	places := map[string]string{"global": app + "/commands", "guild": app + "/guilds/" + f.guild.ID.String() + "/commands"}
	for name, path := range places {
		a := f.do(t, "PUT", path, `[{"name":"make","description":"d","default_member_permissions":"8"},{"type":3,"name":"Upscale it"}]`).want(t, 200, 0)
		if len(a.list) != 2 {
			t.Fatalf("%s: %s", name, a.text)
		}
		made := a.list[0].(object)
		again := f.do(t, "PUT", path, `[{"name":"make","description":"d","default_member_permissions":"8"}]`).want(t, 200, 0).list
		if len(again) != 1 || again[0].(object)["id"] != made["id"] || again[0].(object)["version"] != made["version"] {
			t.Errorf("%s: registered the same: %v, was %v", name, again, made)
		}
		id := path + "/" + made["id"].(string)
		if a := f.do(t, "PATCH", id, `{"description":"other"}`).want(t, 200, 0); a.json["description"] != "other" || a.json["version"] == made["version"] {
			t.Errorf("%s: changed: %s", name, a.text)
		}
		f.do(t, "GET", id, ``).want(t, 200, 0)
		f.do(t, "POST", path, `{"name":"make","description":"third"}`).want(t, 200, 0)
		f.do(t, "POST", path, `{"name":"see","description":"d"}`).want(t, 201, 0)
		f.do(t, "DELETE", id, ``).want(t, 204, 0)
		f.do(t, "DELETE", id, ``).want(t, 404, 10063)
		if a := f.do(t, "GET", path, ``).want(t, 200, 0); len(a.list) != 1 {
			t.Errorf("%s: left: %s", name, a.text)
		}
	}
	f.do(t, "GET", "/applications/1/commands", ``).want(t, 403, 20012)
	f.do(t, "PUT", app+"/guilds/1/commands", `[]`).want(t, 404, 10004)
	f.noViolations(t)
}

func TestCommandsOfADay(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{Limits: unlimited()})
	path := "/applications/" + f.App().ID.String() + "/commands"
	put := func(round int) answer {
		var list []string
		for n := range 80 {
			list = append(list, fmt.Sprintf(`{"name":"c%d-%d","description":"d"}`, round, n))
		}
		return f.do(t, "PUT", path, "["+strings.Join(list, ",")+"]")
	}
	put(0).want(t, 200, 0)
	put(1).want(t, 200, 0)
	put(1).want(t, 200, 0) // nothing new
	put(2).want(t, 400, 30034)
	f.Advance(24 * time.Hour)
	put(2).want(t, 200, 0)
	f.noViolations(t)
}

// A first answer that came inline is not known to the other routes for a while, where Discord is in that mood.
func TestInlineRace(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"type":5}`))
	}))
	defer endpoint.Close()
	f.RaceInline(true)
	f.PointTo(endpoint.URL)
	id := f.invoke(t, "make")
	i, err := f.Answer(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	f.do(t, "PATCH", f.webhook(i, original), `{"content":"x"}`).want(t, 404, 10015)
	f.Advance(2 * time.Second)
	f.do(t, "PATCH", f.webhook(i, original), `{"content":"x"}`).want(t, 200, 0)
}
