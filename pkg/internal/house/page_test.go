package house_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// sections of the README, in the order in which a newcomer asks.
var sections = []string{
	"Run it", "Test it", "What works today", "Configuration", "Subjects", "Package map", "Development",
}

var (
	heading       = regexp.MustCompile(`(?m)^## (.+)$`)
	firstCommand  = regexp.MustCompile("(?s)```(?:sh|console)?\n(?:\\$ )?(.+?)\n")
	tableRow      = regexp.MustCompile("(?m)^\\| `([a-z0-9/]+)` +\\|")
	makeTarget    = regexp.MustCompile(`(?m)^([a-z]+):(.*)$`)
	makeMention   = regexp.MustCompile("`make ([a-z]+)")
	versionHeader = regexp.MustCompile(`^\[(Unreleased|\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2})`)
)

var pageRules = []rule{
	{
		name:    "the README answers in the order in which a newcomer asks",
		check:   readmeOrder,
		control: map[string]string{"README.md": "## Test it\n## Run it\n"},
		finds:   "README.md: ",
	},
	{
		name:    "CI runs the README's test command",
		check:   testCommand,
		control: map[string]string{"README.md": "## Test it\n\n```sh\ngo test ./...\n```\n", ".ci/run": "go test ./pkg/...\n"},
		finds:   ".ci/run: ",
	},
	{
		name:    "the README's demo command is a program",
		check:   demoCommand,
		control: map[string]string{"README.md": "## Run it\n\n```sh\ngo run ./cmd/other demo\n```\n", "cmd/discomfy/main.go": "package main\n"},
		finds:   "README.md: ",
	},
	{
		name:  "the package map lists the packages",
		check: unlistedPackages,
		control: map[string]string{
			"README.md": "## Package map\n\n| `pkg/a` | a |\n", "pkg/a/a.go": "package a\n", "pkg/b/b.go": "package b\n",
		},
		finds: "pkg/b",
	},
	{
		name:    "the package map lists nothing else",
		check:   listedOthers,
		control: map[string]string{"README.md": "## Package map\n\n| `pkg/a` | a |\n"},
		finds:   "pkg/a",
	},
	{
		name:    "make help tells every target",
		check:   silentTargets,
		control: map[string]string{"Makefile": "test:\n\tgo test ./...\n"},
		finds:   "Makefile: ",
	},
	{
		name:    "the targets that are told of exist",
		check:   missingTargets,
		control: map[string]string{"README.md": "`make nothing`", "Makefile": "test: ## t\n"},
		finds:   "make nothing",
	},
	{
		name:    "the changelog begins with what is unreleased or with a version",
		check:   changelog,
		control: map[string]string{"CHANGELOG.md": "# Changelog\n\n## News\n"},
		finds:   "CHANGELOG.md: ",
	},
}

func readmeOrder(tr tree) []string {
	var found []string
	for _, m := range heading.FindAllStringSubmatch(tr.read("README.md"), -1) {
		found = append(found, m[1])
	}
	if !slices.Equal(found, sections) {
		return []string{fmt.Sprintf("README.md: the sections are %q, want %q", found, sections)}
	}
	return nil
}

// section gives the text below a heading of the README, up to the next one.
func (tr tree) section(name string) string {
	_, text, _ := strings.Cut("\n"+tr.read("README.md"), "\n## "+name+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// command is the first line of the first block in a section of the README.
func (tr tree) command(section string) string {
	if m := firstCommand.FindStringSubmatch(tr.section(section)); m != nil {
		return m[1]
	}
	return ""
}

func testCommand(tr tree) []string {
	command := tr.command("Test it")
	if command == "" {
		return []string{"README.md: the section on testing begins with no command"}
	}
	if !slices.Contains(strings.Split(tr.read(".ci/run"), "\n"), command) {
		return []string{fmt.Sprintf(".ci/run: no line is %q, which is how the README says to test", command)}
	}
	return nil
}

func demoCommand(tr tree) []string {
	fields := strings.Fields(tr.command("Run it"))
	if len(fields) < 3 || fields[0] != "go" || fields[1] != "run" || !tr.has(path.Clean(fields[2])) {
		return []string{fmt.Sprintf("README.md: %q runs no program of this repository", strings.Join(fields, " "))}
	}
	return nil
}

func listedPackages(tr tree) []string {
	var listed []string
	for _, m := range tableRow.FindAllStringSubmatch(tr.section("Package map"), -1) {
		listed = append(listed, m[1])
	}
	return listed
}

func unlistedPackages(tr tree) []string {
	known := listedPackages(tr)
	var complaints []string
	for _, f := range tr.source() {
		if name := f.dir(); !slices.Contains(known, name) {
			known = append(known, name)
			complaints = append(complaints, "README.md: the package map lacks "+name)
		}
	}
	return complaints
}

func listedOthers(tr tree) []string {
	var complaints []string
	for _, name := range listedPackages(tr) {
		if !tr.has(name) {
			complaints = append(complaints, "README.md: the package map has "+name+", which is not there")
		}
	}
	return complaints
}

func silentTargets(tr tree) []string {
	var complaints []string
	for _, m := range makeTarget.FindAllStringSubmatch(tr.read("Makefile"), -1) {
		if !strings.Contains(m[2], "## ") {
			complaints = append(complaints, "Makefile: say after ## what "+m[1]+" does")
		}
	}
	return complaints
}

func missingTargets(tr tree) []string {
	var targets, complaints []string
	for _, m := range makeTarget.FindAllStringSubmatch(tr.read("Makefile"), -1) {
		targets = append(targets, m[1])
	}
	for _, name := range tr.with(".md") {
		for _, m := range makeMention.FindAllStringSubmatch(tr.read(name), -1) {
			if !slices.Contains(targets, m[1]) {
				complaints = append(complaints, fmt.Sprintf("%s: there is no make %s", name, m[1]))
			}
		}
	}
	return complaints
}

func changelog(tr tree) []string {
	m := heading.FindStringSubmatch(tr.read("CHANGELOG.md"))
	if m == nil || !versionHeader.MatchString(m[1]) {
		return []string{"CHANGELOG.md: begin with [Unreleased], or with a version and its date"}
	}
	return nil
}
