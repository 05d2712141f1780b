package house_test

import (
	"fmt"
	"slices"
	"strings"
)

// What a reader can hold in mind, in lines. The medians and the tenth that is
// longest are over all code that ships; the longest file counts tests too.
const (
	longestFile      = 500
	medianFile       = 150
	medianFunction   = 12
	nineTenthsOfThem = 40
)

var shapeRules = []rule{
	{
		name:    "files are at most 500 lines long",
		check:   longFiles,
		control: map[string]string{"pkg/x/x.go": "package x\n" + strings.Repeat("\n", longestFile)},
		finds:   "pkg/x/x.go: 501 lines",
	},
	{
		name:    "files are short",
		check:   longMedianFile,
		control: map[string]string{"pkg/x/x.go": "package x\n" + strings.Repeat("\n", medianFile)},
		finds:   "151 lines",
	},
	{
		name:    "functions are short",
		check:   longFunctions,
		control: map[string]string{"pkg/x/x.go": "package x\nfunc f() {\n" + strings.Repeat("\tf()\n", medianFunction-1) + "}\n"},
		finds:   "median of 13 lines",
	},
	{
		name:  "few functions are long",
		check: longFunctions,
		control: map[string]string{"pkg/x/x.go": "package x\n" + strings.Repeat("func f() {}\n", 8) +
			strings.Repeat("func g() {\n"+strings.Repeat("\tf()\n", nineTenthsOfThem-1)+"}\n", 2)},
		finds: "a tenth of the functions has more than 40 lines",
	},
}

func longFiles(tr tree) []string {
	var complaints []string
	for _, f := range tr.source() {
		if f.lines > longestFile {
			complaints = append(complaints, fmt.Sprintf("%s: %d lines, at most %d: split it by what it holds", f.path, f.lines, longestFile))
		}
	}
	return complaints
}

func longMedianFile(tr tree) []string {
	var lines []int
	for _, f := range tr.source() {
		if !f.test {
			lines = append(lines, f.lines)
		}
	}
	if median := quantile(lines, 0.5); median > medianFile {
		return []string{fmt.Sprintf("files have a median of %d lines, at most %d", median, medianFile)}
	}
	return nil
}

func longFunctions(tr tree) []string {
	var lengths []int
	for _, f := range tr.source() {
		if !f.test {
			lengths = append(lengths, f.functions...)
		}
	}
	var complaints []string
	if median := quantile(lengths, 0.5); median > medianFunction {
		complaints = append(complaints, fmt.Sprintf("functions have a median of %d lines, at most %d", median, medianFunction))
	}
	if quantile(lengths, 0.9) > nineTenthsOfThem {
		complaints = append(complaints, fmt.Sprintf("a tenth of the functions has more than %d lines", nineTenthsOfThem))
	}
	return complaints
}

// quantile is the value below which the share q of the values lies, 0 for none.
func quantile(values []int, q float64) int {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}
