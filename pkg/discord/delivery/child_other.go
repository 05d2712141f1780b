//go:build !linux

package delivery

import "syscall"

// child is where nothing ends a process with ours: ffmpeg ends by itself.
func child() *syscall.SysProcAttr { return nil }
