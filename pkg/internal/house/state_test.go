package house_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

var stateRules = []rule{
	{
		name:  "no package-level state: nothing is assigned to",
		check: packageState,
		control: map[string]string{
			"pkg/x/x.go": "package x\nvar seen = map[string]bool{}\n",
			"pkg/x/y.go": "package x\nfunc f() { seen[\"a\"] = true }\n",
		},
		finds: "pkg/x/y.go: seen",
	},
	{
		name:    "no package-level state: nothing is locked or counted",
		check:   packageState,
		control: map[string]string{"pkg/x/x.go": "package x\nimport \"sync\"\nvar mu sync.Mutex\n"},
		finds:   "pkg/x/x.go: mu",
	},
	{
		name:    "packages that start goroutines look for leaks",
		check:   unwatchedGoroutines,
		control: map[string]string{"pkg/x/x.go": "package x\nfunc f() { go f() }\n", "pkg/x/x_test.go": "package x\n"},
		finds:   "pkg/x: ",
	},
}

// packageState complains about package-level variables that change: those of
// the kinds that are made for it, and those that some function assigns to.
func packageState(tr tree) []string {
	variables := map[string][]string{} // by folder
	var complaints []string
	for _, f := range tr.source() {
		for _, spec := range packageVariables(f) {
			for _, name := range spec.Names {
				variables[f.dir()] = append(variables[f.dir()], name.Name)
				if madeToChange(spec) && !f.test {
					complaints = append(complaints, f.path+": "+name.Name+" is state of a package: make it a field")
				}
			}
		}
	}
	for _, f := range tr.source() {
		if f.test {
			continue
		}
		for _, name := range assigned(f) {
			if slices.Contains(variables[f.dir()], name) {
				complaints = append(complaints, f.path+": "+name+" is assigned to and belongs to the package: make it a field")
			}
		}
	}
	return complaints
}

func packageVariables(f goFile) []*ast.ValueSpec {
	var specs []*ast.ValueSpec
	for _, decl := range f.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		for _, spec := range gen.Specs {
			if value, ok := spec.(*ast.ValueSpec); ok {
				specs = append(specs, value)
			}
		}
	}
	return specs
}

func madeToChange(spec *ast.ValueSpec) bool {
	kind := selector(spec.Type)
	if len(spec.Values) > 0 {
		if literal, ok := spec.Values[0].(*ast.CompositeLit); ok {
			kind = selector(literal.Type)
		}
	}
	return strings.HasPrefix(kind, "sync.") || strings.HasPrefix(kind, "atomic.")
}

// assigned gives the names that functions of the file assign to, or to a part
// of, and that are no names of the function's own.
func assigned(f goFile) []string {
	var names []string
	note := func(target ast.Expr) {
		name := rootOf(target)
		if name != nil && (name.Obj == nil || f.Scope.Lookup(name.Name) == name.Obj) {
			names = append(names, name.Name)
		}
	}
	ast.Inspect(f.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, target := range n.Lhs {
					note(target)
				}
			}
		case *ast.IncDecStmt:
			note(n.X)
		}
		return true
	})
	return names
}

// rootOf is the variable of which an expression names a part.
func rootOf(e ast.Expr) *ast.Ident {
	for {
		switch of := e.(type) {
		case *ast.Ident:
			return of
		case *ast.IndexExpr:
			e = of.X
		case *ast.SelectorExpr:
			e = of.X
		case *ast.StarExpr:
			e = of.X
		case *ast.ParenExpr:
			e = of.X
		default:
			return nil
		}
	}
}

func unwatchedGoroutines(tr tree) []string {
	var starts []string
	watches := helpers(tr)
	for _, f := range tr.source() {
		if f.test && f.imports("go.uber.org/goleak") {
			watches = append(watches, f.dir())
		}
		if inPkg := strings.HasPrefix(f.path, "pkg/"); inPkg && !f.test && startsGoroutines(f) && !slices.Contains(starts, f.dir()) {
			starts = append(starts, f.dir())
		}
	}
	var complaints []string
	for _, dir := range starts {
		if !slices.Contains(watches, dir) {
			complaints = append(complaints, fmt.Sprintf("%s: starts goroutines: let its tests end with goleak.VerifyTestMain", dir))
		}
	}
	return complaints
}

// helpers are the packages that are handed a test: their goroutines end with
// the test that uses them.
func helpers(tr tree) []string {
	var dirs []string
	for _, f := range tr.source() {
		if !f.test && f.imports("testing") {
			dirs = append(dirs, f.dir())
		}
	}
	return dirs
}

func startsGoroutines(f goFile) bool {
	found := false
	ast.Inspect(f.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Go" {
				found = true
			}
		}
		return !found
	})
	return found
}
