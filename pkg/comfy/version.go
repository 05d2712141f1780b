package comfy

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
)

// Version is the version of a server. The zero value is an unknown one, which
// counts as older than every other.
type Version struct {
	Major, Minor, Patch int
	Known               bool
}

var versionForm = regexp.MustCompile(`^v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?:[-+.].*)?$`)

// ParseVersion reads what servers call themselves, such as 0.3.64 or
// v0.3.64-12-gabc. Anything else is the unknown version.
func ParseVersion(s string) Version {
	m := versionForm.FindStringSubmatch(s)
	if m == nil {
		return Version{}
	}
	number := func(s string) int {
		n, _ := strconv.Atoi(s) // digits by the form; absent is zero
		return n
	}
	return Version{Major: number(m[1]), Minor: number(m[2]), Patch: number(m[3]), Known: true}
}

func (v Version) String() string {
	if !v.Known {
		return "unknown"
	}
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}

// HonoursPromptID tells whether the server runs a prompt under the id
// that the client chose (since 0.3.45, ComfyUI #8189).
func (v Version) HonoursPromptID() bool { return v.atLeast(0, 3, 45) }

// InterruptsByID tells whether an interrupt stops only the prompt that it names
// (since 0.3.57, ComfyUI #9607). Servers before stop whatever runs.
func (v Version) InterruptsByID() bool { return v.atLeast(0, 3, 57) }

// CancelsJobs tells whether CancelJob exists (since 0.26.0, ComfyUI #14493).
func (v Version) CancelsJobs() bool { return v.atLeast(0, 26, 0) }

func (v Version) atLeast(major, minor, patch int) bool {
	if !v.Known {
		return false
	}
	return cmp.Or(cmp.Compare(v.Major, major), cmp.Compare(v.Minor, minor), cmp.Compare(v.Patch, patch)) >= 0
}
