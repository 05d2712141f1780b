package comfysim_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	_ "golang.org/x/image/webp"
)

// exception is a place where a recording and the fake may differ, with the reason. In any order: they must still
// hold the same entries.
type exception struct {
	scenario string // a pattern
	path     string // a pattern
	anyOrder bool
	reason   string
}

// exceptions is the whole list. An entry that no recording needs fails the test.
var exceptions = []exception{
	{"rejected", "body.node_errors.*.errors", true,
		"ComfyUI goes through the inputs in the order of a Python set, which differs with every start"},
	{"delete_waiting", statusOrder, true, twoThreads},
	{"queue_order", statusOrder, true, twoThreads},
	{"jobs_api", "body.pagination.total", false, "it counts what the server ran before the recordings began"},
}

// statusOrder stands for the place of a status frame among the executor's frames.
const twoThreads = "the status frames of a request and the executor's frames come from two threads of the server"

const statusOrder = "order of status"

// judge compares and remembers which exceptions were needed.
type judge struct {
	mu   sync.Mutex
	used map[int]bool
}

// normalise parses and replaces what may differ everywhere: times, the random id of a client without one, the
// random part of temporary file names, and the out-of-memory tips that the recorder cut off.
func normalise(data []byte) any {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return string(data)
	}
	return normal("", v)
}

var (
	times = []string{"timestamp", "create_time", "execution_start_time", "execution_end_time"}
	temp  = regexp.MustCompile(`^ComfyUI_temp_[a-z]{5}_`)
	sid   = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

func normal(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = normal(k, x)
		}
	case []any:
		for i, x := range v {
			v[i] = normal(key, x)
		}
	case json.Number:
		if slices.Contains(times, key) && len(v) == 13 {
			return "a time"
		}
	case string:
		switch {
		case key == "sid" && sid.MatchString(v):
			return "a random id"
		case key == "filename":
			return temp.ReplaceAllString(v, "ComfyUI_temp_random_")
		case key == "exception_message":
			before, _, cut := strings.Cut(v, "\n\nTIPS:")
			if cut {
				return before + "\n"
			}
		}
	}
	return v
}

// normalFrame is a frame in comparable form: of a binary one the type, the metadata and the kind of picture.
func normalFrame(binaryFrame bool, data []byte) any {
	if !binaryFrame {
		return normalise(data)
	}
	if len(data) < 8 {
		return fmt.Sprintf("%x", data)
	}
	kind, n := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
	if kind != 4 || int(n) > len(data)-8 {
		return map[string]any{"type": kind, "format": n, "image": picture(data[8:])}
	}
	return map[string]any{"type": kind, "metadata": normalise(data[8 : 8+n]), "spacing": strings.Count(string(data[8:8+n]), " "), "image": picture(data[8+n:])}
}

func picture(data []byte) string {
	cfg, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return fmt.Sprintf("no picture: %v", err)
	}
	return fmt.Sprintf("%s %dx%d", format, cfg.Width, cfg.Height)
}

// normalAnswer is an answer in comparable form; a file's bytes are replaced by what they are.
func normalAnswer(a *answer) any {
	out := map[string]any{"status": a.Status, "headers": fmt.Sprint(a.Headers)}
	if a.ContentType != nil {
		out["content_type"] = *a.ContentType
	}
	if a.Text != nil {
		out["text"] = *a.Text
	}
	if a.Body != nil {
		out["body"] = normalise(a.Body)
	}
	if a.Bytes > 0 {
		out["file"] = "large"
	}
	if data, err := base64.StdEncoding.DecodeString(a.Base64); err == nil && len(data) > 0 {
		out["file"] = fileKind(a, data)
	}
	return out
}

func fileKind(a *answer, data []byte) string {
	switch {
	case a.ContentType != nil && strings.HasPrefix(*a.ContentType, "image/"):
		return picture(data)
	case a.ContentType != nil && strings.HasPrefix(*a.ContentType, "video/"):
		return string(data[4:8]) // "ftyp", of the container
	}
	return string(data)
}

// differences lists where two normalised values differ, leaving out what an exception covers.
func (j *judge) differences(scenario, at string, want, got any) []string {
	if i := exceptionFor(scenario, at); i >= 0 {
		if j.note(i, want, got); !exceptions[i].anyOrder {
			return nil
		}
		want, got = inOrder(want), inOrder(got)
	}
	switch want := want.(type) {
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			return j.objectDifferences(scenario, at, want, got)
		}
	case []any:
		if got, ok := got.([]any); ok && len(got) == len(want) {
			var list []string
			for i := range want {
				list = append(list, j.differences(scenario, fmt.Sprintf("%s.%d", at, i), want[i], got[i])...)
			}
			return list
		}
	}
	if text(want) == text(got) {
		return nil
	}
	return []string{fmt.Sprintf("%s\n      recorded %s\n      fake     %s", at, text(want), text(got))}
}

func (j *judge) objectDifferences(scenario, at string, want, got map[string]any) []string {
	var list []string
	keys := maps.Clone(want)
	maps.Copy(keys, got)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		w, inWant := want[k]
		g, inGot := got[k]
		switch where := strings.TrimPrefix(at+"."+k, "."); {
		case inWant && inGot:
			list = append(list, j.differences(scenario, where, w, g)...)
		case exceptionFor(scenario, where) >= 0:
			j.note(exceptionFor(scenario, where), w, g)
		case inWant:
			list = append(list, where+" is missing: recorded "+text(w))
		default:
			list = append(list, where+" was not recorded: fake "+text(g))
		}
	}
	return list
}

func exceptionFor(scenario, at string) int {
	return slices.IndexFunc(exceptions, func(e exception) bool {
		inScenario, _ := path.Match(e.scenario, scenario)
		atPath, _ := path.Match(strings.ReplaceAll(e.path, ".", "/"), strings.ReplaceAll(at, ".", "/"))
		return inScenario && atPath
	})
}

// note marks an exception as needed where the two differ.
func (j *judge) note(i int, want, got any) {
	if text(want) == text(got) {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.used[i] = true
}

func inOrder(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	return slices.SortedFunc(slices.Values(list), func(a, b any) int { return strings.Compare(text(a), text(b)) })
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}
