//go:build linux

package rig

import (
	"net/http"
	"sync"
	"time"

	"discomfy/pkg/proof"
	"discomfy/pkg/proof/loopback"
)

// Ingress is a replica of the ingress, with lines of its own to NATS and to
// Discord. It remembers when it was awake: when it ran, was not frozen and both
// directions to Discord were open.
type Ingress struct {
	*Bridge
	NATS    *Line
	Discord *Line

	http string // address of its health checks

	mu     sync.Mutex
	up     bool // it runs, and strikes itself at no failpoint
	frozen bool
	cuts   int // of its way to Discord, at this time
	awake  []proof.Span
}

// Ingress is a replica that has not been started yet; flags are added to those
// that it needs.
func (d *Discord) Ingress(name string, flags ...string) *Ingress {
	r := d.rig
	r.Helper()
	addr, err := loopback.Free()
	r.must(err)
	i := &Ingress{NATS: r.Line(), Discord: r.lineTo(d.addr), http: addr}
	i.Bridge = r.discomfy("ingress-"+name, append([]string{"ingress", "--nats", i.NATS.URL(), "--sim", "http://" + i.Host(),
		"--http", addr, "--log-format", "json", "--log-level", "debug"}, flags...)...)
	return i
}

// Host is the one under which it reaches Discord.
func (i *Ingress) Host() string { return i.Discord.Addr() }

// Arm starts it. One with failpoints is not taken to be awake: nobody knows when
// they strike.
func (i *Ingress) Arm(failpoints ...string) error {
	err := i.Bridge.Arm(failpoints...)
	i.change(func() { i.up, i.frozen = err == nil && len(failpoints) == 0, false })
	return err
}

// Kill ends it at once.
func (i *Ingress) Kill() {
	i.change(func() { i.up = false })
	i.Bridge.Kill()
}

// Stop asks it to stop.
func (i *Ingress) Stop(within time.Duration) error {
	i.change(func() { i.up = false })
	return i.Bridge.Stop(within)
}

// Freeze stops its clock hands; Thaw lets it go on.
func (i *Ingress) Freeze() {
	i.change(func() { i.frozen = true })
	i.Bridge.Freeze()
}

// Thaw undoes Freeze.
func (i *Ingress) Thaw() {
	i.Bridge.Thaw()
	i.change(func() { i.frozen = false })
}

// CutOff stops a direction between it and Discord until the returned function
// is called.
func (i *Ingress) CutOff(d Direction) (release func()) {
	i.change(func() { i.cuts++ })
	open := i.Discord.Stop(d)
	return func() {
		open()
		i.change(func() { i.cuts-- })
	}
}

// Deafen takes it for asleep until the returned function is called, because
// something else keeps it from hearing.
func (i *Ingress) Deafen() (release func()) {
	i.change(func() { i.cuts++ })
	return func() { i.change(func() { i.cuts-- }) }
}

// change notes when it falls asleep and when it wakes.
func (i *Ingress) change(do func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	was := i.isAwake()
	do()
	switch is := i.isAwake(); {
	case was && !is:
		i.awake[len(i.awake)-1].To = time.Now()
	case is && !was:
		i.awake = append(i.awake, proof.Span{From: time.Now()})
	}
}

// Ended reports whether it was ended by Kill, Stop or a failpoint, if it has
// ended.
func (i *Ingress) Ended() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return !i.up
}

func (i *Ingress) isAwake() bool { return i.up && !i.frozen && i.cuts == 0 }

// Awake is when it was.
func (i *Ingress) Awake() []proof.Span {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]proof.Span(nil), i.awake...)
}

// Ready asks whether it takes interactions.
func (i *Ingress) Ready() bool {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http://" + i.http + "/readyz") //nolint:noctx // it has a bound of its own
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}
