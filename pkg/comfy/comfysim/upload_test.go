package comfysim_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"mime/multipart"
	"net/textproto"
	"regexp"
	"strings"
)

// The recorder's two pictures of one pixel. A recording has only their length, so which one a row sent is by the
// recorder's order.
const (
	pictureOne = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	pictureTwo = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)

// content is what the recorder sent in its n-th upload.
func content(n int) []byte {
	switch n {
	case 2, 3:
		data, _ := base64.StdEncoding.DecodeString(pictureTwo)
		return data
	case 8:
		return []byte("not a picture")
	}
	data, _ := base64.StdEncoding.DecodeString(pictureOne)
	return data
}

var tagged = regexp.MustCompile(`"discomfy/([0-9a-f]{8})\.png"`)

// findTag is the random part of the file names that the recording replaced by TAG in uploads, but not in prompts.
func findTag(rows []*row) string {
	for _, r := range rows {
		if r.HTTP != nil {
			if m := tagged.FindSubmatch(r.HTTP.Body); m != nil {
				return string(m[1])
			}
		}
	}
	return ""
}

// upload repeats an upload. The recorder's client escaped the name's slashes.
func (w *walker) upload(c client, r *row) *answer {
	w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	image := r.HTTP.Multipart["image"].(map[string]any)
	name := strings.ReplaceAll(strings.ReplaceAll(image["filename"].(string), "TAG", w.tag), "/", "%2F")
	part, _ := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="image"; filename="` + name + `"`}, "Content-Type": {"image/png"},
	})
	_, _ = part.Write(content(w.uploads))
	w.uploads++
	for k, v := range r.HTTP.Multipart {
		if text, ok := v.(string); ok {
			_ = form.WriteField(k, text)
		}
	}
	_ = form.Close()
	a := c.answer(r, form.FormDataContentType(), body.Bytes())
	a.Body = json.RawMessage(strings.ReplaceAll(string(a.Body), w.tag, "TAG"))
	if len(a.Body) == 0 {
		a.Body = json.RawMessage(`""`) // as the recorder wrote an empty text
	}
	a.ContentType = nil
	return a
}
