package delivery

import (
	"cmp"
	"fmt"
	"mime"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"

	"discomfy/pkg/picture"
)

const (
	maxWorkflow = 40 // characters of a workflow's name in a file's name
	shortJob    = 8  // characters of a job id in a file's name
)

var plainEnding = regexp.MustCompile(`^\.[a-z0-9]{1,8}$`)

// attachment is the file as it is sent.
func (it *item) attachment(o Order) File {
	return File{
		Name: o.fileName(it.n, it.ending(it.now)), Type: it.mediaType(it.now), Description: o.description(it.n),
		Size: it.size(), Spoiler: o.Spoiler, Open: it.open,
	}
}

// fileName is telling and safe everywhere: <workflow>-<job, short>-<n>.<ending>.
func (o Order) fileName(n int, ending string) string {
	workflow := strings.Trim(strings.Map(safeRune, strings.ToLower(clipped(o.Workflow, maxWorkflow))), "-_")
	id := o.Job.String()
	return fmt.Sprintf("%s-%s-%d%s", cmp.Or(workflow, "result"), id[:min(shortJob, len(id))], n, ending)
}

func safeRune(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
		return r
	}
	return '-'
}

// ending is that of the kind, or where the kind is unknown the file's own.
func (it *item) ending(k picture.Kind) string {
	if k != picture.Unknown {
		return k.Ext()
	}
	for _, name := range []string{it.result.File, it.result.Name} {
		if ext := strings.ToLower(path.Ext(name)); plainEnding.MatchString(ext) {
			return ext
		}
	}
	return k.Ext()
}

// mediaType is that of the kind, or where the kind is unknown what the record
// says. A picture or film that is none by its bytes is not called one.
func (it *item) mediaType(k picture.Kind) string {
	if k != picture.Unknown {
		return k.MediaType()
	}
	t, _, err := mime.ParseMediaType(it.result.Type)
	if main, _, _ := strings.Cut(t, "/"); err != nil || main == "image" || main == "video" || main == "audio" {
		return k.MediaType()
	}
	return t
}

// description is the alt text: the prompt, and which of several it is.
func (o Order) description(n int) string {
	text := strings.Join(strings.FieldsFunc(o.Prompt, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if text == "" {
		text = strings.TrimSpace("Result of " + cmp.Or(o.Workflow, "a job"))
	}
	if len(o.Results) > 1 {
		text = fmt.Sprintf("%d of %d: %s", n, len(o.Results), text)
	}
	return clipped(text, MaxDescription)
}

// clipped shortens a text to at most n UTF-16 units, in which some of Discord's
// clients count.
func clipped(text string, n int) string {
	units := 0
	for at, r := range text {
		if units += max(utf16.RuneLen(r), 1); units > n {
			return strings.TrimRightFunc(text[:at], unicode.IsSpace)
		}
	}
	return text
}
