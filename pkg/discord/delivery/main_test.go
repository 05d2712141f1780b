package delivery_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test program is also several bad ffmpegs, by the name it is called by.
func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); name {
	case "ffmpeg-hangs":
		_, _ = fmt.Fprintln(os.Stderr, "I think about it")
		<-time.After(time.Hour)
	case "ffmpeg-fails":
		_, _ = fmt.Fprintln(os.Stderr, strings.Repeat("x", 100_000)+"Unknown encoder 'libx264'")
		os.Exit(1)
	case "ffmpeg-wastes":
		os.Exit(waste(os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// waste writes films that are always larger than they may be, and posters. It
// notes what was asked of it.
func waste(args []string) int {
	name := args[len(args)-1]
	calls, err := os.OpenFile(os.Args[0]+".calls", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 2
	}
	_, _ = fmt.Fprintln(calls, strings.Join(args, " "))
	_ = calls.Close()
	data := []byte("\xff\xd8\xff\xe0 a poster")
	if at := slices.Index(args, "-fs"); at >= 0 {
		var most int
		if _, err := fmt.Sscan(args[at+1], &most); err != nil {
			return 2
		}
		data = make([]byte, most)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		return 2
	}
	return 0
}

// badFFmpeg is one of the above.
func badFFmpeg(t *testing.T, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(self, path); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	return path
}
