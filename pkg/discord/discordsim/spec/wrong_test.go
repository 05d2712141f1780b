package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"discomfy/pkg/discord/discordsim/spec"
)

const (
	callback = "POST /api/v9/interactions/1/token/callback"
	original = "PATCH /api/v9/webhooks/1/token/messages/@original"
	followup = "POST /api/v10/webhooks/1/token"
	create   = "POST /api/v9/channels/1/messages"
	edit     = "PATCH /api/v9/channels/1/messages/2"
	bulk     = "PUT /api/v9/applications/1/commands"
	guildCmd = "POST /api/v9/applications/1/guilds/2/commands"
)

func load(t testing.TB) *spec.Spec {
	t.Helper()
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func checkJSON(s *spec.Spec, route, body string) []string {
	method, path, _ := strings.Cut(route, " ")
	return s.Check(method, path, "application/json", []byte(body))
}

// long is n characters.
func long(n int) string { return strings.Repeat("é", n) }

// many repeats a JSON text n times, with %d for its number.
func many(n int, text string) string {
	var parts []string
	for i := range n {
		parts = append(parts, strings.ReplaceAll(text, "%d", fmt.Sprint(i)))
	}
	return strings.Join(parts, ",")
}

func buttons(n int) string {
	return `{"type":1,"components":[` + many(n, `{"type":2,"style":1,"label":"%d","custom_id":"b%d"}`) + `]}`
}

func command(options string) string {
	return `{"name":"generate","description":"make a picture","options":[` + options + `]}`
}

func option(more string) string {
	return `{"type":3,"name":"prompt","description":"what to see"` + more + `}`
}

func modal(components string) string {
	return `{"type":9,"data":{"custom_id":"m","title":"Redo","components":[` + components + `]}}`
}

// Every rule of the file and of our own has a body that breaks it and nothing else; want is part of the complaint.
func TestWrongBodiesAreCaught(t *testing.T) {
	t.Parallel()
	rowOf := func(c string) string { return `{"content":"x","components":[{"type":1,"components":[` + c + `]}]}` }
	tests := []struct{ name, route, body, want string }{
		// What the OpenAPI file says.
		{"content of an edit too long", original, `{"content":"` + long(2001) + `"}`, "/content"},
		{"title too long", original, `{"embeds":[{"title":"` + long(257) + `"}]}`, "/embeds/0/title"},
		{"description too long", original, `{"embeds":[{"description":"` + long(4097) + `"}]}`, "/embeds/0/description"},
		{"field value too long", original, `{"embeds":[{"fields":[{"name":"a","value":"` + long(1025) + `"}]}]}`, "value"},
		{"eleven embeds", original, `{"embeds":[` + many(11, `{"title":"%d"}`) + `]}`, "/embeds"},
		{"26 fields", original, `{"embeds":[{"fields":[` + many(26, `{"name":"%d","value":"v"}`) + `]}]}`, "fields"},
		{"six buttons in a row", original, `{"components":[` + buttons(6) + `]}`, "components"},
		{"button label too long", original, rowOf(`{"type":2,"style":1,"custom_id":"a","label":"` + long(81) + `"}`), "label"},
		{"custom_id too long", original, rowOf(`{"type":2,"style":1,"label":"a","custom_id":"` + long(101) + `"}`), "custom_id"},
		{"select of 26", original, rowOf(`{"type":3,"custom_id":"s","options":[` + many(26, `{"label":"%d","value":"%d"}`) + `]}`), "options"},
		{"26 suggestions", callback, `{"type":8,"data":{"choices":[` + many(26, `{"name":"%d","value":"%d"}`) + `]}}`, "choices"},
		{"modal title too long", callback, strings.Replace(modal(`{"type":18,"label":"a","component":{"type":4,"style":1,"custom_id":"c"}}`), "Redo", long(46), 1), "title"},
		{"modal without components", callback, `{"type":9,"data":{"custom_id":"m","title":"t"}}`, "components"},
		{"unknown type of answer", callback, `{"type":99}`, "type"},
		{"colour too large", original, `{"embeds":[{"title":"t","color":16777216}]}`, "color"},
		{"timestamp that is none", original, `{"embeds":[{"title":"t","timestamp":"yesterday"}]}`, "timestamp"},
		{"26 options", bulk, `[` + command(many(26, `{"type":3,"name":"o%d","description":"d"}`)) + `]`, "options"},
		{"command name too long", bulk, `[{"name":"` + strings.Repeat("a", 33) + `","description":"d"}]`, "name"},
		{"131 commands", bulk, `[` + many(131, `{"name":"c%d","description":"d"}`) + `]`, "maxItems"},
		{"no recipient's number", "POST /api/v9/users/@me/channels", `{"recipient_id":"me"}`, "recipient_id"},
		{"embed that is a string", original, `{"embeds":"x"}`, "/embeds"},
		{"nonce of a whole UUID", create, `{"content":"x","nonce":"01234567-89ab-cdef-0123-456789abcdef"}`, "nonce"},
		{"gallery of eleven", create, `{"flags":32768,"components":[{"type":12,"items":[` + many(11, `{"media":{"url":"https://e.org/%d.png"}}`) + `]}]}`, "items"},

		// What it does not say.
		{"embeds of 6001 characters", original, `{"embeds":[{"description":"` + long(3001) + `"},{"description":"` + long(3000) + `"}]}`, "6001 characters"},
		{"six rows", original, `{"components":[` + many(6, `{"type":1,"components":[{"type":2,"style":1,"label":"a","custom_id":"%d"}]}`) + `]}`, "6 rows"},
		{"field that nobody knows", edit, `{"content":"x","ID":"1","Channel":"2"}`, "/Channel"},
		{"misspelt field of an embed", original, `{"embeds":[{"title":"t","colour":1}]}`, "/embeds/0/colour"},
		{"misspelt field of a button", original, rowOf(`{"type":2,"style":1,"label":"a","custom_id":"b","customID":"c"}`), "customID"},
		{"no choices", callback, `{"type":8,"data":{}}`, "choices"},
		{"choices that are null", callback, `{"type":8,"data":{"choices":null}}`, "choices"},
		{"new content of 2001", create, `{"content":"` + long(2001) + `"}`, "2001 characters"},
		{"edited content of 2001", edit, `{"content":"` + long(2001) + `"}`, "2001 characters"},
		{"space in a command's name", bulk, `[{"name":"make it","description":"d"}]`, "lower-case"},
		{"capital in a command's name", guildCmd, `{"name":"Make","description":"d"}`, "lower-case"},
		{"capital in an option's name", guildCmd, command(`{"type":3,"name":"Prompt","description":"d"}`), "/options/0/name"},
		{"no description", guildCmd, `{"name":"make","description":""}`, "description"},
		{"description of a message command", guildCmd, `{"type":3,"name":"Upscale","description":"d"}`, "only slash"},
		{"locale en", guildCmd, `{"name":"make","description":"d","name_localizations":{"en":"make"}}`, `"en" is no locale`},
		{"locale xx", guildCmd, command(option(`,"description_localizations":{"xx":"d"}`)), `"xx" is no locale`},
		{"choice value of 101", guildCmd, command(option(`,"choices":[{"name":"a","value":"` + long(101) + `"}]`)), "101 characters"},
		{"suggested value of 101", callback, `{"type":8,"data":{"choices":[{"name":"a","value":"` + long(101) + `"}]}}`, "101 characters"},
		{"autocomplete with choices", guildCmd, command(option(`,"autocomplete":true,"choices":[{"name":"a","value":"a"}]`)), "exclude"},
		{"min above max", guildCmd, command(`{"type":4,"name":"n","description":"d","min_value":5,"max_value":4}`), "min_value"},
		{"min_length above max_length", guildCmd, command(option(`,"min_length":5,"max_length":4`)), "min_length"},
		{"101 slash commands", bulk, `[` + many(101, `{"name":"c%d","description":"d"}`) + `]`, "at most 100"},
		{"16 message commands", bulk, `[` + many(16, `{"type":3,"name":"C %d"}`) + `]`, "at most 15"},
		{"41 components", create, `{"flags":32768,"components":[{"type":17,"components":[` + many(40, `{"type":10,"content":"%d"}`) + `]}]}`, "41 components"},
		{"button without an id", original, rowOf(`{"type":2,"style":1,"label":"a"}`), "custom_id"},
		{"link with an id", original, rowOf(`{"type":2,"style":5,"label":"a","url":"https://e.org","custom_id":"a"}`), "custom_id"},
		{"link without an address", original, rowOf(`{"type":2,"style":5,"label":"a"}`), "url"},
		{"button that says nothing", original, rowOf(`{"type":2,"style":1,"custom_id":"a"}`), "label"},
		{"button and select", original, rowOf(`{"type":2,"style":1,"label":"a","custom_id":"a"},{"type":5,"custom_id":"s"}`), "together"},
		{"video in an embed", original, `{"embeds":[{"title":"t","video":{"url":"https://e.org/v.mp4"}}]}`, "video"},
		{"field without a name", original, `{"embeds":[{"fields":[{"name":"","value":"v"}]}]}`, "required"},
		{"empty embed", original, `{"embeds":[{"color":1}]}`, "something to show"},
		{"flags on a deferral", callback, `{"type":5,"data":{"flags":32832}}`, "EPHEMERAL"},
		{"content on a deferral", callback, `{"type":5,"data":{"content":"wait"}}`, "deferral"},
		{"flags on a deferred update", callback, `{"type":6,"data":{"flags":64}}`, "EPHEMERAL"},
		{"ephemeral without an interaction", create, `{"content":"x","flags":64}`, "flags"},
		{"ephemeral in an edit", original, `{"content":"x","flags":64}`, "flags"},
		{"second form with content", create, `{"flags":32768,"content":"x","components":[{"type":10,"content":"x"}]}`, "IS_COMPONENTS_V2"},
		{"second form with embeds", original, `{"flags":32768,"embeds":[{"title":"t"}],"components":[{"type":10,"content":"x"}]}`, "IS_COMPONENTS_V2"},
		{"second form without the flag", create, `{"components":[{"type":10,"content":"x"}]}`, "IS_COMPONENTS_V2"},
		{"4001 characters of text", create, `{"flags":32768,"components":[{"type":10,"content":"` + long(2001) + `"},{"type":10,"content":"` + long(2000) + `"}]}`, "4001"},
		{"custom_id twice", original, `{"components":[` + buttons(2) + `,` + buttons(1) + `]}`, "b0 is used twice"},
		{"option name twice", guildCmd, command(option("") + "," + option("")), "twice"},
		{"command name twice", bulk, `[` + command("") + `,` + command("") + `]`, "twice"},
		{"required after optional", guildCmd, command(option("") + `,{"type":3,"name":"b","description":"d","required":true}`), "come first"},
		{"8001 characters", guildCmd, command(many(24, `{"type":3,"name":"o%d","description":"`+long(100)+`","choices":[`+many(25, `{"name":"c`+long(4)+`%d","value":"`+long(4)+`"}`)+`]}`)), "at most 8000"},
		{"embed that shows a missing file", original, `{"attachments":[],"embeds":[{"image":{"url":"attachment://a.png"}}]}`, "not attached"},
		{"embed that shows a video", original, `{"embeds":[{"image":{"url":"attachment://a.mp4"}}]}`, "no picture"},
		{"attachment without a file", original, `{"attachments":[{"id":"0"}]}`, "files[0]"},
		{"attachment kept by a new message", create, `{"content":"x","attachments":[{"id":"123456789"}]}`, "keep"},
		{"six inputs in a modal", callback, modal(many(6, `{"type":18,"label":"a","component":{"type":4,"style":1,"custom_id":"c%d"}}`)), "at most 5"},
		{"input in a row without a label", callback, modal(`{"type":1,"components":[{"type":4,"style":1,"custom_id":"c"}]}`), "required"},
		{"input with two labels", callback, modal(`{"type":18,"label":"a","component":{"type":4,"style":1,"custom_id":"c","label":"b"}}`), "label around"},
		{"subcommand beside an option", guildCmd, command(`{"type":1,"name":"sub","description":"d"},` + option("")), "do not mix"},
		{"empty message", create, `{"content":" "}`, "empty message"},
		{"empty answer", callback, `{"type":4,"data":{}}`, "empty message"},
		{"users parsed and listed", create, `{"content":"x","allowed_mentions":{"parse":["users"],"users":["1"]}}`, "exclude"},
		{"picture without a scheme", original, `{"embeds":[{"image":{"url":"ftp://e.org/a.png"}}]}`, "scheme"},
		{"option offered twice", original, rowOf(`{"type":3,"custom_id":"s","options":[{"label":"a","value":"v"},{"label":"b","value":"v"}]}`), "twice"},
		{"two defaults of one", original, rowOf(`{"type":3,"custom_id":"s","options":[{"label":"a","value":"v","default":true},{"label":"b","value":"w","default":true}]}`), "beforehand"},
		{"seed of a text option as a number", guildCmd, command(option(`,"choices":[{"name":"a","value":1}]`)), "value"},
		{"integer beyond 2^53", guildCmd, command(`{"type":4,"name":"seed","description":"d","max_value":9007199254740992}`), "max_value"},
		{"no JSON", create, `{"content":`, "no JSON"},
		{"nothing", create, ``, "needs a body"},
		{"route that is none", "POST /api/v9/channels/1/mesages", `{}`, "no route"},
		{"body for a deletion", "DELETE /api/v9/channels/1/messages/2", `{}`, "no body"},
	}
	s := load(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := checkJSON(s, tt.route, tt.body)
			if len(got) == 0 {
				t.Fatal("passed")
			}
			if all := strings.Join(got, "\n"); !strings.Contains(all, tt.want) {
				t.Errorf("complaints do not speak of %q:\n%s", tt.want, all)
			}
			if len(got) > 8 { // a wrong type meets every alternative
				t.Errorf("%d complaints about one mistake:\n%s", len(got), strings.Join(got, "\n"))
			}
		})
	}
}
