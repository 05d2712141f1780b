//go:build linux

package rig

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"discomfy/pkg/proof"
	"discomfy/pkg/proof/loopback"
)

// Discord is the process of a fake Discord, which runs for the whole test, with
// the people on it. Its methods may be called from any goroutine.
type Discord struct {
	*Process

	rig     *Rig
	addr    string // of REST, the gateway and what people do
	control string // by which it is broken
	journal string // file

	mu     sync.Mutex
	record proof.DiscordReader
	read   int64  // bytes of the journal
	rest   []byte // of a line that was not whole
}

// StartDiscord starts it; flags are those of discordsim.
func (r *Rig) StartDiscord(flags ...string) *Discord {
	r.Helper()
	addr, err := loopback.Free()
	r.must(err)
	control, err := loopback.Free()
	r.must(err)
	d := &Discord{rig: r, addr: addr, control: control, journal: r.path("discord.journal")}
	d.Process = r.process("discord", r.cfg.Programs.Discord, append([]string{
		"--addr", addr, "--control", control, "--journal", d.journal, "--by-host"}, flags...)...)
	r.must(d.Start())
	r.awaitPort(addr)
	r.awaitPort(control)
	return d
}

// Order breaks or mends it; see discordsim's control.
func (d *Discord) Order(path, body string) (map[string]any, error) {
	return d.post("http://"+d.control+path, "application/json", strings.NewReader(body))
}

// Made orders people or channels, and returns their ids.
func (d *Discord) Made(path string, n int) []string {
	d.rig.Helper()
	answer, err := d.Order(path, fmt.Sprintf(`{"n": %d}`, n))
	d.rig.must(err)
	var ids []string
	list, _ := answer["ids"].([]any)
	for _, id := range list {
		ids = append(ids, fmt.Sprint(id))
	}
	return ids
}

// Act does what a person does on the page, such as "invoke" or "click", and
// returns the answer: that of the application, or that there was none. The
// files are attached to options by their names.
func (d *Discord) Act(action string, body map[string]any, files map[string][]byte) (map[string]any, error) {
	payload, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	url := "http://" + d.addr + "/sim/" + action
	if len(files) == 0 {
		return d.post(url, "application/json", bytes.NewReader(payload))
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.WriteField("payload", string(payload)); err != nil {
		return nil, err
	}
	for option, data := range files {
		part, err := w.CreateFormFile("file:"+option, option+".png")
		if err != nil {
			return nil, err
		}
		if _, err := part.Write(data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return d.post(url, w.FormDataContentType(), &b)
}

// errRefused is returned when what a person did is not possible there.
var errRefused = errors.New("the fake Discord refused")

func (d *Discord) post(url, kind string, body io.Reader) (map[string]any, error) {
	req, err := http.NewRequestWithContext(d.rig.Context(), http.MethodPost, url, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&answer); err != nil {
		return nil, fmt.Errorf("%s: %w", res.Status, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: %v", errRefused, answer["error"])
	}
	return answer, nil
}

// Look reads what the journal has become, and lends the record. It is not to be
// kept.
func (d *Discord) Look(at func(*proof.DiscordReader)) {
	d.rig.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.readOn(); err != nil {
		d.rig.Errorf("read the journal of Discord: %v", err)
	}
	at(&d.record)
}

func (d *Discord) readOn() error {
	f, err := os.Open(d.journal)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(d.read, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReader(f)
	for {
		piece, err := in.ReadBytes('\n')
		d.read += int64(len(piece))
		d.rest = append(d.rest, piece...)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = d.record.Read(d.rest)
		d.rest = d.rest[:0]
		if err != nil {
			return err
		}
	}
}

// Held is how many answers were held so far, by the hosts that were asked.
func (d *Discord) Held() (hosts []string) {
	d.Look(func(r *proof.DiscordReader) { hosts = append(hosts, r.Held...) })
	return hosts
}
