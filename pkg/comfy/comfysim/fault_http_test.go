package comfysim_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
)

// attempt makes a request that may fail.
func (c client) attempt(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	a, err := web.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer a.Body.Close()
	data, err := io.ReadAll(a.Body)
	return a.StatusCode, data, err
}

func prompt(t *testing.T, id string) []byte {
	t.Helper()
	return encodeBody(t, map[string]any{"prompt": work(0, 1, 1), "client_id": "me", "prompt_id": id})
}

func always(route string, mode comfysim.Mode) comfysim.Faults {
	return comfysim.Faults{HTTP: []comfysim.HTTPFault{{Route: route, Mode: mode}}}
}

func TestAnswersThatFail(t *testing.T) {
	t.Parallel()
	gateway := always("POST /prompt", comfysim.Fail)
	gateway.HTTP[0].Status = http.StatusBadGateway
	tests := map[string]struct {
		faults comfysim.Faults
		status int // 0: no answer
		cut    bool
		runs   int
	}{
		"500":              {always("POST /prompt", comfysim.Fail), http.StatusInternalServerError, false, 0},
		"502":              {gateway, http.StatusBadGateway, false, 0},
		"refused":          {always("*", comfysim.Refuse), 0, false, 0},
		"accepted, unsaid": {always("* /prompt", comfysim.Unanswered), 0, false, 1},
		"accepted, cut":    {always("POST /pro*", comfysim.Cut), http.StatusOK, true, 1},
		"other routes":     {always("GET /prompt", comfysim.Fail), http.StatusOK, false, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, base := comfysimtest.Start(t, comfysim.Config{Faults: test.faults})
			status, _, err := client{t, base}.attempt(t.Context(), "POST", "/api/prompt", prompt(t, someID))
			if cut := errors.Is(err, io.ErrUnexpectedEOF); status != test.status || cut != test.cut || (status == 0) != (err != nil && !cut) {
				t.Errorf("%d, %v", status, err)
			}
			switchOn(t, s, comfysim.Faults{})
			if test.runs > 0 {
				waitFor(t, s, someID, comfysim.Success)
			}
			if n := len(s.Runs()); n != test.runs {
				t.Errorf("%d runs, want %d", n, test.runs)
			}
		})
	}
}

func TestFaultStrikesAsOftenAsItSays(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{HTTP: []comfysim.HTTPFault{
		{Route: "GET /queue", Mode: comfysim.Fail, Times: 2},
		{Route: "GET /queue", Mode: comfysim.Fail, Times: 1, Status: http.StatusServiceUnavailable},
	}}})
	c := client{t, base}
	for i, want := range []int{500, 500, 503, 200} {
		if status, _ := c.raw("GET", "/queue", "", nil); status != want {
			t.Errorf("request %d: %d, want %d", i, status, want)
		}
	}
	if left := s.Faults().HTTP; len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}

// A client that gives up during the delay: what was read whole is queued all the same.
func TestLatePromptIsQueuedAfterItsClientIsGone(t *testing.T) {
	t.Parallel()
	faults := always("POST /prompt", comfysim.Late)
	faults.HTTP[0].Delay = comfysim.Duration(1500 * time.Millisecond)
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: faults})
	c := client{t, base}
	ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer cancel()
	if _, _, err := c.attempt(ctx, "POST", "/prompt", prompt(t, someID)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v", err)
	}
	if _, queue := c.do("GET", "/prompt", nil); queue["exec_info"].(map[string]any)["queue_remaining"] != 0.0 || len(s.Runs()) != 0 {
		t.Error("it was queued before its time")
	}
	waitFor(t, s, someID, comfysim.Success)
}

// The body is read before the delay, however large it is.
func TestLatePromptIsReadAtOnce(t *testing.T) {
	t.Parallel()
	faults := always("POST /prompt", comfysim.Late)
	faults.HTTP[0].Delay = comfysim.Duration(time.Hour)
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: faults})
	read := make(chan time.Time, 1)
	r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/prompt", &announcing{reading: read, left: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		a, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}).Do(r)
		if err == nil {
			a.Body.Close()
		}
		failed <- err
	}()
	select {
	case <-read:
	case err := <-failed:
		t.Fatalf("the body was not read: %v", err)
	}
	s.Restart()
	if err := <-failed; err == nil {
		t.Error("a killed server answered")
	}
}

// A server that stalls reads the body only afterwards: of a client that has gone by then, whatever had been sent.
func TestSlowPromptStallsBeforeItsBodyIsRead(t *testing.T) {
	t.Parallel()
	faults := always("POST /prompt", comfysim.Slow)
	faults.HTTP[0].Delay = comfysim.Duration(200 * time.Millisecond)
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: faults})
	reading := make(chan time.Time, 1)
	body := io.MultiReader(&announcing{reading: reading, left: 64 << 20}, bytes.NewReader(prompt(t, someID)))
	r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/prompt", body)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	a, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if read := (<-reading).Sub(began); read < 200*time.Millisecond {
		t.Errorf("64 MiB were read after %s", read)
	}
	waitFor(t, s, someID, comfysim.Success)
}

