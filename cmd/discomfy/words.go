package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"discomfy/pkg/job"
)

// checkText refuses words that are not UTF-8: kong would put replacement
// characters into them without a word.
func checkText(words []string) error {
	for _, word := range words {
		if utf8.ValidString(word) {
			continue
		}
		if name, _, ok := strings.Cut(word, "="); ok && utf8.ValidString(name) {
			return &job.Error{Code: job.CodeInvalid, Input: name, Message: "is not valid UTF-8 text"}
		}
		return usageError{fmt.Errorf("%+q is not valid UTF-8 text", word)}
	}
	return nil
}

// flagsFirst moves the flags of a command before its arguments, since kong
// ends a list of arguments at the first flag: `submit x a=1 --json b=2`.
func flagsFirst(at *kong.Node, words []string) []string {
	var commands, flags, arguments []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		child := subcommand(at, word)
		switch {
		case word == "--":
			arguments = append(arguments, words[i+1:]...)
			i = len(words)
		case len(word) > 1 && word[0] == '-':
			flags = append(flags, word)
			if takesNext(at, word) && i+1 < len(words) {
				i++
				flags = append(flags, words[i])
			}
		case child != nil && len(arguments) == 0:
			at, commands = child, append(commands, word)
		default:
			arguments = append(arguments, word)
		}
	}
	if len(arguments) > 0 {
		flags = append(flags, "--")
	}
	return slices.Concat(commands, flags, arguments)
}

func subcommand(at *kong.Node, word string) *kong.Node {
	for _, child := range at.Children {
		if child.Name == word {
			return child
		}
	}
	return nil
}

// takesNext reports whether the word after a flag is its value.
func takesNext(at *kong.Node, word string) bool {
	for _, group := range at.AllFlags(false) {
		for _, f := range group {
			if word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short) {
				return !f.IsBool() && !f.IsCounter()
			}
		}
	}
	return false
}
