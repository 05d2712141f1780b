package discordsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
)

// maxPageBody bounds what the page sends, files included.
const maxPageBody = 512 * mib

// pageAction is what somebody does on the page. Which fields matter depends on the route.
type pageAction struct {
	User        ID             `json:"user"`
	Channel     ID             `json:"channel"`
	Content     string         `json:"content"`
	Command     string         `json:"command"`
	Target      ID             `json:"target"`
	Options     map[string]any `json:"options"`
	Option      string         `json:"option"` // with the cursor, for autocomplete
	Typed       string         `json:"typed"`
	Message     ID             `json:"message"`
	CustomID    string         `json:"custom_id"`
	Values      []string       `json:"values"`
	Interaction ID             `json:"interaction"` // that opened the modal
	Fields      map[string]any `json:"fields"`
	files       []pageFile
}

type pageFile struct {
	field string
	Upload
}

// readAction reads a JSON body, or a multipart one with files.
func readAction(w http.ResponseWriter, r *http.Request) (a pageAction, err error) {
	body := http.MaxBytesReader(w, r.Body, maxPageBody)
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		return a, decodeAction(body, &a)
	case "multipart/form-data":
		return a, a.readParts(multipart.NewReader(body, params["boundary"]))
	}
	return a, errors.New("want JSON or multipart/form-data")
}

func decodeAction(r io.Reader, a *pageAction) error {
	d := json.NewDecoder(r)
	d.UseNumber()
	return d.Decode(a)
}

func (a *pageAction) readParts(r *multipart.Reader) error {
	for found := false; ; {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) && found {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		field, isFile := strings.CutPrefix(part.FormName(), "file:")
		switch {
		case isFile:
			a.files = append(a.files, pageFile{field, Upload{Name: part.FileName(), Type: part.Header.Get("Content-Type"), Data: data}})
		case part.FormName() == "payload":
			found = true
			if err := decodeAction(bytes.NewReader(data), a); err != nil {
				return err
			}
		}
	}
}

// invocation is the command with its values in the types that Invoke wants, files included.
func (a *pageAction) invocation(definition Object) Invocation {
	v := Invocation{User: a.User, Channel: a.Channel, Command: a.Command, Target: a.Target, Options: map[string]any{}}
	kinds := map[string]int{}
	_, subs, _ := strings.Cut(a.Command, " ")
	for _, o := range innermost(objectsOf(definition, "options"), strings.Fields(subs)) {
		kinds[textOf(o, "name")] = intOf(o, "type")
	}
	for name, value := range a.Options {
		v.Options[name] = typedValue(kinds[name], value)
	}
	for _, f := range a.files {
		v.Options[f.field] = f.Upload
	}
	return v
}

// innermost are the options behind sub-commands.
func innermost(options []Object, subs []string) []Object {
	for _, sub := range subs {
		for _, o := range options {
			if textOf(o, "name") == sub {
				options = objectsOf(o, "options")
				break
			}
		}
	}
	return options
}

// typedValue makes identifiers and numbers of JSON what an invocation has; what does not fit stays, and is refused.
func typedValue(kind int, value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case string:
		if kind >= optionUser && kind <= optionMention {
			if id, err := ParseID(v); err == nil {
				return id
			}
		}
	}
	return value
}

// fields are the values of a modal.
func (a *pageAction) fields() (map[string]any, error) {
	out := map[string]any{}
	for name, value := range a.Fields {
		switch v := value.(type) {
		case string, bool:
			out[name] = v
		case []any:
			list := make([]string, 0, len(v))
			for _, e := range v {
				list = append(list, fmt.Sprint(e))
			}
			out[name] = list
		default:
			return nil, fmt.Errorf("field %q: want text, true or false, or a list", name)
		}
	}
	for _, f := range a.files {
		list, _ := out[f.field].([]Upload)
		out[f.field] = append(list, f.Upload)
	}
	return out, nil
}
