package discordsim_test

import (
	"testing"
	"time"

	"discomfy/pkg/discord/discordsim"
)

// What the bot's token may do in a channel, and what it is told where it may not.
func TestRefusalsInChannels(t *testing.T) {
	t.Parallel()
	const embed = `{"embeds":[{"title":"t"}]}`
	tests := []struct {
		name         string
		broken       func(f *fake, m discordsim.ID)
		method       string
		message      bool
		body         string
		status, code int
	}{
		{"send", nil, "POST", false, `{"content":"x"}`, 200, 0},
		{"edit", nil, "PATCH", true, `{"content":"x"}`, 200, 0},
		{"delete", nil, "DELETE", true, ``, 204, 0},
		{"read", nil, "GET", true, ``, 200, 0},
		{"list", nil, "GET", false, ``, 200, 0},
		{"no view", deny(discordsim.ViewChannel), "PATCH", true, `{"content":"x"}`, 403, 50001},
		{"no view to read", deny(discordsim.ViewChannel), "GET", true, ``, 403, 50001},
		{"no sending", deny(discordsim.SendMessages), "POST", false, `{"content":"x"}`, 403, 50013},
		{"no sending, but an edit", deny(discordsim.SendMessages), "PATCH", true, `{"content":"x"}`, 200, 0},
		{"no embeds", deny(discordsim.EmbedLinks), "POST", false, embed, 403, 50013},
		{"no history", deny(discordsim.ReadMessageHistory), "GET", true, ``, 403, 50013},
		{"deleted message", func(f *fake, m discordsim.ID) { f.DeleteMessage(m) }, "PATCH", true, `{"content":"x"}`, 404, 10008},
		{"deleted channel", func(f *fake, m discordsim.ID) { f.DeleteChannel(f.channel.ID) }, "PATCH", true, `{"content":"x"}`, 404, 10003},
		{"word", func(f *fake, m discordsim.ID) { f.Block("naughty") }, "POST", false, `{"embeds":[{"fields":[{"name":"a","value":"so Naughty"}]}]}`, 400, 200000},
		{"word in an edit", func(f *fake, m discordsim.ID) { f.Block("naughty") }, "PATCH", true, `{"content":"naughty"}`, 400, 200000},
		{"revoked", func(f *fake, m discordsim.ID) { f.Revoke(true) }, "GET", true, ``, 401, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := stopped(t, discordsim.Config{})
			m := f.said(t, "hello")
			if tt.broken != nil {
				tt.broken(f, m)
			}
			path := f.messages()
			if tt.message {
				path += "/" + m.String()
			}
			f.do(t, tt.method, path, tt.body).want(t, tt.status, tt.code)
			if counted := tt.status == 401 || tt.status == 403; counted != (f.Stats().Invalid == 1) {
				t.Errorf("invalid requests: %d", f.Stats().Invalid)
			}
			f.noViolations(t)
		})
	}
}

func deny(p discordsim.Permission) func(*fake, discordsim.ID) {
	return func(f *fake, _ discordsim.ID) { f.Deny(f.channel.ID, p) }
}

func TestOthersMessages(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	other := f.AddChannel(discordsim.NewChannel{Guild: f.guild.ID, Name: "other"})
	m := f.said(t, "mine")
	f.do(t, "PATCH", "/channels/"+other.ID.String()+"/messages/"+m.String(), `{"content":"x"}`).want(t, 404, 10008)
	f.do(t, "PATCH", "/channels/99/messages/"+m.String(), `{"content":"x"}`).want(t, 404, 10003)
	f.noViolations(t)
}

func TestThreads(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	thread := f.AddChannel(discordsim.NewChannel{Parent: f.channel.ID, Name: "detail"})
	path := "/channels/" + thread.ID.String() + "/messages"
	m := f.do(t, "POST", path, `{"content":"x"}`).want(t, 200, 0).id(t)
	f.Archive(thread.ID, true)
	f.do(t, "PATCH", path+"/"+m.String(), `{"content":"y"}`).want(t, 400, 50083)
	f.do(t, "POST", path, `{"content":"opens it"}`).want(t, 200, 0)
	f.do(t, "PATCH", path+"/"+m.String(), `{"content":"y"}`).want(t, 200, 0)
	f.Deny(f.channel.ID, discordsim.SendInThreads)
	f.do(t, "POST", path, `{"content":"z"}`).want(t, 403, 50013)
	f.noViolations(t)
}

