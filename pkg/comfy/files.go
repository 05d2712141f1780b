package comfy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"sync"
)

// View opens a file of the server. The size is in bytes, -1 where the server does
// not say. ErrNotFound where there is no such file. The caller closes it.
func (c *Client) View(ctx context.Context, f File) (io.ReadCloser, int64, error) {
	query := url.Values{"filename": {f.Name}, "subfolder": {f.Subfolder}, "type": {f.Type}}
	k := call{operation: "view file", method: http.MethodGet, url: c.address.at(query, "view")}
	resp, err := c.stream(ctx, k)
	if err != nil {
		return nil, 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, 0, c.refusal(resp, k.operation)
	}
	return resp.Body, resp.ContentLength, nil
}

// Upload stores an input file by streaming it, and answers what the server calls
// it: without overwrite, a name that other content has becomes "name (1).png".
func (c *Client) Upload(ctx context.Context, name, subfolder string, body io.Reader, overwrite bool) (File, error) {
	const operation = "upload file"
	head, tail, kind, err := formAround(name, subfolder, overwrite)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", operation, err)
	}
	source := &lentReader{in: body}
	defer source.takeBack()
	resp, err := c.stream(ctx, call{
		operation: operation, method: http.MethodPost, url: c.address.at(nil, "upload", "image"),
		body: io.MultiReader(bytes.NewReader(head), source, bytes.NewReader(tail)), kind: kind,
	})
	if err != nil {
		return File{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return File{}, c.refusal(resp, operation)
	}
	defer resp.Body.Close()
	return c.decodeUploaded(resp.Body)
}

// formAround gives what stands before and after the file in a multipart form.
func formAround(name, subfolder string, overwrite bool) (head, tail []byte, kind string, err error) {
	var text bytes.Buffer
	form := multipart.NewWriter(&text)
	fields := [][2]string{{"type", "input"}, {"subfolder", subfolder}, {"overwrite", strconv.FormatBool(overwrite)}}
	for _, f := range fields {
		if err := form.WriteField(f[0], f[1]); err != nil {
			return nil, nil, "", err
		}
	}
	if _, err := form.CreateFormFile("image", name); err != nil {
		return nil, nil, "", err
	}
	cut := text.Len()
	if err := form.Close(); err != nil {
		return nil, nil, "", err
	}
	return text.Bytes()[:cut], text.Bytes()[cut:], form.FormDataContentType(), nil
}

// lentReader is the caller's reader while a request reads it: net/http may go on
// reading a request's body after the answer came, which takeBack ends.
type lentReader struct {
	mu sync.Mutex
	in io.Reader // nil after takeBack
}

func (r *lentReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.in == nil {
		return 0, io.ErrClosedPipe
	}
	return r.in.Read(p)
}

func (r *lentReader) takeBack() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.in = nil
}

func (c *Client) decodeUploaded(r io.Reader) (File, error) {
	body, err := readBounded(r, c.maxBody)
	if err != nil {
		return File{}, fmt.Errorf("upload file: read answer: %w", err)
	}
	var a struct {
		Name      looseString `json:"name"`
		Subfolder looseString `json:"subfolder"`
		Type      looseString `json:"type"`
	}
	err = decode(body, &a)
	if err == nil && a.Name == "" {
		err = fmt.Errorf("%w: no name", ErrMalformed)
	}
	if err != nil {
		return File{}, fmt.Errorf("upload file: read answer: %w", err)
	}
	return File{Name: string(a.Name), Subfolder: string(a.Subfolder), Type: string(a.Type)}, nil
}
