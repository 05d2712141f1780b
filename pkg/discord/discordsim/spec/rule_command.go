package spec

import (
	"iter"
	"regexp"
	"slices"
	"strings"
)

// Kinds of commands, and of options that hold options.
const (
	slash           = 1
	userCommand     = 2
	messageCommand  = 3
	subcommand      = 1
	subcommandGroup = 2
)

// From the documentation of application commands, "Application Command Naming".
var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

// all commands of the request.
func (r *request) commands() iter.Seq2[string, map[string]any] {
	if r.kind == kindCommands {
		return entries("", r.doc)
	}
	return func(yield func(string, map[string]any) bool) {
		if m := object(r.doc); m != nil {
			yield("", m)
		}
	}
}

func typeOf(c map[string]any) int {
	if c["type"] == nil {
		return slash
	}
	return integer(c["type"])
}

// options of all commands, nested ones too.
func (r *request) options() iter.Seq2[string, map[string]any] {
	return func(yield func(string, map[string]any) bool) {
		for at, c := range r.commands() {
			if !inner(at, c, yield) {
				return
			}
		}
	}
}

func inner(at string, c map[string]any, yield func(string, map[string]any) bool) bool {
	for at, o := range entries(step(at, "options"), c["options"]) {
		if !yield(at, o) || !inner(at, o, yield) {
			return false
		}
	}
	return true
}

// Names of slash commands and of all options are lower case where the script has cases, without spaces.
func commandNames(r *request, say report) {
	named := func(at string, m map[string]any) {
		wellNamed(step(at, "name"), text(m["name"]), say)
		for locale, n := range object(m["name_localizations"]) {
			wellNamed(step(at, "name_localizations/"+locale), text(n), say)
		}
	}
	for at, c := range r.commands() {
		if typeOf(c) == slash && (r.kind != kindCommandEdit || c["name"] != nil) {
			named(at, c)
		}
	}
	for at, o := range r.options() {
		named(at, o)
	}
}

func wellNamed(at, name string, say report) {
	if !commandName.MatchString(name) || name != strings.ToLower(name) {
		say(at, "%.40q: a name has lower-case letters, digits, - and _ only", name)
	}
}

// Commands of one type have different names.
func uniqueCommands(r *request, say report) {
	seen := map[string]bool{}
	for at, c := range r.commands() {
		key := step(text(c["name"]), typeOf(c))
		if seen[key] {
			say(step(at, "name"), "%q is there twice", text(c["name"]))
		}
		seen[key] = true
	}
}

// 100 slash commands, 15 user commands and 15 message commands.
func commandCount(r *request, say report) {
	count := map[int]int{}
	for _, c := range r.commands() {
		count[typeOf(c)]++
	}
	for kind, most := range map[int]int{slash: 100, userCommand: 15, messageCommand: 15} {
		if count[kind] > most {
			say("", "%d commands of type %d, at most %d", count[kind], kind, most)
		}
	}
}

// Slash commands have a description, user and message commands have none and no options.
func commandDescriptions(r *request, say report) {
	for at, c := range r.commands() {
		described := strings.TrimSpace(text(c["description"])) != ""
		switch t := typeOf(c); {
		case t == slash && !described && (r.kind != kindCommandEdit || c["description"] != nil):
			say(step(at, "description"), "a slash command needs one")
		case (t == userCommand || t == messageCommand) && (described || !zero(c["description_localizations"])):
			say(step(at, "description"), "only slash commands have one")
		case (t == userCommand || t == messageCommand) && !zero(c["options"]):
			say(step(at, "options"), "only slash commands have them")
		}
	}
	for at, o := range r.options() {
		if strings.TrimSpace(text(o["description"])) == "" {
			say(step(at, "description"), "an option needs one")
		}
	}
}

// A command's names, descriptions and choices have 8000 characters together, each in its longest translation.
func commandLength(r *request, say report) {
	for at, c := range r.commands() {
		sum := textOf(c)
		for _, o := range entries("", c["options"]) {
			sum += textOf(o)
			inner("", o, func(_ string, o map[string]any) bool { sum += textOf(o); return true })
		}
		if sum > 8000 {
			say(at, "%d characters in the command, at most 8000", sum)
		}
	}
}

func textOf(m map[string]any) int {
	sum := longest(m, "name") + longest(m, "description")
	for _, c := range entries("", m["choices"]) {
		sum += longest(c, "name") + length(c["value"])
	}
	return sum
}

func longest(m map[string]any, key string) int {
	n := length(m[key])
	for _, v := range object(m[key+"_localizations"]) {
		n = max(n, length(v))
	}
	return n
}

// Locales are those of the documentation's reference; en and xx are none.
func commandLocales(r *request, say report) {
	check := func(at string, m map[string]any) {
		for _, key := range []string{"name_localizations", "description_localizations"} {
			for locale := range object(m[key]) {
				if !slices.Contains(locales, locale) {
					say(step(at, key), "%.20q is no locale of Discord", locale)
				}
			}
		}
	}
	for at, c := range r.commands() {
		check(at, c)
	}
	for at, o := range r.options() {
		check(at, o)
		for at, c := range entries(step(at, "choices"), o["choices"]) {
			check(at, c)
		}
	}
}

var locales = strings.Fields(`id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg
	ru uk hi th zh-CN ja zh-TW ko he ar`)
