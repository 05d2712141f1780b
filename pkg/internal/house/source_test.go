package house_test

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// vagueNames say nothing about what belongs into a package and what does not.
var vagueNames = []string{"base", "common", "helper", "helpers", "misc", "shared", "types", "util", "utils"}

var sourceRules = []rule{
	{
		name:    "every package has a package comment",
		check:   packagesWithoutComment,
		control: map[string]string{"pkg/x/x.go": "package x\n", "pkg/x/y.go": "// Copyright\n\npackage x\n"},
		finds:   "pkg/x: ",
	},
	{
		name:    "a package comment begins with the package's name",
		check:   commentsThatBeginOtherwise,
		control: map[string]string{"pkg/x/x.go": "// This is x.\npackage x\n"},
		finds:   "pkg/x/x.go: ",
	},
	{
		name:    "no init functions",
		check:   initFunctions,
		control: map[string]string{"pkg/x/x.go": "package x\nfunc init() {}\n"},
		finds:   "pkg/x/x.go: ",
	},
	{
		name:    "packages are nouns that say what belongs to them",
		check:   vaguePackages,
		control: map[string]string{"pkg/util/x.go": "package util\n"},
		finds:   "pkg/util: ",
	},
	{
		name:    "tests sleep in synctest bubbles only",
		check:   sleepingTests,
		control: map[string]string{"pkg/x/x_test.go": "package x\nimport \"time\"\nfunc f() { time.Sleep(time.Second) }\n"},
		finds:   "pkg/x/x_test.go: ",
	},
	{
		name:    "a skipped test says why",
		check:   silentSkips,
		control: map[string]string{"pkg/x/x_test.go": "package x\nimport \"testing\"\nfunc f(t *testing.T) { t.SkipNow() }\n"},
		finds:   "pkg/x/x_test.go: ",
	},
}

func packagesWithoutComment(tr tree) []string {
	documented := map[string]bool{}
	for _, f := range tr.source() {
		documented[f.dir()] = documented[f.dir()] || (!f.test && f.Doc != nil)
	}
	var complaints []string
	for dir, ok := range documented {
		if !ok {
			complaints = append(complaints, dir+": write a package comment, in doc.go or where the package begins")
		}
	}
	slices.Sort(complaints)
	return complaints
}

func commentsThatBeginOtherwise(tr tree) []string {
	var complaints []string
	for _, f := range tr.source() {
		if f.test || f.Doc == nil {
			continue
		}
		want := "Package " + f.Name.Name + " "
		if f.Name.Name == "main" {
			want = "Command " + path.Base(f.dir()) + " "
		}
		text := strings.Join(strings.Fields(f.Doc.Text()), " ")
		if !strings.HasPrefix(text, want) {
			complaints = append(complaints, fmt.Sprintf("%s: let the package comment begin with %q", f.path, want))
		}
	}
	return complaints
}

func initFunctions(tr tree) []string {
	var complaints []string
	for _, f := range tr.source() {
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				complaints = append(complaints, f.path+": no init functions: let main or a constructor do it")
			}
		}
	}
	return complaints
}

func vaguePackages(tr tree) []string {
	var complaints []string
	for _, f := range tr.source() {
		dir := f.dir()
		complaint := dir + ": name the package after what it holds"
		if slices.Contains(vagueNames, path.Base(dir)) && !slices.Contains(complaints, complaint) {
			complaints = append(complaints, complaint)
		}
	}
	return complaints
}

// sleepingTests lets those sleep that say that they do it in a bubble, and
// stand in a package that makes bubbles.
func sleepingTests(tr tree) []string {
	bubbles := map[string]bool{}
	for _, f := range tr.source() {
		bubbles[f.dir()] = bubbles[f.dir()] || f.imports("testing/synctest")
	}
	return testsThatCall(tr, func(f goFile, call string, _ *ast.CallExpr) string {
		if call == "time.Sleep" && (!bubbles[f.dir()] || !strings.Contains(tr.read(f.path), "synctest")) {
			return "wait for an event instead of sleeping, or use a synctest bubble"
		}
		return ""
	})
}

func silentSkips(tr tree) []string {
	return testsThatCall(tr, func(_ goFile, call string, at *ast.CallExpr) string {
		if strings.HasSuffix(call, ".SkipNow") || (strings.HasSuffix(call, ".Skip") && len(at.Args) == 0) {
			return "say why the test is skipped"
		}
		return ""
	})
}

// testsThatCall asks judge about every call of a.b(…) in test files; what
// judge answers is the complaint, unless it is empty.
func testsThatCall(tr tree, judge func(f goFile, call string, at *ast.CallExpr) string) []string {
	var complaints []string
	for _, f := range tr.source() {
		if !f.test {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			at, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if complaint := judge(f, selector(at.Fun), at); complaint != "" {
				complaints = append(complaints, f.path+": "+complaint)
			}
			return true
		})
	}
	return complaints
}

// selector spells a.b, and is "" for everything else.
func selector(e ast.Expr) string {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	of, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return of.Name + "." + sel.Sel.Name
}
