package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Body is a request body taken apart.
type Body struct {
	Doc   any    // the JSON value, with json.Number for numbers; nil where there is none
	Raw   []byte // its text
	Files []File // ordered by index
}

// File is one files[n] of a multipart body. Data belongs to the body that was parsed.
type File struct {
	Index int
	Name  string
	Type  string // as declared; may be empty
	Data  []byte
}

const (
	maxJSON  = 4 << 20 // bytes of payload_json; Discord's own bound is unknown and smaller
	maxParts = 32
	maxDepth = 64 // of nested JSON
)

var fileField = regexp.MustCompile(`^files\[(\d{1,4})\]$`)

// Parse takes a body apart: JSON, or multipart/form-data with payload_json and files[n]. An empty body without a
// content type is no error and has no Doc.
func Parse(contentType string, body []byte) (*Body, error) {
	if len(body) == 0 {
		return &Body{}, nil
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, fmt.Errorf("content type %q: %w", contentType, err)
	}
	switch media {
	case "application/json":
		return parseJSON(body)
	case "multipart/form-data":
		return parseMultipart(body, params["boundary"])
	default:
		return nil, fmt.Errorf("content type %q is neither JSON nor multipart/form-data", media)
	}
}

func parseJSON(text []byte) (*Body, error) {
	if len(text) > maxJSON {
		return nil, fmt.Errorf("JSON of %d bytes, at most %d", len(text), maxJSON)
	}
	if depth(text) > maxDepth {
		return nil, fmt.Errorf("JSON nested deeper than %d", maxDepth)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("no JSON: %w", err)
	}
	return &Body{Doc: doc, Raw: text}, nil
}

// depth is how deep brackets are nested outside of strings; cheap, and before anything recursive sees the text.
func depth(text []byte) int {
	deepest, now := 0, 0
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

func parseMultipart(text []byte, boundary string) (*Body, error) {
	if boundary == "" {
		return nil, errors.New("multipart without a boundary")
	}
	b := &Body{}
	r := multipart.NewReader(bytes.NewReader(text), boundary)
	for n := 0; ; n++ {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("multipart: %w", err)
		}
		if n == maxParts {
			return nil, fmt.Errorf("multipart: more than %d parts", maxParts)
		}
		if err := b.take(p); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(b.Files, func(x, y File) int { return x.Index - y.Index })
	return b, nil
}

func (b *Body) take(p *multipart.Part) error {
	data, err := io.ReadAll(p) // as long as the body, which is bounded
	if err != nil {
		return fmt.Errorf("multipart: %w", err)
	}
	name := p.FormName()
	if name == "payload_json" {
		if b.Raw != nil {
			return errors.New("multipart: payload_json twice")
		}
		payload, err := parseJSON(data)
		if err != nil {
			return fmt.Errorf("payload_json: %w", err)
		}
		b.Doc, b.Raw = payload.Doc, payload.Raw
		return nil
	}
	m := fileField.FindStringSubmatch(name)
	if m == nil {
		return fmt.Errorf("multipart: a part named %.60q", name)
	}
	index, err := strconv.Atoi(m[1])
	if err != nil {
		return fmt.Errorf("multipart: %w", err)
	}
	if slices.ContainsFunc(b.Files, func(f File) bool { return f.Index == index }) {
		return fmt.Errorf("multipart: files[%d] twice", index)
	}
	b.Files = append(b.Files, File{Index: index, Name: baseName(p), Type: p.Header.Get("Content-Type"), Data: data})
	return nil
}

// baseName is the declared name of a file without any folder; both slashes count.
func baseName(p *multipart.Part) string {
	name := p.FileName()
	return name[strings.LastIndexAny(name, `/\`)+1:]
}
