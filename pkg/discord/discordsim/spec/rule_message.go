package spec

import (
	"net/url"
	"slices"
	"strings"
)

// All texts of all embeds together have at most 6000 characters.
func embedSum(r *request, say report) {
	sum := 0
	for _, e := range r.embeds() {
		sum += length(e["title"]) + length(e["description"]) +
			length(object(e["footer"])["text"]) + length(object(e["author"])["name"])
		for _, f := range entries("", e["fields"]) {
			sum += length(f["name"]) + length(f["value"])
		}
	}
	if sum > 6000 {
		say(step(r.at, "embeds"), "%d characters in all embeds, at most 6000", sum)
	}
}

// An embed without anything to see is refused.
func emptyEmbeds(r *request, say report) {
	shown := []string{"title", "description", "fields", "image", "thumbnail", "footer", "author"}
	for at, e := range r.embeds() {
		if !slices.ContainsFunc(shown, func(k string) bool { return !zero(e[k]) }) {
			say(at, "an embed needs something to show")
		}
	}
}

// Videos, providers and types other than rich are made by Discord alone.
func embedVideo(r *request, say report) {
	for at, e := range r.embeds() {
		for _, key := range []string{"video", "provider"} {
			if !zero(e[key]) {
				say(step(at, key), "bots cannot set it")
			}
		}
		if kind := text(e["type"]); kind != "" && kind != "rich" {
			say(step(at, "type"), "bots send rich embeds only")
		}
	}
}

// Names and values of fields are required and not blank.
func emptyFields(r *request, say report) {
	for at, e := range r.embeds() {
		for at, f := range entries(step(at, "fields"), e["fields"]) {
			for _, key := range []string{"name", "value"} {
				if strings.TrimSpace(text(f[key])) == "" {
					say(step(at, key), "this field is required")
				}
			}
		}
	}
}

// Addresses of an embed are http, https or, where a picture is meant, attachment.
func embedSchemes(r *request, say report) {
	for at, e := range r.embeds() {
		scheme(step(at, "url"), e["url"], false, say)
		for _, key := range []string{"image", "thumbnail"} {
			if picture := object(e[key]); picture != nil {
				if text(picture["url"]) == "" {
					say(step(step(at, key), "url"), "this field is required")
				}
				scheme(step(step(at, key), "url"), picture["url"], true, say)
			}
		}
		scheme(step(at, "footer/icon_url"), object(e["footer"])["icon_url"], true, say)
		scheme(step(at, "author/icon_url"), object(e["author"])["icon_url"], true, say)
		scheme(step(at, "author/url"), object(e["author"])["url"], false, say)
	}
}

func scheme(at string, v any, attachment bool, say report) {
	u, err := url.Parse(text(v))
	if err != nil || text(v) == "" {
		return // the schema complains about what is no URI
	}
	if u.Scheme != "http" && u.Scheme != "https" && (!attachment || u.Scheme != "attachment") {
		say(at, "scheme %q must be http or https", u.Scheme)
	}
}

// A bot's messages have 2000 characters; the schema has the 4000 of people with Nitro.
func contentLength(r *request, say report) {
	if n := length(r.data["content"]); n > 2000 {
		say(step(r.at, "content"), "%d characters, at most 2000", n)
	}
}

// A new message needs content, an embed, a component, a sticker, a poll or a file (50006).
func emptyMessage(r *request, say report) {
	if r.edit || len(r.files) > 0 || strings.TrimSpace(text(r.data["content"])) != "" {
		return
	}
	for _, key := range []string{"embeds", "components", "sticker_ids", "poll"} {
		if !zero(r.data[key]) {
			return
		}
	}
	say(r.at, "cannot send an empty message")
}

// Flags that a bot may set: SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS and IS_COMPONENTS_V2; EPHEMERAL in what answers an
// interaction. In an edit SUPPRESS_EMBEDS and IS_COMPONENTS_V2 remain; a callback of type 7 has them too.
func messageFlags(r *request, say report) {
	allowed := 1<<2 | flagComponentsV2
	if !r.edit {
		allowed |= 1 << 12
		if r.kind == kindCreate || r.kind == kindAnswer {
			allowed |= 1 << 6
		}
	}
	if wrong := integer(r.data["flags"]) &^ allowed; wrong != 0 {
		say(step(r.at, "flags"), "flags %#x cannot be set here", wrong)
	}
}

// A kind of mention is parsed or listed, not both.
func allowedMentions(r *request, say report) {
	m := object(r.data["allowed_mentions"])
	for _, key := range []string{"users", "roles"} {
		if len(list(m[key])) > 0 && slices.Contains(list(m["parse"]), any(key)) {
			say(step(r.at, "allowed_mentions"), "%q in parse and a list of %s exclude each other", key, key)
		}
	}
}