func TestDirectMessages(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{})
	shy := f.AddUser(discordsim.NewUser{Name: "shy", Closed: true})
	stranger := f.AddUser(discordsim.NewUser{Name: "stranger"})
	f.AddMember(f.guild.ID, shy.ID)
	open := func(u discordsim.ID) string {
		a := f.do(t, "POST", "/users/@me/channels", `{"recipient_id":"`+u.String()+`"}`).want(t, 200, 0)
		return "/channels/" + a.id(t).String() + "/messages"
	}
	first := open(f.ann.ID)
	if again := open(f.ann.ID); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	f.Block("hello") // AutoMod belongs to guilds
	m := f.do(t, "POST", first, `{"content":"hello"}`).want(t, 200, 0).id(t)
	f.do(t, "PATCH", first+"/"+m.String(), `{"content":"y"}`).want(t, 200, 0)
	f.do(t, "POST", open(shy.ID), `{"content":"x"}`).want(t, 403, 50007)
	f.do(t, "POST", open(stranger.ID), `{"content":"x"}`).want(t, 403, 50278)
	f.do(t, "POST", "/users/@me/channels", `{"recipient_id":"`+f.App().Bot.String()+`"}`).want(t, 400, 50033)
	f.noViolations(t)
}

func TestRepliesAndNonces(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{Limits: unlimited()})
	m := f.said(t, "card")
	reply := `{"content":"done","nonce":"n1","enforce_nonce":true,"message_reference":{"message_id":"` + m.String() + `","fail_if_not_exists":false}}`
	a := f.do(t, "POST", f.messages(), reply).want(t, 200, 0)
	if got := f.Message(a.id(t)); got.Reference != m || got.Nonce != "n1" {
		t.Errorf("message %+v", got)
	}
	if again := f.do(t, "POST", f.messages(), reply).want(t, 200, 0).id(t); again != a.id(t) {
		t.Errorf("sent twice: %v and %v", a.id(t), again)
	}
	f.Advance(6 * time.Minute)
	if later := f.do(t, "POST", f.messages(), reply).want(t, 200, 0).id(t); later == a.id(t) {
		t.Error("the nonce is remembered for ever")
	}
	f.DeleteMessage(m)
	if a := f.do(t, "POST", f.messages(), `{"content":"x","message_reference":{"message_id":"`+m.String()+`","fail_if_not_exists":false}}`).want(t, 200, 0); f.Message(a.id(t)).Reference != 0 {
		t.Error("replies to what is gone")
	}
	f.do(t, "POST", f.messages(), `{"content":"x","message_reference":{"message_id":"`+m.String()+`"}}`).want(t, 400, 50035)
	f.Deny(f.channel.ID, discordsim.ReadMessageHistory)
	f.do(t, "POST", f.messages(), `{"content":"x","message_reference":{"message_id":"1"}}`).want(t, 403, 160002)
	f.noViolations(t)
}

func TestWhoIsPinged(t *testing.T) {
	t.Parallel()
	f := stopped(t, discordsim.Config{Limits: unlimited()})
	role := f.AddRole(f.guild.ID, "painters", 0, f.bob.ID)
	said, err := f.Say(t.Context(), f.ann.ID, f.channel.ID, "a wish")
	if err != nil {
		t.Fatal(err)
	}
	ann, bob := "<@"+f.ann.ID.String()+">", "<@!"+f.bob.ID.String()+">"
	everybody := ann + bob + "<@&" + role.ID.String() + "> @everyone"
	reply := `"message_reference":{"message_id":"` + said.ID.String() + `"}`
	tests := []struct {
		name, body string
		want       []discordsim.ID
	}{
		{"without a word about it", `{"content":"` + everybody + `"}`, []discordsim.ID{f.ann.ID, f.bob.ID}},
		{"nobody", `{"content":"` + everybody + `","allowed_mentions":{"parse":[]}}`, nil},
		{"one", `{"content":"` + everybody + `","allowed_mentions":{"parse":[],"users":["` + f.ann.ID.String() + `"]}}`, []discordsim.ID{f.ann.ID}},
		{"a role", `{"content":"` + everybody + `","allowed_mentions":{"roles":["` + role.ID.String() + `"]}}`, []discordsim.ID{f.bob.ID}},
		{"in an embed", `{"embeds":[{"title":"t","description":"` + ann + `"}]}`, nil},
		{"silently", `{"content":"` + ann + `","flags":4096}`, nil},
		{"by a reply", `{"content":"x",` + reply + `}`, []discordsim.ID{f.ann.ID}},
		{"by a reply to somebody else", `{"content":"x",` + reply + `,"allowed_mentions":{"parse":[],"replied_user":false}}`, nil},
	}
	for _, tt := range tests {
		m := f.Message(f.do(t, "POST", f.messages(), tt.body).want(t, 200, 0).id(t))
		if !equal(m.Pinged, tt.want) || m.Everyone {
			t.Errorf("%s: %v, everyone %v, want %v", tt.name, m.Pinged, m.Everyone, tt.want)
		}
	}
	f.noViolations(t)
}

func equal(a, b []discordsim.ID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
