//go:build linux

package rig

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Vitals are what a process takes.
type Vitals struct {
	RSS        int64 // bytes of memory that are resident
	Files      int   // open file descriptors
	Goroutines int   // 0 where it is not known
	Heap       int64 // bytes, after a collection; 0 where it is not known
}

func (v Vitals) String() string {
	text := fmt.Sprintf("%.1f MiB, %d files", float64(v.RSS)/(1<<20), v.Files)
	if v.Goroutines > 0 {
		text += fmt.Sprintf(", %d goroutines, heap %.1f MiB", v.Goroutines, float64(v.Heap)/(1<<20))
	}
	return text
}

// ProcessVitals are what the system knows of a process.
func (r *Rig) ProcessVitals(p *Process) Vitals {
	r.Helper()
	folder := fmt.Sprintf("/proc/%d", p.Pid())
	files, err := os.ReadDir(folder + "/fd")
	r.must(err)
	status, err := os.ReadFile(folder + "/status")
	r.must(err)
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	r.must(err)
	return Vitals{RSS: kib << 10, Files: len(files)}
}

// CPU is the processor time that the present life of a process has taken.
func (r *Rig) CPU(p *Process) time.Duration {
	r.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Pid()))
	r.must(err)
	_, rest, _ := bytes.Cut(data, []byte(") ")) // the name in parentheses may hold anything
	fields := strings.Fields(string(rest))
	user, err := strconv.ParseInt(fields[11], 10, 64)
	r.must(err)
	system, err := strconv.ParseInt(fields[12], 10, 64)
	r.must(err)
	const ticks = 100 // a second, on every Linux that Go runs on
	return time.Duration(user+system) * time.Second / ticks
}

// Vitals are also what a bridge knows of itself.
func (r *Rig) Vitals(b *Bridge) Vitals {
	r.Helper()
	var former int
	if data, err := os.ReadFile(b.vitals); err == nil {
		former = len(data)
	}
	b.signal(syscall.SIGUSR1)
	var line []byte
	r.Eventually(b.Name+" tells of itself", func() bool {
		data, err := os.ReadFile(b.vitals)
		if err != nil || len(data) <= former || !bytes.HasSuffix(data, []byte("\n")) {
			return false
		}
		line = data[former:]
		return true
	})
	var own struct {
		Goroutines int   `json:"goroutines"`
		Heap       int64 `json:"heap_bytes"`
	}
	r.must(json.Unmarshal(line, &own))
	v := r.ProcessVitals(b.Process)
	v.Goroutines, v.Heap = own.Goroutines, own.Heap
	return v
}

// Store is what NATS holds.
type Store struct {
	Consumers     int
	Subscriptions int
	Queued        int   // jobs
	Bytes         int64 // of all streams
}

func (s Store) String() string {
	return fmt.Sprintf("%.1f MiB stored, %d consumers, %d subscriptions", float64(s.Bytes)/(1<<20), s.Consumers, s.Subscriptions)
}

// Store asks NATS's monitoring port.
func (r *Rig) Store() Store {
	r.Helper()
	var all struct {
		Accounts []struct {
			Streams []struct {
				Name  string `json:"name"`
				State struct {
					Messages  int   `json:"messages"`
					Bytes     int64 `json:"bytes"`
					Consumers int   `json:"consumer_count"`
				} `json:"state"`
			} `json:"stream_detail"`
		} `json:"account_details"`
	}
	r.monitor("/jsz?streams=true", &all)
	var vars struct {
		Subscriptions int `json:"subscriptions"`
	}
	r.monitor("/varz", &vars)
	s := Store{Subscriptions: vars.Subscriptions}
	for _, account := range all.Accounts {
		for _, stream := range account.Streams {
			s.Bytes += stream.State.Bytes
			s.Consumers += stream.State.Consumers
			if strings.HasPrefix(stream.Name, "DISCOMFY_JOBS") {
				s.Queued += stream.State.Messages
			}
		}
	}
	return s
}

func (r *Rig) monitor(path string, v any) {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "http://"+r.monitorAddr+path, nil)
	r.must(err)
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	r.must(err)
	defer res.Body.Close()
	r.must(json.NewDecoder(res.Body).Decode(v))
}
