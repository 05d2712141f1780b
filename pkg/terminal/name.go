package terminal

import (
	"fmt"
	"mime"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"discomfy/pkg/job"
)

// maxSlug bounds how much of a prompt goes into a file's name, in characters.
const maxSlug = 40

// fileName is the name under which a result is saved. The names that we give
// ComfyUI's files begin with the job's id; people rather want to know what is
// in them, so the workflow and the prompt take its place.
func fileName(q *job.Request, r job.Result) string {
	if q == nil || !strings.HasPrefix(r.File, q.ID.String()) {
		return SafeName(r.File, r.Type)
	}
	name := slug(q.Workflow + " " + prompt(*q))
	if name == "" {
		name = "result"
	}
	return SafeName(name+path.Ext(r.File), r.Type)
}

// slug joins the words of a text with hyphens, as many as fit.
func slug(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) })
	name := []rune(strings.Join(words, "-"))
	if len(name) <= maxSlug {
		return string(name)
	}
	if end := strings.LastIndexByte(string(name[:maxSlug+1]), '-'); end > 0 {
		return string(name[:maxSlug+1])[:end]
	}
	return string(name[:maxSlug])
}

// maxName bounds a saved file's name, in bytes, so that every file system
// takes it with a number added.
const maxName = 120

// SafeName reduces a file name from outside to a base name that is safe on
// every file system: no directory, no leading dot, no control characters, none
// of the characters or device names that Windows reserves. Where nothing is
// left the name is "result" with an extension for the media type.
func SafeName(name, mediaType string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	name = strings.Map(safeRune, Clean(path.Base(name)))
	name = strings.Trim(name, ". ")
	if stem, _, _ := strings.Cut(name, "."); isDevice(stem) {
		name = "_" + name
	}
	name = strings.Trim(clipName(name), ". ")
	if strings.Trim(name, "_") == "" { // what told it from nothing may have been cut
		return "result" + extension(mediaType)
	}
	return name
}

func safeRune(r rune) rune {
	if strings.ContainsRune(`/<>:"|?*`, r) || r == utf8.RuneError {
		return '_'
	}
	return r
}

// isDevice reports whether Windows takes the name for a device.
func isDevice(stem string) bool {
	switch stem = strings.ToUpper(strings.TrimSpace(stem)); stem {
	case "CON", "PRN", "AUX", "NUL":
		return true
	default:
		return len(stem) == 4 && (stem[:3] == "COM" || stem[:3] == "LPT") && stem[3] >= '0' && stem[3] <= '9'
	}
}

// clipName shortens the stem so that the name with its extension fits.
func clipName(name string) string {
	if len(name) <= maxName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 16 {
		ext = ""
	}
	stem := strings.ToValidUTF8(name[:maxName-len(ext)], "")
	return strings.TrimRight(stem, ". ") + ext
}

func extension(mediaType string) string {
	switch mediaType { // the usual ones, whatever this machine's tables say
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	case "image/webp":
		return ".webp"
	case "video/mp4":
		return ".mp4"
	}
	if known, err := mime.ExtensionsByType(mediaType); err == nil && len(known) > 0 {
		return known[0]
	}
	return ".bin"
}

// numbered is the n-th name to try: name.png, name-2.png, name-3.png.
func numbered(name string, n int) string {
	if n < 2 {
		return name
	}
	ext := path.Ext(name)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
}
