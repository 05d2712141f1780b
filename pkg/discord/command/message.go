package command

import (
	"net/url"
	"path"
	"strings"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
)

// Target are the pictures on the message of a message command, in their order.
// The error is a *job.Error: there is none.
func Target(i api.Interaction) ([]Picture, error) {
	d := commandData(i)
	var all []Picture
	if d.Resolved != nil {
		all = MessagePictures(d.Resolved.Messages[d.TargetID])
	}
	if len(all) == 0 {
		return nil, invalid("", "there is no picture on that message")
	}
	return all, nil
}

// MessagePictures are the pictures attached to a message, then those that an
// embed shows: an attachment in an embed is not among the message's.
func MessagePictures(m *discordgo.Message) []Picture {
	if m == nil {
		return nil
	}
	var all []Picture
	for _, a := range m.Attachments {
		if a != nil && isPicture(a.ContentType, a.Filename) {
			all = append(all, attached(a))
		}
	}
	for _, e := range m.Embeds {
		if e != nil && e.Image != nil && onCDN(e.Image.URL) {
			all = append(all, Picture{URL: e.Image.URL, Name: base(e.Image.URL)})
		}
	}
	return all
}

// isPicture goes by the media type, or by the name where there is none.
func isPicture(mediaType, name string) bool {
	if mediaType != "" {
		return strings.HasPrefix(mediaType, "image/")
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".webp", ".gif":
		return true
	}
	return false
}

// onCDN reports whether Discord itself holds the file: others are not fetched.
func onCDN(s string) bool {
	u, err := url.Parse(s)
	return err == nil && strings.Contains(u.Path, "/attachments/")
}

func base(s string) string {
	if u, err := url.Parse(s); err == nil {
		return path.Base(u.Path)
	}
	return ""
}
