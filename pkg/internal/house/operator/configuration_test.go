package operator_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestDocumentedConfiguration compares the README's table with the flags of
// the program that have an environment variable.
func TestDocumentedConfiguration(t *testing.T) {
	t.Parallel()
	line := parseCommandLine(t)
	readme.compare(t, "config", configurationTable(t, line.settings("cli", "")))
}

// commandLine is the program's command line as its source declares it: the
// structs that kong fills, by name.
type commandLine map[string]*ast.StructType

// setting is a flag with an environment variable, as one command has it.
type setting struct{ command, flag, environment, initial, meaning string }

func parseCommandLine(t *testing.T) commandLine {
	t.Helper()
	sources, err := filepath.Glob(filepath.FromSlash("../../../../cmd/discomfy/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	structs := commandLine{}
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if named, ok := n.(*ast.TypeSpec); ok {
				if fields, ok := named.Type.(*ast.StructType); ok {
					structs[named.Name.Name] = fields
				}
			}
			return true
		})
	}
	return structs
}

// settings lists what a struct and those inside it declare, for a command.
func (c commandLine) settings(structName, command string) []setting {
	fields, ok := c[structName]
	if !ok {
		return nil
	}
	var all []setting
	for _, field := range fields.Fields.List {
		tag := tagOf(field)
		kind, _ := field.Type.(*ast.Ident)
		_, isCommand := tag.Lookup("cmd")
		switch {
		case isCommand && kind != nil:
			name := strings.TrimSpace(command + " " + strings.ToLower(field.Names[0].Name))
			all = append(all, c.settings(kind.Name, name)...)
		case len(field.Names) == 0 && kind != nil:
			all = append(all, c.settings(kind.Name, command)...)
		case tag.Get("env") != "":
			all = append(all, setting{command, tag.Get("name"), tag.Get("env"), tag.Get("default"), tag.Get("help")})
		}
	}
	return all
}

func tagOf(field *ast.Field) reflect.StructTag {
	if field.Tag == nil {
		return ""
	}
	text, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return ""
	}
	return reflect.StructTag(text)
}

// variables are what a default stands for that is known only at run time.
var variables = map[string]string{
	"${data}":      "`$XDG_DATA_HOME/discomfy`, else `~/.local/share/discomfy`",
	"${log_level}": "`info`",
}

var defaultInHelp = regexp.MustCompile(` \([^()]*\$\{default\}[^()]*\)`)

// configurationTable has a row for each variable, in the order in which the
// commands declare them. Where commands differ, the row is what most of them
// have.
func configurationTable(t *testing.T, all []setting) string {
	t.Helper()
	var variablesInOrder []string
	having := map[string][]setting{}
	for _, s := range all {
		if having[s.environment] == nil {
			variablesInOrder = append(variablesInOrder, s.environment)
		}
		having[s.environment] = append(having[s.environment], s)
	}
	if len(having) == 0 {
		t.Fatal("the program has no settings: are the commands declared elsewhere now?")
	}
	var b strings.Builder
	b.WriteString("\n| environment | flag | default | commands | meaning |\n|---|---|---|---|---|\n")
	for _, variable := range variablesInOrder {
		s := mostCommon(having[variable])
		fmt.Fprintf(&b, "| `%s` | `--%s` | %s | %s | %s |\n",
			strings.ReplaceAll(variable, ",", "`<br>`"), s.flag, initial(t, s), commands(having[variable]),
			strings.ReplaceAll(defaultInHelp.ReplaceAllString(s.meaning, ""), "|", `\|`))
	}
	return b.String() + "\n"
}

func mostCommon(same []setting) setting {
	votes := map[string]int{}
	for _, s := range same {
		votes[s.initial]++
	}
	winner := slices.MaxFunc(slices.Sorted(maps.Keys(votes)), func(a, b string) int { return votes[a] - votes[b] })
	return same[slices.IndexFunc(same, func(s setting) bool { return s.initial == winner })]
}

func initial(t *testing.T, s setting) string {
	t.Helper()
	switch {
	case s.initial == "":
		return ""
	case !strings.Contains(s.initial, "${"):
		return "`" + s.initial + "`"
	case variables[s.initial] == "":
		t.Errorf("--%s: say in this test what %s stands for", s.flag, s.initial)
	}
	return variables[s.initial]
}

func commands(having []setting) string {
	var names []string
	for _, s := range having {
		if !slices.Contains(names, s.command) {
			names = append(names, s.command)
		}
	}
	return strings.Join(names, ", ")
}

func TestSettingsOfNestedStructs(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "", "package main\n"+
		"type cli struct { Run runCommand `cmd:\"\"` }\n"+
		"type runCommand struct { Twice twiceCommand `cmd:\"\"` }\n"+
		"type twiceCommand struct { shared\n Quiet bool `name:\"quiet\"` }\n"+
		"type shared struct { URL string `name:\"url\" env:\"A_URL\" default:\"here\" help:\"Where (${default}).\"` }\n", 0)
	if err != nil {
		t.Fatal(err)
	}
	line := commandLine{}
	for _, decl := range file.Decls {
		spec := decl.(*ast.GenDecl).Specs[0].(*ast.TypeSpec)
		line[spec.Name.Name] = spec.Type.(*ast.StructType)
	}
	got := configurationTable(t, line.settings("cli", ""))
	if want := "| `A_URL` | `--url` | `here` | run twice | Where. |\n"; !strings.Contains(got, want) {
		t.Errorf("the table is\n%swant the row\n%s", got, want)
	}
}
