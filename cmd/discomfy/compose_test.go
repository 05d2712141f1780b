package main

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// compose is what these tests want to know of docker-compose.yml.
type compose struct {
	Services map[string]service `yaml:"services"`
}

type service struct {
	Image       string            `yaml:"image"`
	Build       map[string]any    `yaml:"build"`
	Entrypoint  []string          `yaml:"entrypoint"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Ports       []string          `yaml:"ports"`
	Volumes     []string          `yaml:"volumes"`
	DependsOn   map[string]any    `yaml:"depends_on"`
	Profiles    []string          `yaml:"profiles"`
	Container   string            `yaml:"container_name"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
	Networks map[string]struct {
		Aliases []string `yaml:"aliases"`
	} `yaml:"networks"`
}

// file reads a file of the repository.
func file(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func stackFile(t *testing.T) compose {
	t.Helper()
	var c compose
	// What a service says itself comes after what it has in common.
	err := yaml.UnmarshalWithOptions([]byte(file(t, "docker-compose.yml")), &c, yaml.AllowDuplicateMapKey())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nats", "init", "bridge", "ingress", "comfysim", "discordsim"} {
		if _, ok := c.Services[name]; !ok {
			t.Fatalf("docker-compose.yml has no service %s", name)
		}
	}
	return c
}

// ours are the services that run the program.
func (c compose) ours() map[string]service {
	ours := make(map[string]service)
	for name, s := range c.Services {
		if s.Image == "discomfy" {
			ours[name] = s
		}
	}
	return ours
}

// command is the program's own account of a command.
func command(t *testing.T, name string) *kong.Node {
	t.Helper()
	k, err := newParser(&cli{}, os.Stdout, os.Stderr, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(k.Model.Children, func(n *kong.Node) bool { return n.Name == name })
	if i < 0 {
		t.Fatalf("discomfy has no command %q", name)
	}
	return k.Model.Children[i]
}

func environment(n *kong.Node) []string {
	var names []string
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			names = append(names, f.Envs...)
		}
	}
	return names
}

func TestTheStackSetsOnlyWhatItsCommandsRead(t *testing.T) {
	t.Parallel()
	for name, s := range stackFile(t).ours() {
		known := environment(command(t, s.Command[0]))
		for variable := range s.Environment {
			if !slices.Contains(known, variable) {
				t.Errorf("service %s sets %s, which `discomfy %s` does not read", name, variable, s.Command[0])
			}
		}
	}
}

// port is that of an address or URL whose variables have their defaults.
func port(t *testing.T, address string) string {
	t.Helper()
	address = regexp.MustCompile(`\$\{[A-Z_]+:-([^}]*)\}`).ReplaceAllString(address, "$1")
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Port()
	}
	i := strings.LastIndex(address, ":")
	if i < 0 {
		t.Fatalf("%q has no port", address)
	}
	return address[i+1:]
}

func TestTheStackAgreesOnPorts(t *testing.T) {
	t.Parallel()
	c := stackFile(t)
	nats, ingress, discord, comfy := c.Services["nats"], c.Services["ingress"], c.Services["discordsim"], c.Services["comfysim"]
	conf := file(t, "nats.conf")
	for name, s := range c.ours() {
		if got, want := port(t, s.Environment["DISCOMFY_NATS_URL"]), setting(t, conf, "listen"); got != port(t, want) {
			t.Errorf("service %s looks for NATS at port %s, and nats.conf says %s", name, got, want)
		}
	}
	exposed := match(t, file(t, "deploy/Dockerfile"), `(?m)^EXPOSE (\d+)$`)
	for what, pair := range map[string][2]string{
		"NATS' health and nats.conf":           {port(t, strings.TrimSuffix(nats.Healthcheck.Test[len(nats.Healthcheck.Test)-1], "/healthz")), port(t, setting(t, conf, "http"))},
		"the ingress and the Dockerfile":       {port(t, ingress.Environment["DISCOMFY_HTTP"]), exposed},
		"the ingress and its health":           {port(t, ingress.Healthcheck.Test[3]), exposed},
		"the ingress and the fake Discord":     {port(t, ingress.Environment["DISCOMFY_SIM"]), port(t, discord.Command[1])},
		"the page's port, inside and out":      {port(t, discord.Ports[0]), port(t, discord.Command[1])},
		"the fake Discord's port and its URL":  {port(t, discord.Command[3]), port(t, discord.Command[1])},
		"the bridge and the fake ComfyUI":      {port(t, c.Services["bridge"].Environment["DISCOMFY_COMFYUI_URL"]), port(t, comfy.Command[1])},
		"the command for health and its image": {ingress.Healthcheck.Test[1] + " " + command(t, ingress.Healthcheck.Test[2]).Name, "discomfy health"},
	} {
		if d := cmp.Diff(pair[0], pair[1]); d != "" {
			t.Errorf("%s disagree:\n%s", what, d)
		}
	}
}

