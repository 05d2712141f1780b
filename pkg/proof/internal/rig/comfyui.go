//go:build linux

package rig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"discomfy/pkg/job"
	"discomfy/pkg/proof"
	"discomfy/pkg/proof/loopback"
)

// ComfyUI is the process of a fake ComfyUI that serves one queue.
type ComfyUI struct {
	*Process
	Queue job.Queue

	rig     *Rig
	url     string // of the process
	address string // that its bridges know
	dir     string // holds its output folder
	log     string // its run log
	nature  string // the faults that it is born with, as JSON
}

// startComfyUI starts a server; flags are those of comfysim.
func (r *Rig) startComfyUI(queue job.Queue, flags ...string) *ComfyUI {
	r.Helper()
	addr, err := loopback.Free()
	r.must(err)
	name := "comfyui"
	if queue != job.DefaultQueue {
		name += "-" + string(queue)
	}
	c := &ComfyUI{Queue: queue, rig: r, url: "http://" + addr, dir: r.path(name), log: r.path(name + ".runs")}
	c.address = c.url
	r.must(os.MkdirAll(c.dir, 0o755))
	c.Process = r.process(name, r.cfg.Programs.ComfyUI, append([]string{
		"--addr", addr, "--dir", c.dir, "--run-log", c.log, "--speed", r.cfg.Speed}, flags...)...)
	r.must(c.Start())
	r.awaitPort(addr)
	r.servers = append(r.servers, c)
	return c
}

// Bridge is a bridge of this server's queue that has not been started yet. It
// reaches NATS at the url.
func (c *ComfyUI) Bridge(name, natsURL string) *Bridge {
	return c.rig.discomfy("bridge-"+name, "bridge", "--nats", natsURL, "--comfyui", c.address,
		"--queue", string(c.Queue), "--lease", c.rig.cfg.Lease.String(), "--log-format", "json", "--log-level", "debug")
}

// runs is its run log.
func (c *ComfyUI) runs() ([]proof.Event, error) {
	f, err := os.Open(c.log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	events, err := proof.ReadRuns(f)
	for i := range events {
		events[i].Server = c.Name
	}
	return events, err
}

// made is the files in its output folder.
func (c *ComfyUI) made() ([]proof.File, error) {
	return proof.Made(os.DirFS(filepath.Join(c.dir, "output")))
}

func (c *ComfyUI) inside() ([]string, error) {
	res, err := c.ask(http.MethodGet, "/queue", nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return proof.ReadInside(res.Body)
}

// ask sends it a request.
func (c *ComfyUI) ask(method, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(c.rig.Context(), method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return client.Do(req)
}

// Command tells it to do something once, such as "restart" or "drop_sockets".
func (c *ComfyUI) Command(name string) error {
	return c.tell(http.MethodPost, "/comfysim/"+name, "")
}

// Faults switches faults on, as JSON; those that it does not name stay.
func (c *ComfyUI) Faults(switches string) error {
	return c.tell(http.MethodPost, "/comfysim/faults", switches)
}

// NoFaults switches all of them off.
func (c *ComfyUI) NoFaults() error { return c.tell(http.MethodDelete, "/comfysim/faults", "") }

// Mend switches all faults off that were switched on: those stay that make it
// what it is.
func (c *ComfyUI) Mend() error {
	if err := c.NoFaults(); err != nil || c.nature == "" {
		return err
	}
	return c.Faults(c.nature)
}

// Struck reports whether the faults of routes that were to strike a number of
// times have done so.
func (c *ComfyUI) Struck() bool {
	res, err := c.ask(http.MethodGet, "/comfysim/faults", nil)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var faults struct {
		HTTP []any `json:"http"`
	}
	return json.NewDecoder(res.Body).Decode(&faults) == nil && len(faults.HTTP) == 0
}

func (c *ComfyUI) tell(method, path, body string) error {
	res, err := c.ask(method, path, []byte(body))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		text, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
		return errors.Join(fmt.Errorf("the fake ComfyUI answered %s: %s", res.Status, text), err)
	}
	return nil
}
