package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"strings"
)

// encode makes a request's body: JSON, or a form with the JSON and the files. done must
// be called when the body is no longer needed: files in memory are bounded over all requests.
func (c *Client) encode(ctx context.Context, op string, body any, files []File) (ctype string, b []byte, done func(), err error) {
	data, err := json.Marshal(body)
	if err != nil {
		return "", nil, nil, fmt.Errorf("%s: %w", op, err)
	}
	if len(files) == 0 {
		return "application/json", data, func() {}, nil
	}
	if len(files) > MaxFiles {
		return "", nil, nil, &Error{Op: op, Kind: Invalid, Message: "more than ten files"}
	}
	weight := weigh(files)
	if weight > RequestLimit {
		return "", nil, nil, tooLarge(op)
	}
	if err := c.bodies.Acquire(ctx, weight); err != nil {
		return "", nil, nil, &Error{Op: op, Kind: Down, Err: context.Cause(ctx)}
	}
	c.counts.bodies.Add(weight)
	done = func() { c.bodies.Release(weight); c.counts.bodies.Add(-weight) }
	w := &formBuffer{}
	ctype, err = writeForm(ctx, w, data, files)
	switch {
	case w.full:
		err = tooLarge(op)
	case err != nil:
		err = fmt.Errorf("%s: %w", op, err)
	}
	if err != nil {
		done()
		return "", nil, nil, err
	}
	return ctype, w.buf.Bytes(), done, nil
}

func tooLarge(op string) error {
	return &Error{Op: op, Kind: TooLarge, Message: "the files are larger than a request may be"}
}

// weigh is what the files take, all of the limit where one of them does not say.
func weigh(files []File) int64 {
	var total int64
	for _, f := range files {
		if f.Size <= 0 {
			return RequestLimit
		}
		total += f.Size
	}
	return total
}

// formBuffer takes at most RequestLimit bytes.
type formBuffer struct {
	buf  bytes.Buffer
	full bool
}

func (b *formBuffer) Write(p []byte) (int, error) {
	if b.buf.Len()+len(p) > RequestLimit {
		b.full = true
		return 0, errTooLong
	}
	return b.buf.Write(p)
}

func writeForm(ctx context.Context, w *formBuffer, payload []byte, files []File) (string, error) {
	form := multipart.NewWriter(w)
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="payload_json"`}, "Content-Type": {"application/json"},
	})
	if err != nil {
		return "", err
	}
	if _, err := part.Write(payload); err != nil {
		return "", err
	}
	for n, f := range files {
		if err := writeFile(ctx, form, n, f); err != nil {
			return "", fmt.Errorf("file %s: %w", f.name(), err)
		}
	}
	return form.FormDataContentType(), form.Close()
}

func writeFile(ctx context.Context, form *multipart.Writer, n int, f File) error {
	ctype := f.Type
	if ctype == "" || strings.ContainsAny(ctype, "\r\n") {
		ctype = "application/octet-stream"
	}
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="files[%d]"; filename="%s"`, n, f.name())}, "Content-Type": {ctype},
	})
	if err != nil {
		return err
	}
	r, err := f.Open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(part, r)
	return err
}
