package house_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// tree is a repository to judge: the files that belong to it, by their
// slash-separated paths.
type tree struct {
	files  []string
	fs     fs.FS
	source func() []goFile // parsed once, for all rules
}

func newTree(files []string, fs fs.FS) tree {
	tr := tree{files: files, fs: fs}
	tr.source = sync.OnceValue(tr.parse)
	return tr
}

// repository is the tree that this package stands in: what git tracks or would
// add, or everything where the source came without git.
func repository(t *testing.T) tree {
	t.Helper()
	root := root(t)
	files, err := gitFiles(t, root)
	if err != nil {
		files = allFiles(t, root)
	}
	return newTree(files, os.DirFS(root))
}

// root is the folder that holds go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above this package")
		}
		dir = parent
	}
}

func gitFiles(t *testing.T, root string) ([]string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	return slices.DeleteFunc(names, func(name string) bool {
		_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
		return errors.Is(err, fs.ErrNotExist) // removed, and not committed yet
	}), nil
}

func allFiles(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name == ".git":
			return fs.SkipDir
		case !d.IsDir():
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// control is a small tree, written as path and content.
func control(files map[string]string) tree {
	memory := fstest.MapFS{}
	for name, text := range files {
		memory[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return newTree(slices.Sorted(maps.Keys(files)), memory)
}

// read gives a file's text, "" where there is none.
func (tr tree) read(name string) string {
	data, err := fs.ReadFile(tr.fs, name)
	if err != nil {
		return ""
	}
	return string(data)
}

// with gives the files that end with suffix and are no testdata.
func (tr tree) with(suffix string) []string {
	var names []string
	for _, name := range tr.files {
		if strings.HasSuffix(name, suffix) && !strings.Contains("/"+name, "/testdata/") {
			names = append(names, name)
		}
	}
	return names
}

// goFile is a parsed source file with its path and its length in lines.
type goFile struct {
	*ast.File

	path      string
	lines     int
	test      bool
	functions []int // length of each function in lines
}

func (f goFile) dir() string { return path.Dir(f.path) }

// parse reads every Go file; one that does not parse is the compiler's affair.
func (tr tree) parse() []goFile {
	var files []goFile
	for _, name := range tr.with(".go") {
		text := tr.read(name)
		positions := token.NewFileSet()
		parsed, err := parser.ParseFile(positions, name, text, parser.ParseComments)
		if err != nil {
			continue
		}
		files = append(files, goFile{
			File:      parsed,
			path:      name,
			lines:     strings.Count(text, "\n"),
			test:      strings.HasSuffix(name, "_test.go"),
			functions: functionLengths(positions, parsed),
		})
	}
	return files
}

func functionLengths(positions *token.FileSet, file *ast.File) []int {
	var lengths []int
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
			lengths = append(lengths, positions.Position(fn.End()).Line-positions.Position(fn.Pos()).Line+1)
		}
	}
	return lengths
}

func (f goFile) imports(pkg string) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"`+pkg+`"` })
}