// announcing is white space, more than any buffer on the way; it tells when it is used up.
type announcing struct {
	reading chan time.Time
	left    int
}

func (a *announcing) Read(p []byte) (int, error) {
	if a.left == 0 {
		a.reading <- time.Now()
		return 0, io.EOF
	}
	n := min(len(p), a.left)
	copy(p, bytes.Repeat([]byte(" "), n))
	a.left -= n
	return n, nil
}

// A server that ends, or restarts, leaves no request waiting.
func TestRestartAbandonsStalledRequests(t *testing.T) {
	t.Parallel()
	faults := always("GET /queue", comfysim.Slow)
	faults.HTTP[0].Delay = comfysim.Duration(time.Hour)
	faults.HTTP[0].Times = 1
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: faults})
	c := client{t, base}
	failed := make(chan error, 1)
	go func() {
		_, _, err := c.attempt(t.Context(), "GET", "/queue", nil)
		failed <- err
	}()
	eventually(t, func() bool { return len(s.Faults().HTTP) == 0 })
	s.Restart()
	if err := <-failed; err == nil {
		t.Error("a killed server answered")
	}
}

func TestFilesThatCannotBeHad(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{})
	c := client{t, base}
	waitFor(t, s, c.submit("me", work(0, 1, 1)), comfysim.Success)
	const path = "/view?filename=work_00001_.png"
	_, whole := c.raw("GET", path, "", nil)
	switchOn(t, s, always("GET /view", comfysim.Cut))
	status, part, err := c.attempt(t.Context(), "GET", path, nil)
	if status != http.StatusOK || !errors.Is(err, io.ErrUnexpectedEOF) || len(part) != len(whole)/2 {
		t.Errorf("truncated: %d, %d of %d bytes, %v", status, len(part), len(whole), err)
	}
	switchOn(t, s, comfysim.Faults{FilesGone: true})
	if status, _ := c.raw("GET", path, "", nil); status != http.StatusNotFound {
		t.Errorf("gone: %d", status)
	}
	switchOn(t, s, comfysim.Faults{})
	if status, again := c.raw("GET", path, "", nil); status != http.StatusOK || !bytes.Equal(again, whole) {
		t.Errorf("afterwards: %d, %d bytes", status, len(again))
	}
}

// A download that drips is whole in the end, unless the server is killed meanwhile.
func TestDrippingAnswer(t *testing.T) {
	t.Parallel()
	faults := always("GET /view", comfysim.Drip)
	faults.HTTP[0].Delay = comfysim.Duration(200 * time.Millisecond)
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: faults})
	c := client{t, base}
	waitFor(t, s, c.submit("me", work(0, 1, 1)), comfysim.Success)
	const path = "/view?filename=work_00001_.png"
	began := time.Now()
	_, dripped := c.raw("GET", path, "", nil)
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("it took %s", took)
	}
	faults.HTTP[0].Delay = comfysim.Duration(time.Hour)
	switchOn(t, s, faults)
	r, err := http.NewRequestWithContext(t.Context(), "GET", base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}).Do(r)
	if err != nil {
		t.Fatal(err) // the header comes at once
	}
	defer a.Body.Close()
	s.Restart()
	if _, err := io.ReadAll(a.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %v from a killed server", err)
	}
	switchOn(t, s, comfysim.Faults{})
	if _, whole := c.raw("GET", path, "", nil); !bytes.Equal(dripped, whole) {
		t.Errorf("%d bytes dripped of %d", len(dripped), len(whole))
	}
}

func TestFullDiskFailsAnUpload(t *testing.T) {
	t.Parallel()
	s, base := comfysimtest.Start(t, comfysim.Config{Faults: comfysim.Faults{DiskFull: true}})
	c := client{t, base}
	form := "--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\npicture\r\n--x--\r\n"
	for _, want := range []int{http.StatusInternalServerError, http.StatusOK} {
		if status, body := c.raw("POST", "/upload/image", "multipart/form-data; boundary=x", []byte(form)); status != want {
			t.Errorf("%d %s, want %d", status, body, want)
		}
		switchOn(t, s, comfysim.Faults{})
	}
}

func TestFaultsOfTheSocketRoute(t *testing.T) {
	t.Parallel()
	for _, mode := range []comfysim.Mode{comfysim.Fail, comfysim.Refuse, comfysim.Cut, comfysim.Unanswered} {
		s, base := comfysimtest.Start(t, comfysim.Config{Faults: always("GET /ws", mode)})
		c := client{t, base}
		if status, _, err := c.attempt(t.Context(), "GET", "/ws?clientId=me", nil); err == nil && status < 500 && status != http.StatusBadRequest {
			t.Errorf("%s: %d", mode, status)
		}
		switchOn(t, s, comfysim.Faults{})
		c.open("me").next()
	}
}
