package spec

import (
	"path"
	"slices"
	"strings"
)

// attachments lists every new file by its index where it lists anything, and nothing twice. Identifiers of messages'
// attachments are snowflakes and cannot be mistaken for an index.
func attachmentFiles(r *request, say report) {
	at := step(r.at, "attachments")
	if r.data["attachments"] == nil {
		return
	}
	seen := map[string]bool{}
	for at, a := range entries(at, r.data["attachments"]) {
		id := text(a["id"])
		if seen[id] {
			say(step(at, "id"), "%s is listed twice", id)
		}
		seen[id] = true
		if len(id) < 5 && !slices.ContainsFunc(r.files, func(f File) bool { return fileID(f) == id }) {
			say(step(at, "id"), "there is no files[%s]", id)
		}
		if len(id) >= 5 && !r.edit {
			say(step(at, "id"), "a new message has no attachment to keep")
		}
	}
	for _, f := range r.files {
		if !seen[fileID(f)] {
			say(at, "files[%d] is not listed", f.Index)
		}
	}
}

func fileID(f File) string { return strings.TrimPrefix(step("", f.Index), "/") }

// names are those that the new files will have.
func (r *request) names() []string {
	renamed := map[string]string{}
	for _, a := range entries("", r.data["attachments"]) {
		renamed[text(a["id"])] = text(a["filename"])
	}
	var out []string
	for _, f := range r.files {
		out = append(out, f.Name)
		if n := renamed[fileID(f)]; n != "" {
			out = append(out, n)
		}
	}
	return out
}

// keeps says whether attachments that were there before may stay, so that their names are not known here.
func (r *request) keeps() bool {
	if !r.edit {
		return false
	}
	if r.data["attachments"] == nil {
		return true
	}
	return slices.ContainsFunc(list(r.data["attachments"]), func(a any) bool { return len(text(object(a)["id"])) >= 5 })
}

// attachment:// names a file of the request (in an edit one that is kept may do), and in embeds a picture: .jpg,
// .jpeg, .png, .webp or .gif.
func embedFiles(r *request, say report) {
	for at, e := range r.embeds() {
		for _, key := range []string{"image", "thumbnail"} {
			r.attached(step(at, key), object(e[key])["url"], true, say)
		}
		r.attached(step(at, "footer"), object(e["footer"])["icon_url"], true, say)
		r.attached(step(at, "author"), object(e["author"])["icon_url"], true, say)
	}
	for at, c := range r.components() {
		r.attached(at, object(c["media"])["url"], false, say)
		r.attached(at, object(c["file"])["url"], false, say)
		for at, item := range entries(step(at, "items"), c["items"]) {
			r.attached(at, object(item["media"])["url"], false, say)
		}
	}
}

func (r *request) attached(at string, v any, picture bool, say report) {
	name, ok := strings.CutPrefix(text(v), "attachment://")
	if !ok {
		return
	}
	ext := strings.ToLower(path.Ext(name))
	if picture && !slices.Contains([]string{".jpg", ".jpeg", ".png", ".webp", ".gif"}, ext) {
		say(at, "attachment://%s is no picture", name)
	}
	if !r.keeps() && !slices.Contains(r.names(), name) {
		say(at, "attachment://%s is not attached", name)
	}
}

// At most ten files, with indexes that start at 0 and names that are names.
func fileNames(r *request, say report) {
	if len(r.files) > 10 {
		say("", "%d files, at most 10", len(r.files))
	}
	for _, f := range r.files {
		if f.Name == "" || len(f.Name) > 260 {
			say("", "files[%d] needs a filename of 1 to 260 bytes", f.Index)
		}
	}
}
