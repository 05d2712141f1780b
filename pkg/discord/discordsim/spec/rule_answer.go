package spec

// A deferral has nothing but the flag EPHEMERAL; a deferred update not even that.
func deferral(r *request, say report) {
	allowed := 0
	if r.answer == answerDeferred {
		allowed = 1 << 6
	}
	for key, v := range r.data {
		switch {
		case key == "flags" && integer(v)&^allowed != 0:
			say(step(r.at, key), "EPHEMERAL is the only flag of a deferred message, and a deferred update has none")
		case key != "flags" && !zero(v):
			say(step(r.at, key), "says nothing in a deferral")
		}
	}
	if len(r.files) > 0 {
		say("", "files say nothing in a deferral")
	}
}

// Choices are required, an empty list too; libraries that leave out empty lists get this wrong.
func choicesPresent(r *request, say report) {
	if _, ok := r.data["choices"].([]any); !ok {
		say(step(r.at, "choices"), "this field is required")
	}
}

// Values of suggested choices have at most 100 characters.
func choiceValues(r *request, say report) {
	for at, c := range entries(step(r.at, "choices"), r.data["choices"]) {
		choice(at, c, say)
	}
}

func choice(at string, c map[string]any, say report) {
	if n := length(c["value"]); n > 100 {
		say(step(at, "value"), "%d characters, at most 100", n)
	}
}

// A modal has one to five components; the schema allows 40.
func modalCount(r *request, say report) {
	if n := len(list(r.data["components"])); n > 5 {
		say(step(r.at, "components"), "%d components, at most 5", n)
	}
}

// A text input in a row has its own label, and one in a label has none.
func modalInputs(r *request, say report) {
	for at, c := range entries(step(r.at, "components"), r.data["components"]) {
		switch integer(c["type"]) {
		case row:
			for at, in := range entries(step(at, "components"), c["components"]) {
				if zero(in["label"]) {
					say(step(at, "label"), "this field is required")
				}
			}
		default:
			if in := object(c["component"]); !zero(in["label"]) && integer(in["type"]) == textInput {
				say(step(at, "component/label"), "the label around the input has it")
			}
		}
	}
}
