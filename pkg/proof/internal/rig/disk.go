//go:build linux

package rig

import (
	"os"
	"path/filepath"
	"syscall"
)

// natsDir is where NATS stores.
func (r *Rig) natsDir() string { return r.path("nats") }

// mountDisk gives NATS a small disk of its own, where the test wants one.
func (r *Rig) mountDisk() {
	r.Helper()
	if r.cfg.Disk == "" {
		return
	}
	r.must(os.Mkdir(r.natsDir(), 0o700))
	if err := syscall.Mount("tmpfs", r.natsDir(), "tmpfs", 0, "size="+r.cfg.Disk); err != nil {
		r.Skipf("a small disk can not be mounted here: %v", err)
	}
	r.Cleanup(func() {
		if err := syscall.Unmount(r.natsDir(), syscall.MNT_DETACH); err != nil {
			r.Errorf("unmount the disk of NATS: %v", err)
		}
	})
}

// FillDisk leaves no room on the disk of NATS until the returned function is
// called.
func (r *Rig) FillDisk() (free func()) {
	r.Helper()
	name := filepath.Join(r.natsDir(), "ballast")
	f, err := os.Create(name)
	r.must(err)
	defer f.Close()
	piece := make([]byte, 4<<10) // a page: what is left holds nothing more
	for {
		if _, err := f.Write(piece); err != nil {
			break // the disk is full
		}
	}
	return func() { r.must(os.Remove(name)) }
}
