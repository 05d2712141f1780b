package api_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"discomfy/pkg/discord/api"
)

// endless is a file of that many bytes, whatever it says of itself.
func endless(says, has int64) api.File {
	return api.File{Name: "a.bin", Size: says, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.LimitReader(zeros{}, has)), nil
	}}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, files := range map[string][]api.File{
		"by what the files say":  {endless(20*mib, 1), endless(6*mib, 1)},
		"by what the files hold": {endless(1, 26*mib)},
		"where a file is silent": {endless(0, 26*mib)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, ok)
			c := f.client(t)
			_, err := c.EditOriginal(t.Context(), token(c.Now(), time.Minute), api.Message{Files: files})
			if api.KindOf(err) != api.TooLarge || f.count() != 0 {
				t.Errorf("got %v after %d calls", err, f.count())
			}
			if n := c.Stats().Bodies; n != 0 {
				t.Errorf("%d bytes are still counted", n)
			}
		})
	}
}

func TestTheLargestRequestIsSent(t *testing.T) {
	t.Parallel()
	f := newFake(t, ok)
	c := f.client(t)
	_, err := c.EditOriginal(t.Context(), token(c.Now(), time.Minute), api.Message{Files: []api.File{endless(10<<20, 10<<20), endless(10<<20, 10<<20)}})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.all()[0].Files[1].Body); n != 10<<20 {
		t.Errorf("the second file has %d bytes", n)
	}
}

func TestAFileThatCannotBeReadIsNoRefusal(t *testing.T) {
	t.Parallel()
	f := newFake(t, ok)
	c := f.client(t)
	broken := errors.New("the store is down")
	_, err := c.Post(t.Context(), "70", api.Message{Files: []api.File{{Name: "a", Size: 1, Open: func(context.Context) (io.ReadCloser, error) {
		return nil, broken
	}}}})
	if !errors.Is(err, broken) || api.KindOf(err) != api.Other || f.count() != 0 {
		t.Errorf("got %v after %d calls", err, f.count())
	}
}

func TestElevenFilesAreNotSent(t *testing.T) {
	t.Parallel()
	f := newFake(t, ok)
	files := make([]api.File, 11)
	for n := range files {
		files[n] = file("a", "x")
	}
	_, err := f.client(t).Post(t.Context(), "70", api.Message{Files: files})
	if api.KindOf(err) != api.Invalid || f.count() != 0 {
		t.Errorf("got %v after %d calls", err, f.count())
	}
}

func TestALongNonceIsNotSent(t *testing.T) {
	t.Parallel()
	f := newFake(t, ok)
	_, err := f.client(t).Post(t.Context(), "70", api.Message{Content: "x", Nonce: strings.Repeat("n", 26)})
	if api.KindOf(err) != api.Invalid || f.count() != 0 {
		t.Errorf("got %v after %d calls", err, f.count())
	}
}

func TestARepeatedUploadSendsTheSameBytes(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(n int, _ *request) reply {
		if n == 0 {
			return reply{status: 503}
		}
		return reply{body: `{"id":"900"}`}
	})
	opened := 0
	c := f.client(t)
	_, err := c.Edit(t.Context(), "70", "900", api.Message{Files: []api.File{{Name: "a", Size: 5, Open: func(context.Context) (io.ReadCloser, error) {
		opened++
		return io.NopCloser(strings.NewReader("bytes")), nil
	}}}})
	calls := f.all()
	if err != nil || len(calls) != 2 || opened != 1 || calls[0].Files[0] != calls[1].Files[0] {
		t.Errorf("got %v, %d calls, opened %d times", err, len(calls), opened)
	}
}
