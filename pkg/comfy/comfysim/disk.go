package comfysim

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// disk holds the server's folders; files outlive a restart.
type disk struct {
	root string
	full func() bool // a fault
	mu   sync.Mutex  // names are chosen and files written under it
}

func newDisk(dir string, full func() bool) (*disk, error) {
	if dir == "" {
		tmp, err := os.MkdirTemp("", "comfysim-")
		if err != nil {
			return nil, fmt.Errorf("make a temporary folder: %w", err)
		}
		dir = tmp
	}
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("folder %s: %w", dir, err)
	}
	d := &disk{root: root, full: full}
	for _, kind := range []string{"input", "output", "temp"} {
		if err := os.MkdirAll(d.folder(kind), 0o755); err != nil {
			return nil, fmt.Errorf("make folder: %w", err)
		}
	}
	return d, nil
}

// folder is the folder of a type: input, output or temp; "" for any other.
func (d *disk) folder(kind string) string {
	switch kind {
	case "input", "output", "temp":
		return filepath.Join(d.root, kind)
	}
	return ""
}

// within joins and says whether the path stays inside the folder.
func within(folder string, parts ...string) (string, bool) {
	path := filepath.Join(append([]string{folder}, parts...)...)
	return path, path == folder || strings.HasPrefix(path, folder+string(filepath.Separator))
}

// saved is a file as ComfyUI reports it.
type saved struct{ name, subfolder, kind string }

func (s saved) object() *object {
	return obj("filename", s.name, "subfolder", s.subfolder, "type", s.kind)
}

// save writes files named prefix_00001_.ext and so on, after the highest number there is.
func (d *disk) save(kind, prefix, ext string, contents [][]byte) ([]saved, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full() {
		return nil, &nodeError{kind: "OSError", message: "[Errno 28] No space left on device"}
	}
	folder := d.folder(kind)
	full, ok := within(folder, prefix)
	if !ok || strings.ContainsRune(prefix, 0) {
		return nil, &nodeError{kind: "Exception", message: "**** ERROR: Saving image outside the output folder is not allowed."}
	}
	dir, base := filepath.Split(full)
	if full == folder { // an empty prefix: Python's normpath makes it a dot
		dir, base = full, "."
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("save output: %w", err)
	}
	subfolder, err := filepath.Rel(folder, dir)
	if err != nil || subfolder == "." {
		subfolder = ""
	}
	var list []saved
	for i, counter := 0, highest(dir, base)+1; i < len(contents); i, counter = i+1, counter+1 {
		name := fmt.Sprintf("%s_%05d_.%s", base, counter, ext)
		if err := os.WriteFile(filepath.Join(dir, name), contents[i], 0o644); err != nil {
			return nil, fmt.Errorf("save output: %w", err)
		}
		list = append(list, saved{name, filepath.ToSlash(subfolder), kind})
	}
	return list, nil
}

// highest is the highest counter of a prefix in a folder.
func highest(dir, base string) int {
	pattern := regexp.MustCompile(`^` + regexp.QuoteMeta(base) + `_(\d+)_`)
	top := 0
	for _, name := range listFiles(dir) {
		if m := pattern.FindStringSubmatch(name); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil {
				top = max(top, n)
			}
		}
	}
	return top
}
