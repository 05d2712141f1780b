package spec

import (
	"iter"
	"strings"
)

// kind is what a route's body is about.
type kind int

const (
	kindOther kind = iota
	kindAnswer
	kindCreate        // a new message by webhook
	kindEdit          // an edit by webhook
	kindChannelCreate // a new message by bot token
	kindChannelEdit   // an edit by bot token
	kindCommand
	kindCommandEdit
	kindCommands // all at once
)

func (k kind) message() bool  { return k >= kindCreate && k <= kindChannelEdit }
func (k kind) commands() bool { return k >= kindCommand }

func kindOf(r route) kind {
	switch r.method + " " + r.template {
	case "POST /interactions/{interaction_id}/{interaction_token}/callback":
		return kindAnswer
	case "POST /webhooks/{webhook_id}/{webhook_token}":
		return kindCreate
	case "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original",
		"PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}":
		return kindEdit
	case "POST /channels/{channel_id}/messages":
		return kindChannelCreate
	case "PATCH /channels/{channel_id}/messages/{message_id}":
		return kindChannelEdit
	}
	switch {
	case !strings.HasPrefix(r.template, "/applications/{application_id}/") || strings.Contains(r.template, "permissions"):
		return kindOther
	case strings.HasSuffix(r.template, "/commands") && r.method == "PUT":
		return kindCommands
	case strings.HasSuffix(r.template, "/commands") && r.method == "POST":
		return kindCommand
	case strings.HasSuffix(r.template, "/commands/{command_id}") && r.method == "PATCH":
		return kindCommandEdit
	}
	return kindOther
}

// Types of a first answer.
const (
	answerMessage        = 4
	answerDeferred       = 5
	answerDeferredUpdate = 6
	answerUpdate         = 7
	answerChoices        = 8
	answerModal          = 9
)

// request is a body as the rules see it.
type request struct {
	kind    kind
	answer  int            // type of a first answer
	at      string         // JSON pointer of the message, of the modal or of the choices
	data    map[string]any // the message, the modal, or what holds the choices
	doc     any
	files   []File
	edit    bool // what the message leaves out stays as it is
	changes bool // data is a message
}

func newRequest(k kind, doc any, files []File) *request {
	r := &request{kind: k, doc: doc, files: files}
	switch {
	case k == kindAnswer:
		m := object(doc)
		r.answer, r.at, r.data = integer(m["type"]), "/data", object(m["data"])
		r.changes = r.answer == answerMessage || r.answer == answerUpdate
		r.edit = r.answer == answerUpdate
	case k.message():
		r.data, r.changes = object(doc), true
		r.edit = k == kindEdit || k == kindChannelEdit
	}
	return r
}

const flagComponentsV2 = 1 << 15

// v2 says whether the message has the flag for components of the second form.
func (r *request) v2() bool { return integer(r.data["flags"])&flagComponentsV2 != 0 }

// embeds with their pointers.
func (r *request) embeds() iter.Seq2[string, map[string]any] {
	return entries(step(r.at, "embeds"), r.data["embeds"])
}

// entries are the objects of a list with their pointers.
func entries(at string, v any) iter.Seq2[string, map[string]any] {
	return func(yield func(string, map[string]any) bool) {
		for i, e := range list(v) {
			if m := object(e); m != nil && !yield(step(at, i), m) {
				return
			}
		}
	}
}

// components are all of the message or the modal, nested ones too, each before what it holds.
func (r *request) components() iter.Seq2[string, map[string]any] {
	return func(yield func(string, map[string]any) bool) {
		nested(step(r.at, "components"), r.data["components"], yield)
	}
}

func nested(at string, v any, yield func(string, map[string]any) bool) bool {
	for at, c := range entries(at, v) {
		if !yield(at, c) || !nested(step(at, "components"), c["components"], yield) {
			return false
		}
		for _, key := range []string{"component", "accessory"} {
			if inner := object(c[key]); inner != nil && !nested(step(at, key), []any{inner}, yield) {
				return false
			}
		}
	}
	return true
}

// Types of components.
const (
	row       = 1
	button    = 2
	stringSel = 3
	textInput = 4
	channels  = 8
	section   = 9
	container = 17
)

func selects(t int) bool { return t == stringSel || t > textInput && t <= channels }
