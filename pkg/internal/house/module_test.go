package house_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const mostDependencies = 21 // direct ones; chromedp is two modules

// prescribed is everything that may stand at the top level. What is not there
// yet may come; what is not named here needs a reason to be.
var prescribed = []string{
	".ci", ".dockerignore", ".gitattributes", ".gitignore", ".golangci.yml",
	"CHANGELOG.md", "LICENSE", "Makefile", "README.md",
	"cmd", "deploy", "docker-compose.yml", "docs", "go.mod", "go.sum", "nats.conf", "pkg", "workflows",
}

var (
	requirement    = regexp.MustCompile(`^(?:require\s+)?(\S+\.\S+/\S+|\S+\.\S+)\s+(v\S+)(\s*// indirect)?$`)
	releaseVersion = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)
)

var moduleRules = []rule{
	{
		name:    "go.mod replaces and excludes nothing",
		check:   moduleDirectives,
		control: map[string]string{"go.mod": "module x\n\nreplace a.org/b => ../b\n"},
		finds:   "replace",
	},
	{
		name:    "every direct dependency is a release",
		check:   unreleasedDependencies,
		control: map[string]string{"go.mod": "module x\n\nrequire a.org/b v0.0.0-20260101000000-abcdefabcdef\n"},
		finds:   "a.org/b",
	},
	{
		name:    "direct dependencies are few",
		check:   manyDependencies,
		control: map[string]string{"go.mod": "module x\n\nrequire (\n" + strings.Repeat("\ta.org/b v1.0.0\n", mostDependencies+1) + ")\n"},
		finds:   "22 direct dependencies",
	},
	{
		name:    "the top level holds only what is prescribed",
		check:   topLevel,
		control: map[string]string{"notes.txt": ""},
		finds:   "notes.txt",
	},
}

func moduleDirectives(tr tree) []string {
	var complaints []string
	for line := range strings.Lines(tr.read("go.mod")) {
		for _, word := range []string{"replace", "exclude", "toolchain"} {
			if strings.HasPrefix(line, word+" ") || strings.Contains(line, " => ") {
				complaints = append(complaints, "go.mod: no "+word+": "+strings.TrimSpace(line))
				break
			}
		}
	}
	return complaints
}

type dependency struct{ module, version string }

func directDependencies(tr tree) []dependency {
	var direct []dependency
	for line := range strings.Lines(tr.read("go.mod")) {
		m := requirement.FindStringSubmatch(strings.TrimSpace(line))
		if m != nil && m[3] == "" {
			direct = append(direct, dependency{m[1], m[2]})
		}
	}
	return direct
}

// unreleased are the exceptions, pinned on purpose. The newest release of
// discordgo identifies in a tight loop when Discord refuses, and lacks labels
// in modals and flags on edits.
var unreleased = map[string]string{
	"github.com/bwmarrin/discordgo": "v0.29.1-0.20260214123928-f43dd94faaac",
}

func unreleasedDependencies(tr tree) []string {
	var complaints []string
	for _, d := range directDependencies(tr) {
		if !releaseVersion.MatchString(d.version) && unreleased[d.module] != d.version {
			complaints = append(complaints, fmt.Sprintf("go.mod: %s %s is no release", d.module, d.version))
		}
	}
	return complaints
}

func manyDependencies(tr tree) []string {
	if n := len(directDependencies(tr)); n > mostDependencies {
		return []string{fmt.Sprintf("go.mod: %d direct dependencies, at most %d", n, mostDependencies)}
	}
	return nil
}

func topLevel(tr tree) []string {
	var complaints []string
	for _, name := range tr.files {
		top, _, _ := strings.Cut(name, "/")
		complaint := top + ": not prescribed at the top level"
		if !slices.Contains(prescribed, top) && !slices.Contains(complaints, complaint) {
			complaints = append(complaints, complaint)
		}
	}
	return complaints
}
