package operator_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded/embeddedtest"
)

// TestDocumentedSubjects compares the README's table with what
// `discomfy init --discord` really makes on a server.
func TestDocumentedSubjects(t *testing.T) {
	t.Parallel()
	readme.compare(t, "subjects", subjectsTable(t, freshTopology(t)))
}

// freshTopology sets an empty server up and asks it what it holds.
func freshTopology(t *testing.T) []jetstream.StreamConfig {
	t.Helper()
	server := embeddedtest.Start(t)
	b, err := broker.Connect(t.Context(), broker.Config{InProcess: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.Init(t.Context(), broker.InitConfig{Discord: true}); err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect("", nats.InProcessServer(server))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	var streams []jetstream.StreamConfig
	list := js.ListStreams(t.Context())
	for info := range list.Info() {
		streams = append(streams, info.Config)
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(streams, func(a, b jetstream.StreamConfig) int { return strings.Compare(a.Name, b.Name) })
	return streams
}

func subjectsTable(t *testing.T, streams []jetstream.StreamConfig) string {
	t.Helper()
	forms := subjectForms(t)
	var b strings.Builder
	b.WriteString("\n| stream | subjects | what it holds | kept |\n|---|---|---|---|\n")
	for _, s := range streams {
		var subjects []string
		for _, pattern := range s.Subjects {
			form := pattern
			if i := slices.IndexFunc(forms, func(form string) bool { return matches(pattern, form) }); i >= 0 {
				form = forms[i]
				forms = slices.Delete(forms, i, i+1)
			}
			subjects = append(subjects, "`"+form+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, strings.Join(subjects, "<br>"), strings.ReplaceAll(s.Description, "<", "&lt;"), kept(s))
	}
	for _, form := range forms {
		fmt.Fprintf(&b, "| | `%s` | Requests to the active bridge: %s, %s, %s, %s | not at all |\n", form,
			broker.VerbStatus, broker.VerbCancel, broker.VerbCatalog, broker.VerbStats)
	}
	return b.String() + "\n"
}

// subjectForms reads the forms of all subjects from where they are built.
func subjectForms(t *testing.T) []string {
	t.Helper()
	source := filepath.FromSlash("../../../broker/subjects.go")
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^discomfy(\.[a-z<>]+)+$`)
	var forms []string
	for _, decl := range file.Decls {
		constants, ok := decl.(*ast.GenDecl)
		if !ok || constants.Tok != token.CONST {
			continue
		}
		for _, spec := range constants.Specs {
			text := strings.TrimSpace(spec.(*ast.ValueSpec).Comment.Text())
			if form.MatchString(text) {
				forms = append(forms, text)
			}
		}
	}
	if len(forms) == 0 {
		t.Fatalf("%s documents no form of a subject", source)
	}
	return forms
}

// matches reports whether a stream's pattern stands for a form: what is a name
// in the one may be anything in the other.
func matches(pattern, form string) bool {
	tokens, names := strings.Split(pattern, "."), strings.Split(form, ".")
	if len(tokens) != len(names) {
		return false
	}
	for i, name := range names {
		if name != tokens[i] && !strings.HasPrefix(name, "<") {
			return false
		}
	}
	return true
}

// kept says in words how long messages stay.
func kept(s jetstream.StreamConfig) string {
	if s.Retention == jetstream.WorkQueuePolicy {
		return fmt.Sprintf("until the job has ended; at most %d", s.MaxMsgs)
	}
	age := fmt.Sprintf("%d days", s.MaxAge/(24*time.Hour))
	switch {
	case s.MaxAge < time.Hour:
		age = fmt.Sprintf("%d min", s.MaxAge/time.Minute)
	case s.MaxAge < 24*time.Hour:
		age = fmt.Sprintf("%d h", s.MaxAge/time.Hour)
	}
	switch s.MaxMsgsPerSubject {
	case -1:
		return age
	case 1:
		return age + ", the last of each subject"
	}
	return fmt.Sprintf("%s, the last %d of each subject", age, s.MaxMsgsPerSubject)
}

func TestSubjectFormsMatchPatterns(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{
		"discomfy.state.*.*":        true,
		"discomfy.state.*":          false,
		"discomfy.progress.*.*":     false,
		"discomfy.state.3.anything": true,
	} {
		if got := matches(pattern, "discomfy.state.<partition>.<job>"); got != want {
			t.Errorf("matches(%q) = %v, want %v", pattern, got, want)
		}
	}
}
