package house_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "discomfy"

// A fence says what a room may import, along whole paths. Tests are outside of
// the fences: they may bring a fake or look behind a wall.
type fence struct {
	room string   // path below the module; the rooms inside it are meant too
	none bool     // of ours it reaches nothing but its own rooms
	only []string // of ours it reaches at most its own rooms and these
	not  []string // it reaches none of these, its own rooms or not
}

var fences = []fence{
	{room: "pkg/job", none: true},
	{room: "pkg/comfy", none: true, not: []string{"pkg/comfy/comfysim"}},
	{room: "pkg/comfy/comfysim", none: true}, // pkg/comfy above all: they must not share a mistake
	{room: "pkg/workflow", only: []string{"pkg/job"}},
	{room: "pkg/broker", only: []string{"pkg/job", "pkg/workflow"}, not: []string{"pkg/broker/embedded"}},
	{room: "pkg/broker/embedded", none: true},
	{room: "pkg/bridge", not: []string{"pkg/discord", "pkg/terminal", "pkg/broker/embedded", "pkg/comfy/comfysim"}},
	{room: "pkg/discord", not: []string{"pkg/comfy", "pkg/bridge", "pkg/broker/embedded", "pkg/discord/discordsim"}},
	{room: "pkg/discord/discordsim", none: true}, // nothing of the ingress above all
	{room: "pkg/picture", none: true},
	{room: "pkg/proof", not: []string{"pkg/bridge", "pkg/comfy", "pkg/discord", "pkg/terminal"}}, // it asks nobody whom it judges
	{room: "pkg/terminal", not: []string{"pkg/comfy", "pkg/bridge", "pkg/broker/embedded"}},
}

// owners are the only rooms that import a library, themselves or by way of
// somebody else's module.
var owners = map[string][]string{
	"github.com/nats-io/nats.go":        {"pkg/broker"},
	"github.com/nats-io/nats-server/v2": {"pkg/broker/embedded"},
	"github.com/gorilla/websocket":      {"pkg/comfy", "pkg/comfy/comfysim", "pkg/discord/source", "pkg/discord/discordsim"},
	"github.com/bwmarrin/discordgo":     discordRooms,
}

// discordRooms know Discord's types; the fake is none of them.
var discordRooms = []string{
	"pkg/discord", "pkg/discord/api", "pkg/discord/board", "pkg/discord/card", "pkg/discord/command",
	"pkg/discord/desk", "pkg/discord/reply", "pkg/discord/source",
}

// jobLibraries is all that pkg/job may import beside the standard library.
var jobLibraries = []string{"github.com/google/uuid"}

// graph maps each package to the packages that it imports; the standard
// library is left out.
type graph map[string][]string

func TestImportFences(t *testing.T) {
	t.Parallel()
	for _, complaint := range imports(t).complaints() {
		t.Error(complaint)
	}
}

func TestImportFencesFindTheirControls(t *testing.T) {
	t.Parallel()
	controls := []struct {
		name  string
		graph graph
		want  string // "" when nothing is wrong
	}{
		{"a room that reaches nothing", graph{"discomfy/pkg/job": {"github.com/google/uuid"}}, ""},
		{
			"a path over another room",
			graph{"discomfy/pkg/comfy": {"discomfy/pkg/a"}, "discomfy/pkg/a": {"discomfy/pkg/job"}},
			"pkg/comfy may not reach pkg/job: pkg/comfy → pkg/a → pkg/job",
		},
		{
			"more than is allowed",
			graph{"discomfy/pkg/broker": {"discomfy/pkg/job", "discomfy/pkg/comfy"}},
			"pkg/broker may not reach pkg/comfy: pkg/broker → pkg/comfy",
		},
		{
			"what is forbidden",
			graph{"discomfy/pkg/terminal": {"discomfy/pkg/broker"}, "discomfy/pkg/broker": {"discomfy/pkg/bridge"}},
			"pkg/terminal may not reach pkg/bridge: pkg/terminal → pkg/broker → pkg/bridge",
		},
		{
			"a room inside a room",
			graph{"discomfy/pkg/discord/card": {"discomfy/pkg/comfy"}},
			"pkg/discord/card may not reach pkg/comfy",
		},
		{
			"the fake that shares a type",
			graph{"discomfy/pkg/comfy/comfysim": {"discomfy/pkg/comfy"}},
			"pkg/comfy/comfysim may not reach pkg/comfy",
		},
		{
			"a library by way of another",
			graph{"discomfy/pkg/bridge": {"a.org/b"}, "a.org/b": {"github.com/nats-io/nats.go/jetstream"}},
			"only pkg/broker may import github.com/nats-io/nats.go: pkg/bridge → a.org/b → github.com/nats-io/nats.go/jetstream",
		},
		{
			"a library of its owner, used through the owner",
			graph{"discomfy/pkg/bridge": {"discomfy/pkg/broker"}, "discomfy/pkg/broker": {"github.com/nats-io/nats.go"}},
			"",
		},
		{
			"the vocabulary with a library",
			graph{"discomfy/pkg/job": {"a.org/b"}},
			"pkg/job may import the standard library and github.com/google/uuid only: a.org/b",
		},
	}
	for _, c := range controls {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			said := strings.Join(c.graph.complaints(), "\n")
			if !strings.Contains(said, c.want) || (c.want == "") != (said == "") {
				t.Errorf("the fences say %q, want %q", said, c.want)
			}
		})
	}
}

