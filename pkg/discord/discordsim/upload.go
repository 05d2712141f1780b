package discordsim

import (
	"bytes"
	"cmp"
	"image"
	_ "image/gif"  // dimensions of attachments
	_ "image/jpeg" // dimensions of attachments
	_ "image/png"  // dimensions of attachments
	"path"
	"regexp"
	"strings"

	_ "golang.org/x/image/webp" // dimensions of attachments
)

var unsafeName = regexp.MustCompile(`[^A-Za-z0-9_.\-]+`)

// newAttachment describes a file; its bytes are not yet kept. Discord replaces what is no letter, digit, dot, hyphen
// or underscore in a name, and reads the dimensions of pictures.
func newAttachment(name, declared string, data []byte) *Attachment {
	name = strings.Trim(unsafeName.ReplaceAllString(name, "_"), ".")
	a := &Attachment{Name: cmp.Or(name, "unknown"), Size: int64(len(data))}
	a.Type = mediaType(a.Name, declared)
	a.Spoiler = strings.HasPrefix(a.Name, "SPOILER_")
	if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil {
		a.Width, a.Height = c.Width, c.Height
	}
	return a
}

// keepUpload keeps a file that a person sends with a command. Called with mu held.
func (s *Server) keepUpload(channel ID, u Upload) *Attachment {
	a := newAttachment(u.Name, u.Type, u.Data)
	a.ID, a.Channel, a.Ephemeral = s.world.newID(), channel, true
	a.Spoiler = a.Spoiler || u.Spoiler
	if err := s.files.put(a.ID, u.Data); err != nil {
		s.log.Error("an attachment is lost", "error", err)
	}
	return a
}

// mediaType is what Discord says a file is: by its name, else as declared.
func mediaType(name, declared string) string {
	known := map[string]string{
		".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
		".avif": "image/avif", ".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime", ".mkv": "video/x-matroska",
		".mp3": "audio/mpeg", ".wav": "audio/wav", ".ogg": "audio/ogg", ".flac": "audio/flac",
		".txt": "text/plain; charset=utf-8", ".json": "application/json; charset=utf-8", ".zip": "application/zip",
	}
	if kind, ok := known[strings.ToLower(path.Ext(name))]; ok {
		return kind
	}
	return declared
}
