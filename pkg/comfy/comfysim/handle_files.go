package comfysim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// getView answers a file, or a picture converted as asked.
func (s *Server) getView(w http.ResponseWriter, r *http.Request) {
	q := lenientQuery(r)
	name, kind := annotated(q.Get("filename"), q.Get("type"))
	if kind == "" {
		kind = "output"
	}
	switch folder := s.disk.folder(kind); {
	case q.Get("filename") == "":
		replyEmpty(w, http.StatusNotFound)
	case strings.HasPrefix(name, "/") || strings.Contains(name, "..") || folder == "":
		replyEmpty(w, http.StatusBadRequest)
	default:
		dir, ok := within(folder, q.Get("subfolder"))
		if !ok {
			replyEmpty(w, http.StatusForbidden)
			return
		}
		s.sendFile(w, r, filepath.Join(dir, filepath.Base(name)))
	}
}

// lenientQuery takes a semicolon for a character, as in preview=webp;90; Go takes it for an error.
func lenientQuery(r *http.Request) url.Values {
	q, _ := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", "%3B"))
	return q
}

func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, path string) {
	f, err := os.Open(path)
	if err == nil && s.faults.on(func(f *Faults) bool { return f.FilesGone }) {
		f.Close()
		err = os.ErrNotExist
	}
	if err != nil {
		replyEmpty(w, http.StatusNotFound)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		replyEmpty(w, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Disposition", fmt.Sprintf("filename=%q", filepath.Base(path)))
	q := lenientQuery(r)
	if q.Get("preview") != "" || q.Get("channel") == "rgb" || q.Get("channel") == "a" {
		s.sendConverted(w, path, q.Get("preview"), q.Get("channel"))
		return
	}
	w.Header().Set("Content-Type", contentType(path))
	http.ServeContent(w, r, "", info.ModTime(), f)
}

func contentType(path string) string {
	switch strings.ToLower(filepath.Ext(path)) { // not the system's table, which differs between machines
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".webp":
		return "image/webp"
	case ".gif":
		return "image/gif"
	case ".mp4":
		return "video/mp4"
	}
	return "application/octet-stream"
}

// sendConverted answers a picture as WebP or JPEG of a quality ("webp;90"), or as a PNG of some channels.
func (s *Server) sendConverted(w http.ResponseWriter, path, preview, channel string) {
	img, err := readPicture(path)
	if err != nil {
		replyTrouble(w)
		return
	}
	format, quality, _ := strings.Cut(preview, ";")
	kind := "image/png"
	var data []byte
	switch {
	case preview == "" && channel == "a":
		data = encodePNG(invert(channelOf(img, "alpha")), nil)
	case preview == "":
		data = encodePNG(opaque(img), nil)
	case format == "jpeg" && channel != "a":
		kind, data = "image/jpeg", encodeJPEG(opaque(img), qualityOf(quality))
	default:
		kind, data = "image/webp", encodeWebP(img)
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(data)
}

func qualityOf(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 90
	}
	return min(max(n, 1), 100)
}

// errDiskFull is returned when the disk takes nothing more.
var errDiskFull = errors.New("no space left on device")

var errOutside = errors.New("path outside the folder")

// postUpload stores an input picture.
func (s *Server) postUpload(w http.ResponseWriter, r *http.Request) {
	form, err := readUpload(http.MaxBytesReader(w, r.Body, maxBody), r.Header.Get("Content-Type"))
	if err != nil {
		replyTrouble(w)
		return
	}
	kind := form.fields["type"]
	if s.disk.folder(kind) == "" {
		kind = "input"
	}
	if form.filename == "" {
		replyEmpty(w, http.StatusBadRequest)
		return
	}
	overwrite := form.fields["overwrite"] == "true" || form.fields["overwrite"] == "1"
	name, err := s.disk.store(kind, form.fields["subfolder"], form.filename, form.data, overwrite)
	if errors.Is(err, errOutside) {
		replyEmpty(w, http.StatusBadRequest)
		return
	}
	if err != nil {
		replyTrouble(w)
		return
	}
	reply(w, http.StatusOK, obj("name", name, "subfolder", form.fields["subfolder"], "type", kind))
}

// uploadForm is what an upload carries. The file name is as sent: Go's own parser would drop its directories.
type uploadForm struct {
	filename string
	data     []byte
	fields   map[string]string
}

func readUpload(in io.Reader, contentType string) (uploadForm, error) {
	form := uploadForm{fields: map[string]string{}}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return form, fmt.Errorf("read upload: %w", err)
	}
	parts := multipart.NewReader(in, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return form, fmt.Errorf("read upload: %w", err)
		}
		_, disposition, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if err != nil {
			return form, fmt.Errorf("read upload: %w", err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return form, fmt.Errorf("read upload: %w", err)
		}
		if disposition["name"] == "image" {
			form.filename, form.data = disposition["filename"], data
		} else {
			form.fields[disposition["name"]] = string(data)
		}
	}
}

// store writes an upload under its name; where another file has it, under "name (1).ext" and so on. The same
// content is not stored twice.
func (d *disk) store(kind, subfolder, name string, data []byte, overwrite bool) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full() {
		return "", errDiskFull
	}
	folder := d.folder(kind)
	path, ok := within(folder, subfolder, name)
	if !ok || path == folder || strings.ContainsRune(path, 0) {
		return "", errOutside
	}
	dir, ext := filepath.Join(folder, subfolder), filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for i := 1; !overwrite; i++ {
		old, err := os.ReadFile(path)
		if err == nil && bytes.Equal(old, data) {
			return name, nil
		}
		// What can not be looked at does not exist, as os.path.exists says: a
		// name that is too long would be counted up for ever.
		if _, err := os.Stat(path); err != nil {
			break
		}
		name = fmt.Sprintf("%s (%d)%s", stem, i, ext)
		path = filepath.Join(dir, name)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("store upload: %w", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return "", fmt.Errorf("store upload: %w", err)
	}
	return name, nil
}
