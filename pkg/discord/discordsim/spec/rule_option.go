package spec

// lists gives every list of options, of commands and of options.
func (r *request) lists(yield func(at string, options []any)) {
	for at, c := range r.commands() {
		yield(step(at, "options"), list(c["options"]))
	}
	for at, o := range r.options() {
		yield(step(at, "options"), list(o["options"]))
	}
}

// Options of one list have different names.
func uniqueOptions(r *request, say report) {
	r.lists(func(at string, options []any) {
		seen := map[string]bool{}
		for at, o := range entries(at, options) {
			if name := text(o["name"]); seen[name] {
				say(step(at, "name"), "%q is there twice", name)
			}
			seen[text(o["name"])] = true
		}
	})
}

// Required options stand before those that are not.
func requiredFirst(r *request, say report) {
	r.lists(func(at string, options []any) {
		optional := false
		for at, o := range entries(at, options) {
			if o["required"] == true && optional {
				say(at, "required options must come first")
			}
			optional = optional || o["required"] != true
		}
	})
}

// A list has subcommands and groups of them, or other options; a group has subcommands only.
func mixedOptions(r *request, say report) {
	r.lists(func(at string, options []any) {
		sub := 0
		for _, o := range entries(at, options) {
			if t := integer(o["type"]); t == subcommand || t == subcommandGroup {
				sub++
			}
		}
		if sub > 0 && sub < len(options) {
			say(at, "subcommands and other options do not mix")
		}
	})
}

// An option with autocomplete has no fixed choices.
func autocompleteChoices(r *request, say report) {
	for at, o := range r.options() {
		if o["autocomplete"] == true && !zero(o["choices"]) {
			say(step(at, "choices"), "autocomplete and choices exclude each other")
		}
	}
}

// Values of choices have at most 100 characters, and names are there once.
func optionChoices(r *request, say report) {
	for at, o := range r.options() {
		seen := map[string]bool{}
		for at, c := range entries(step(at, "choices"), o["choices"]) {
			choice(at, c, say)
			if name := text(c["name"]); seen[name] {
				say(step(at, "name"), "%q is there twice", name)
			}
			seen[text(c["name"])] = true
		}
	}
}

// min_value and max_value, min_length and max_length stand in order.
func optionRange(r *request, say report) {
	for at, o := range r.options() {
		for _, key := range []string{"value", "length"} {
			least, has := number(o["min_"+key])
			most, ends := number(o["max_"+key])
			if has && ends && least > most {
				say(at, "min_%s is greater than max_%s", key, key)
			}
		}
	}
}