// imports asks the go command, whose standard library has no dots in its paths, who imports whom, in every program and library.
func imports(t *testing.T) graph {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json=ImportPath,Imports,Standard", "./...")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	g := graph{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var p struct {
			ImportPath string   `json:"ImportPath"`
			Imports    []string `json:"Imports"`
			Standard   bool     `json:"Standard"`
		}
		if err := decoder.Decode(&p); err != nil {
			t.Fatalf("go list: %v", err)
		}
		if !p.Standard {
			g[p.ImportPath] = p.Imports
		}
	}
	if len(g[module+"/pkg/job"]) == 0 {
		t.Fatal("go list knows no pkg/job: the fences would hold for nothing")
	}
	return g
}

// complaints names each fence that is broken and the path that breaks it.
func (g graph) complaints() []string {
	var complaints []string
	for from := range g {
		if !ours(from) {
			continue
		}
		complaints = append(complaints, g.brokenFences(from)...)
		complaints = append(complaints, g.foreignLibraries(from)...)
	}
	for _, to := range g[module+"/pkg/job"] {
		if strings.Contains(to, ".") && !slices.Contains(jobLibraries, to) {
			complaints = append(complaints, fmt.Sprintf("pkg/job may import the standard library and %s only: %s", strings.Join(jobLibraries, ", "), to))
		}
	}
	slices.Sort(complaints)
	return complaints
}

func (g graph) brokenFences(from string) []string {
	f, ok := fenceOf(short(from))
	if !ok {
		return nil
	}
	var complaints []string
	for to, way := range g.reach(from, func(string) bool { return true }) {
		if to == from || !ours(to) || !f.forbids(short(to)) {
			continue
		}
		complaints = append(complaints, fmt.Sprintf("%s may not reach %s: %s", short(from), short(to), strings.Join(way, " → ")))
	}
	return complaints
}

func (g graph) foreignLibraries(from string) []string {
	var complaints []string
	through := func(via string) bool { return via == from || !ours(via) && !owned(via) }
	for to, way := range g.reach(from, through) {
		for library, rooms := range owners {
			if within(to, library) && !slices.Contains(rooms, short(from)) {
				complaints = append(complaints, fmt.Sprintf("only %s may import %s: %s",
					strings.Join(rooms, ", "), library, strings.Join(way, " → ")))
			}
		}
	}
	return complaints
}

// owned reports whether a package belongs to a library that has owners.
func owned(pkg string) bool {
	for library := range owners {
		if within(pkg, library) {
			return true
		}
	}
	return false
}

// reach gives, for each package that from imports along packages that pass
// lets through, the shortest path to it.
func (g graph) reach(from string, pass func(via string) bool) map[string][]string {
	ways := map[string][]string{from: {short(from)}}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		via := queue[0]
		if !pass(via) {
			continue
		}
		for _, to := range g[via] {
			if _, seen := ways[to]; !seen {
				ways[to] = append(slices.Clone(ways[via]), short(to))
				queue = append(queue, to)
			}
		}
	}
	return ways
}

// fenceOf finds the fence of the room or of the nearest room around it.
func fenceOf(room string) (fence, bool) {
	for ; room != "."; room = path.Dir(room) {
		if i := slices.IndexFunc(fences, func(f fence) bool { return f.room == room }); i >= 0 {
			return fences[i], true
		}
	}
	return fence{}, false
}

// forbids judges a room that is reached; a room's own parts are its own.
func (f fence) forbids(room string) bool {
	if slices.Contains(f.not, room) {
		return true
	}
	if within(room, f.room) {
		return false
	}
	if f.none {
		return true
	}
	return f.only != nil && !slices.ContainsFunc(f.only, func(allowed string) bool { return within(room, allowed) })
}

func within(pkg, room string) bool { return pkg == room || strings.HasPrefix(pkg, room+"/") }

func ours(pkg string) bool { return within(pkg, module) }

func short(pkg string) string { return strings.TrimPrefix(pkg, module+"/") }
