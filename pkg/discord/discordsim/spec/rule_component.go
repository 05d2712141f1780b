package spec

import "slices"

// Without IS_COMPONENTS_V2 a message has at most five rows, and nothing but rows.
func rowCount(r *request, say report) {
	if r.v2() {
		return
	}
	if n := len(list(r.data["components"])); n > 5 && !usesSecondForm(r) {
		say(step(r.at, "components"), "%d rows, at most 5", n)
	}
}

func usesSecondForm(r *request) bool {
	for _, c := range entries("", r.data["components"]) {
		if t := integer(c["type"]); t >= section && t <= container {
			return true
		}
	}
	return false
}

// Components of the second form need the flag; an edit may leave it out, because it stays.
func secondForm(r *request, say report) {
	if !r.v2() && !r.edit && usesSecondForm(r) {
		say(step(r.at, "components"), "these components need the flag IS_COMPONENTS_V2")
	}
}

// With IS_COMPONENTS_V2 there is no content, embed, poll or sticker; an edit may empty them.
func secondFormAlone(r *request, say report) {
	if !r.v2() {
		return
	}
	for _, key := range []string{"content", "embeds", "poll", "sticker_ids"} {
		if !zero(r.data[key]) {
			say(step(r.at, key), "cannot be used with the flag IS_COMPONENTS_V2")
		}
	}
}

// All components, nested ones too, are at most 40.
func componentCount(r *request, say report) {
	n := 0
	for range r.components() {
		n++
	}
	if n > 40 {
		say(step(r.at, "components"), "%d components in all, at most 40", n)
	}
}

// The texts of all components of the second form have at most 4000 characters together.
func textSum(r *request, say report) {
	const textDisplay = 10
	sum := 0
	for _, c := range r.components() {
		if integer(c["type"]) == textDisplay {
			sum += length(c["content"])
		}
	}
	if sum > 4000 {
		say(step(r.at, "components"), "%d characters of text in all, at most 4000", sum)
	}
}

// Buttons have a custom_id (styles 1 to 4), a url (5) or a sku_id (6), none of the others, and but for the last
// something to read.
func buttonStyle(r *request, say report) {
	const link, premium = 5, 6
	for at, c := range r.components() {
		if integer(c["type"]) != button {
			continue
		}
		need := "custom_id"
		switch integer(c["style"]) {
		case link:
			need = "url"
		case premium:
			need = "sku_id"
		}
		for _, key := range []string{"custom_id", "url", "sku_id"} {
			if has := !zero(c[key]); has != (key == need) {
				say(at, "a button of style %d and its %s", integer(c["style"]), key)
			}
		}
		if need != "sku_id" && zero(c["label"]) && zero(c["emoji"]) {
			say(at, "a button needs a label or an emoji")
		}
		if need == "url" {
			scheme(step(at, "url"), c["url"], false, say)
		}
	}
}

// A row holds up to five buttons, or one select, or one text input.
func rowMix(r *request, say report) {
	for at, c := range r.components() {
		if integer(c["type"]) != row {
			continue
		}
		inner := list(c["components"])
		others := slices.ContainsFunc(inner, func(v any) bool { return integer(object(v)["type"]) != button })
		if others && len(inner) > 1 {
			say(at, "a row holds buttons or one of the others, not %d together", len(inner))
		}
	}
}

// custom_ids and numeric ids are unique in a message or modal.
func uniqueCustomIDs(r *request, say report) {
	seen := map[string]bool{}
	for at, c := range r.components() {
		for _, key := range []string{"custom_id", "id"} {
			v := text(c[key])
			if n := integer(c[key]); n != 0 {
				v = step(key, n)
			}
			if v == "" {
				continue
			}
			if seen[v] {
				say(step(at, key), "%s is used twice", v)
			}
			seen[v] = true
		}
	}
}

// A select's options have different values, at least as many as must be chosen, and no more defaults than may be.
func selectValues(r *request, say report) {
	for at, c := range r.components() {
		t := integer(c["type"])
		if !selects(t) && t != textInput {
			continue
		}
		for _, pair := range [][2]string{{"min_values", "max_values"}, {"min_length", "max_length"}} {
			most, ok := number(c[pair[1]])
			if !ok && pair[1] == "max_values" {
				most, ok = 1, true
			}
			if least, has := number(c[pair[0]]); has && ok && least > most {
				say(at, "%s is greater than %s", pair[0], pair[1])
			}
		}
		if t == stringSel {
			options(at, c, say)
		}
	}
}

func options(at string, c map[string]any, say report) {
	values, defaults, count := map[string]bool{}, 0, 0
	for at, o := range entries(step(at, "options"), c["options"]) {
		count++
		if v := text(o["value"]); values[v] {
			say(step(at, "value"), "%q is offered twice", v)
		}
		values[text(o["value"])] = true
		if o["default"] == true {
			defaults++
		}
	}
	if integer(c["min_values"]) > count {
		say(at, "min_values is more than there are options")
	}
	if most := max(integer(c["max_values"]), 1); defaults > most {
		say(at, "%d options are chosen beforehand, at most %d", defaults, most)
	}
}