// setting is a value of nats.conf.
func setting(t *testing.T, conf, name string) string {
	t.Helper()
	return match(t, conf, `(?m)^`+name+`: *(\S+)$`)
}

func match(t *testing.T, text, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("nothing matches %s", pattern)
	}
	return m[1]
}

func TestTheStackNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	c := stackFile(t)
	for name, s := range c.Services {
		for dependency := range s.DependsOn {
			if _, ok := c.Services[dependency]; !ok {
				t.Errorf("service %s depends on %s, which there is not", name, dependency)
			}
		}
		for _, volume := range s.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if strings.HasPrefix(from, "./") {
				file(t, from[2:]+map[bool]string{true: "", false: "/embed.go"}[strings.Contains(from, ".conf")])
			}
		}
		if s.Container != "" {
			t.Errorf("service %s has a container name, so it can not be scaled", name)
		}
	}
	for name, alias := range map[string]string{"discordsim": c.Services["ingress"].Environment["DISCOMFY_SIM"], "comfyui": "http://" + c.Services["comfysim"].Networks["default"].Aliases[0]} {
		if u, err := url.Parse(alias); err != nil || u.Hostname() != name {
			t.Errorf("%s is looked for at %s", name, alias)
		}
	}
	if len(c.Services["ingress"].Ports) != 0 {
		t.Error("the ingress publishes a port, so it can not be scaled")
	}
}

func TestTheImageHoldsWhatTheStackStarts(t *testing.T) {
	t.Parallel()
	c, docker := stackFile(t), file(t, "deploy/Dockerfile")
	for name, s := range c.Services {
		if len(s.Build) == 0 {
			continue
		}
		target, _ := s.Build["target"].(string)
		stage := match(t, docker, `(?ms)^FROM \S+ AS `+target+`$(.*?)(?:^FROM|\z)`)
		binary := "discomfy"
		if len(s.Entrypoint) > 0 {
			binary = s.Entrypoint[0]
		}
		if !strings.Contains(stage, "/out/"+binary+" ") {
			t.Errorf("service %s starts %s, which the target %s does not hold", name, binary, target)
		}
		file(t, "cmd/"+binary+"/main.go")
	}
	ignored := file(t, ".dockerignore")
	for _, line := range regexp.MustCompile(`(?m)^COPY ([a-z. ]+) \S+$`).FindAllStringSubmatch(docker, -1) {
		for from := range strings.FieldsSeq(line[1]) {
			if !strings.Contains(ignored, "!"+from+"\n") {
				t.Errorf("the Dockerfile copies %s, which .dockerignore keeps out", from)
			}
		}
	}
}

func TestTheStacksVersionsAreThoseOfTheModule(t *testing.T) {
	t.Parallel()
	module := file(t, "go.mod")
	if got, want := match(t, stackFile(t).Services["nats"].Image, `^nats:([0-9.]+)-alpine$`), match(t, module, `nats-server/v2 v(\S+)`); got != want {
		t.Errorf("the stack has NATS %s, the tests %s", got, want)
	}
	if got, want := match(t, file(t, "deploy/Dockerfile"), `FROM golang:([0-9.]+)-`), match(t, module, `(?m)^go (\d+\.\d+)`); got != want {
		t.Errorf("the image is built by Go %s, go.mod wants %s", got, want)
	}
}

func TestTheExampleOfSettingsHasThoseOfTheStack(t *testing.T) {
	t.Parallel()
	names := func(text, pattern string) []string {
		var all []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			all = append(all, m[1])
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	used, shown := names(file(t, "docker-compose.yml"), `\$\{([A-Z_]+)`), names(file(t, "deploy/env.example"), `(?m)^([A-Z_]+)=`)
	if d := cmp.Diff(used, shown); d != "" {
		t.Errorf("docker-compose.yml and deploy/env.example (-used +shown):\n%s", d)
	}
}

func TestTheFakesTakeTheFlagsOfTheStack(t *testing.T) {
	t.Parallel()
	c := stackFile(t)
	for _, name := range []string{"comfysim", "discordsim"} {
		s := c.Services[name]
		help, err := exec.CommandContext(t.Context(), "go", "run", "discomfy/cmd/"+s.Entrypoint[0], "--help").Output()
		if err != nil {
			t.Fatalf("%s --help: %v", name, err)
		}
		for _, word := range s.Command {
			if strings.HasPrefix(word, "--") && !strings.Contains(string(help), word+"=") {
				t.Errorf("%s has no flag %s", name, word)
			}
		}
	}
}
