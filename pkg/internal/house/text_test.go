package house_test

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Patterns are spelled so that they do not match themselves.
var (
	machinePath     = regexp.MustCompile(`/(wor[k]|far[m]|roo[t]|Use[r]s/\w+|hom[e]/\w+)/`)
	registryAddress = regexp.MustCompile(`prox[y]\.golang|su[m]\.golang|registr[y]\.npm|pyp[i]\.org|deb\.debia[n]|GOPROX[Y]|GOSUMD[B]`)
	unfinishedWords = regexp.MustCompile(`TOD[O]|FIXM[E]|XX[X]|not implemente[d]|unimplemente[d]`)
	markdownLink    = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
)

var textRules = []rule{
	{
		name:    "no machine paths",
		check:   matching(machinePath, "name no folder of one machine"),
		control: map[string]string{"pkg/x/x.go": "// see /wor" + "k/main\n"},
		finds:   "pkg/x/x.go:1: ",
	},
	{
		name:    "no registry addresses",
		check:   matching(registryAddress, "where modules come from is the machine's affair"),
		control: map[string]string{"Makefile": "\n# prox" + "y.golang.org\n"},
		finds:   "Makefile:2: ",
	},
	{
		name:    "no unfinished words",
		check:   matching(unfinishedWords, "finish it, or say in the changelog what is not there"),
		control: map[string]string{"pkg/x/x.go": "// TOD" + "O: the rest\n"},
		finds:   "pkg/x/x.go:1: ",
	},
	{
		name:    "links inside the repository lead somewhere",
		check:   deadLinks,
		control: map[string]string{"docs/a.md": "[b](b.md)\n"},
		finds:   "docs/a.md: ",
	},
}

// matching complains about every line of text that matches; recorded data is
// as it is, and binary files have no lines.
func matching(pattern *regexp.Regexp, advice string) func(tree) []string {
	return func(tr tree) []string {
		var complaints []string
		for _, name := range tr.files {
			text := tr.read(name)
			if recorded(name) || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
				continue
			}
			line := 0
			for content := range strings.Lines(text) {
				line++
				if found := pattern.FindString(content); found != "" {
					complaints = append(complaints, fmt.Sprintf("%s:%d: %q: %s", name, line, found, advice))
				}
			}
		}
		return complaints
	}
}

func recorded(name string) bool {
	return strings.Contains("/"+name, "/testdata/") || path.Base(name) == "go.sum"
}

func deadLinks(tr tree) []string {
	var complaints []string
	for _, name := range tr.with(".md") {
		for _, m := range markdownLink.FindAllStringSubmatch(tr.read(name), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if target := path.Join(path.Dir(name), m[1]); !tr.has(target) {
				complaints = append(complaints, fmt.Sprintf("%s: the link to %s leads nowhere", name, m[1]))
			}
		}
	}
	return complaints
}

// has reports whether a file or a folder of that name belongs to the tree.
func (tr tree) has(name string) bool {
	for _, file := range tr.files {
		if file == name || strings.HasPrefix(file, name+"/") {
			return true
		}
	}
	return false
}
