package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/picture"
)

// slowest is how fast a link must at least be read, in bytes a second.
const slowest = 64 << 10

// ServeHTTP answers GET and HEAD for what Make has signed, with ranges. What is
// not signed is 404, what has expired or is no longer stored is 410 with words.
// A damaged file ends with a broken connection, never with a whole answer.
func (l *Links) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "only GET and HEAD are answered here")
		return
	}
	g, err := l.read(r.URL)
	switch {
	case err != nil:
		refuse(w, http.StatusNotFound, "there is nothing here")
	case !l.cfg.Now().Before(g.expires):
		refuse(w, http.StatusGone, "this link has expired: ask for the job again with /show")
	case !l.streams.TryAcquire(1):
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, "too many files are being fetched, try again in a moment")
	default:
		defer l.streams.Release(1)
		l.serve(w, r, g)
	}
}

func refuse(w http.ResponseWriter, status int, words string) {
	secure(w.Header())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, words+"\n")
}

// secure keeps browsers from running what a file may hold, from guessing what
// it is, and from telling others where it came from.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")
}

func (l *Links) serve(w http.ResponseWriter, r *http.Request, g grant) {
	file, err := l.cfg.Store.GetResult(r.Context(), g.Object)
	switch {
	case errors.Is(err, broker.ErrNotFound):
		refuse(w, http.StatusGone, "this file is no longer stored")
		return
	case err != nil:
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, "the file can not be read now, try again in a moment")
		return
	}
	defer file.Close()
	// Whoever reads more slowly than this gives up the place; a writer that
	// takes no deadline is a test's.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute + time.Duration(g.Size/slowest)*time.Second))
	l.describe(w.Header(), g)
	if g.Strip {
		l.servePlain(w, r, g, file)
		return
	}
	stream(w, r, g.Size, file)
}

func (l *Links) describe(h http.Header, g grant) {
	secure(h)
	h.Set("Content-Type", g.Type)
	if g.Type == "" {
		h.Set("Content-Type", "application/octet-stream")
	}
	h.Set("ETag", strconv.Quote(g.Object+plain(g.Strip))) // no object is ever written again
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": g.File}))
	left := max(0, g.expires.Sub(l.cfg.Now()))
	h.Set("Cache-Control", fmt.Sprintf("private, max-age=%d, immutable", int(left.Seconds())))
}

// stream copies the store's bytes as they come. Where a range is wanted, what
// stands before it is read and left out.
func stream(w http.ResponseWriter, r *http.Request, size int64, file io.Reader) {
	w.Header().Set("Accept-Ranges", "bytes")
	from, length, status := int64(0), size, http.StatusOK
	if header := r.Header.Get("Range"); header != "" && sameFile(r.Header.Get("If-Range"), w.Header().Get("ETag")) {
		first, last, ok, satisfiable := parseRange(header, size)
		if ok && !satisfiable {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
			refuse(w, http.StatusRequestedRangeNotSatisfiable, "the file ends before that range")
			return
		}
		if ok {
			from, length, status = first, last-first+1, http.StatusPartialContent
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, size))
		}
	}
	w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if err := copyRange(w, file, from, length, from+length == size); err != nil {
		panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http breaks a connection: the file is not whole
	}
}

// sameFile reports whether a range continues what was fetched before.
func sameFile(condition, tag string) bool { return condition == "" || condition == tag }

// copyRange copies a part of a file. Where the part reaches to the file's end,
// its last piece is held back until the store has said that the file is whole.
func copyRange(w io.Writer, file io.Reader, from, length int64, toEnd bool) error {
	if _, err := io.CopyN(io.Discard, file, from); err != nil {
		return err
	}
	held := make([]byte, 0, 32<<10)
	piece := make([]byte, 32<<10)
	for length > 0 {
		n, err := io.ReadFull(file, piece[:min(length, int64(len(piece)))])
		if err != nil {
			return err
		}
		if _, err := w.Write(held); err != nil {
			return err
		}
		held = append(held[:0], piece[:n]...)
		length -= int64(n)
	}
	if toEnd {
		if n, err := file.Read(piece[:1]); n > 0 || !errors.Is(err, io.EOF) {
			return fmt.Errorf("the file does not end where it should: %w", err)
		}
	}
	_, err := w.Write(held)
	return err
}

// parseRange reads a header of one range; several are ok = false, which means
// the whole file, as the standard allows (RFC 9110, 14.2).
func parseRange(header string, size int64) (first, last int64, ok, satisfiable bool) {
	spec, isBytes := strings.CutPrefix(header, "bytes=")
	begin, end, found := strings.Cut(spec, "-")
	if !isBytes || !found {
		return 0, 0, false, false
	}
	if len(begin) == 0 {
		n, err := parseOffset(end)
		if err != nil {
			return 0, 0, false, false
		}
		return max(0, size-n), size - 1, true, n > 0 && size > 0
	}
	first, err := parseOffset(begin)
	if err != nil {
		return 0, 0, false, false
	}
	if last = size - 1; len(end) > 0 {
		n, err := parseOffset(end)
		if err != nil || n < first {
			return 0, 0, false, false
		}
		last = min(last, n)
	}
	return first, last, true, first < size
}

// parseOffset reads digits only.
func parseOffset(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}

// servePlain serves a file without its metadata, which needs all of it first.
func (l *Links) servePlain(w http.ResponseWriter, r *http.Request, g grant, file io.Reader) {
	if g.Size > l.cfg.Room || !l.room.TryAcquire(g.Size) {
		w.Header().Set("Retry-After", "10")
		refuse(w, http.StatusServiceUnavailable, "too many files are being fetched, try again in a moment")
		return
	}
	defer l.room.Release(g.Size)
	temp, err := os.CreateTemp(l.cfg.Temp, "discomfy-link-")
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, "the file can not be read now, try again in a moment")
		return
	}
	defer func() { _ = temp.Close(); _ = os.Remove(temp.Name()) }()
	_ = os.Remove(temp.Name()) // at once, where open files may be: then no crash leaves it behind
	plain, err := plainFile(r.Context(), temp, file, g.Size)
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, "the file can not be read now, try again in a moment")
		return
	}
	http.ServeContent(w, r, "", time.Time{}, plain)
}

// plainFile copies a file of known size and lays over it what takes its
// metadata out.
func plainFile(ctx context.Context, temp *os.File, file io.Reader, size int64) (io.ReadSeeker, error) {
	n, err := io.Copy(temp, io.LimitReader(&reader{ctx, file}, size+1))
	if err == nil && n != size {
		err = errSize
	}
	if err != nil {
		return nil, err
	}
	head := make([]byte, min(picture.SniffLen, size))
	if _, err := temp.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	edits, err := metadata(temp, size, picture.Sniff(head))
	if err != nil {
		return nil, err
	}
	edited, err := picture.NewEdited(temp, size, edits)
	if err != nil {
		return nil, err
	}
	return edited.Reader(), nil
}
