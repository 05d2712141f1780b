//go:build linux

package rig

import (
	"os"
	"strings"
	"time"
)

// Bridge is a bridge's process, or another command's, built with failpoints.
type Bridge struct {
	*Process
	points string // the log of the points it passed
	vitals string // the log of what it tells of itself
	begun  int64  // where the points of its present life begin
	mark   int64  // where the present life begins in its log
}

// Arm starts it with failpoints, as in "bridge.post.before=kill"; with none it
// only records what it passes.
func (b *Bridge) Arm(failpoints ...string) error {
	b.begun = 0
	if info, err := os.Stat(b.points); err == nil {
		b.begun = info.Size()
	}
	b.mark = b.Mark()
	return b.Start("DISCOMFY_FAILPOINTS=" + strings.Join(failpoints, ","))
}

// Passed is how often its present life has passed a point.
func (b *Bridge) Passed(point string) int {
	data, err := os.ReadFile(b.points)
	if err != nil || int64(len(data)) < b.begun {
		return 0
	}
	return strings.Count(string(data[b.begun:]), " "+point+"\n")
}

// Active reports whether its present life has begun to serve the queue.
func (b *Bridge) Active() bool { return b.SaidSince(b.mark, "serving the queue") }

// Leads reports whether it serves the queue now, as far as it knows.
func (b *Bridge) Leads() bool {
	data, err := os.ReadFile(b.Log)
	if err != nil || int64(len(data)) < b.mark || !b.Running() {
		return false
	}
	life := string(data[b.mark:])
	return strings.LastIndex(life, "serving the queue") > strings.LastIndex(life, "no longer active")
}

// Struck reports whether its present life was ended or frozen.
func (b *Bridge) Struck() bool { return !b.Running() || b.Frozen() }

// StopWithin is how long a bridge may take to stop when it is asked to.
const StopWithin = 20 * time.Second
