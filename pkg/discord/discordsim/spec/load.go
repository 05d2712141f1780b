package spec

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed openapi/discord-openapi.json.gz
var packed []byte

// location is the name under which the compiler knows the file.
const location = "discord-openapi.json"

// maxFile bounds the unpacked OpenAPI file, in bytes.
const maxFile = 16 << 20

// Spec is Discord's OpenAPI file, ready to judge.
type Spec struct {
	doc     map[string]any
	schemas map[string]any // #/components/schemas
	routes  []route
	kept    keptSchemas
}

// loaded is the file, unpacked once; nothing writes to it.
var loaded = sync.OnceValues(load)

// Load gives the spec that comes with the program. It is made once; an error means that the program was built wrong.
func Load() (*Spec, error) { return loaded() }

func load() (*Spec, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack the OpenAPI file: %w", err)
	}
	v, err := jsonschema.UnmarshalJSON(io.LimitReader(z, maxFile))
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI file: %w", err)
	}
	s := &Spec{doc: object(v)}
	s.schemas = object(object(s.doc["components"])["schemas"])
	s.routes = routes(object(s.doc["paths"]))
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource(location, v); err != nil {
		return nil, fmt.Errorf("read the OpenAPI file: %w", err)
	}
	s.kept = keptSchemas{compiler: c, compiled: map[string]*jsonschema.Schema{}}
	return s, nil
}

// keptSchemas are the compiled parts of the file by their JSON pointer.
type keptSchemas struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

func (k *keptSchemas) at(pointer string) (*jsonschema.Schema, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if sch, ok := k.compiled[pointer]; ok {
		return sch, nil
	}
	sch, err := k.compiler.Compile(location + pointer)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", pointer, err)
	}
	k.compiled[pointer] = sch
	return sch, nil
}
