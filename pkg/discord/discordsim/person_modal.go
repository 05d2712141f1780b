package discordsim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// SubmitModal sends the modal with which an interaction was answered. Values by custom_id: string, bool, []string or
// []Upload; what is not given stays as the application filled it in. A modal can be sent once, and again only when
// sending it failed.
func (s *Server) SubmitModal(_ context.Context, user, opened ID, values map[string]any) (ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	from := s.world.interactions[opened]
	if from == nil || from.User != user || from.Answer != AnswerModal {
		return 0, fmt.Errorf("interaction %s opened no modal for user %s", opened, user)
	}
	if sent := s.world.interactions[from.sentAs]; sent != nil && !sent.failed {
		return 0, errors.New("the modal was sent already")
	}
	i, err := s.present(user, from.Channel, ModalInteraction)
	if err != nil {
		return 0, err
	}
	i.Message, i.Owners, i.Locale, i.Command, i.opener = from.Message, maps.Clone(from.Owners), from.Locale, from.Command, from.ID
	f := filler{s: s, i: i, resolved: Object{}}
	components, err := f.modal(objectsOf(from.Modal, "components"), maps.Clone(values))
	if err != nil {
		return 0, fmt.Errorf("modal %q: %w", textOf(from.Modal, "title"), err)
	}
	data := Object{"custom_id": textOf(from.Modal, "custom_id"), "components": components}
	f.addResolved(data)
	from.sentAs = s.launch(i, data)
	return from.sentAs, nil
}

// modal fills the components of a modal and refuses values that it has no place for.
func (f *filler) modal(components []Object, values map[string]any) ([]Object, error) {
	out := []Object{}
	number := 0
	identify := func(c Object) int {
		number++
		return intOr(c, "id", number)
	}
	for _, c := range components {
		wrapped := Object{"type": intOf(c, "type"), "id": identify(c)}
		switch intOf(c, "type") {
		case componentRow:
			row := []Object{}
			for _, inner := range objectsOf(c, "components") {
				filled, err := f.field(inner, values, identify(inner))
				if err != nil {
					return nil, err
				}
				row = append(row, filled)
			}
			wrapped["components"] = row
		case componentLabel:
			filled, err := f.field(objectOf(c, "component"), values, identify(objectOf(c, "component")))
			if err != nil {
				return nil, err
			}
			wrapped["component"] = filled
		}
		out = append(out, wrapped)
	}
	for name := range values {
		return nil, fmt.Errorf("there is no field %q", name)
	}
	return out, nil
}

// field fills one input.
func (f *filler) field(c Object, values map[string]any, number int) (Object, error) {
	name := textOf(c, "custom_id")
	given, ok := values[name]
	delete(values, name)
	if !ok {
		given = prefilled(c)
	}
	filled := Object{"type": intOf(c, "type"), "id": number, "custom_id": name}
	key, value, err := f.fieldValue(c, given)
	if err != nil {
		return nil, fmt.Errorf("field %q: %w", name, err)
	}
	filled[key] = value
	return filled, nil
}

// prefilled is what an input holds when the modal opens.
func prefilled(c Object) any {
	switch intOf(c, "type") {
	case componentText:
		return textOf(c, "value")
	case componentCheckbox:
		return boolOr(c, "default", false)
	case componentFiles:
		return []Upload(nil)
	}
	var chosen []string
	for _, o := range objectsOf(c, "options") {
		if boolOr(o, "default", false) {
			chosen = append(chosen, textOf(o, "value"))
		}
	}
	for _, o := range objectsOf(c, "default_values") {
		chosen = append(chosen, textOf(o, "id"))
	}
	return chosen
}

func (f *filler) fieldValue(c Object, given any) (key string, value any, err error) {
	switch given := given.(type) {
	case string:
		if intOf(c, "type") == componentRadio {
			return "value", given, f.chooseOne(c, given)
		}
		return "value", given, checkInput(c, given)
	case bool:
		if intOf(c, "type") != componentCheckbox {
			return "", nil, errors.New("it is no checkbox")
		}
		return "value", given, nil
	case []Upload:
		return f.files(c, given)
	case []string:
		return f.selected(c, given)
	}
	return "", nil, fmt.Errorf("%T is no value of a field", given)
}

func checkInput(c Object, text string) error {
	n := utf8.RuneCountInString(text)
	required := boolOr(c, "required", true)
	switch {
	case intOf(c, "type") != componentText:
		return errors.New("it is no text input")
	case n == 0 && !required:
		return nil
	case n == 0:
		return errors.New("it is required")
	case n < intOr(c, "min_length", 0):
		return fmt.Errorf("at least %d characters, not %d", intOf(c, "min_length"), n)
	case n > intOr(c, "max_length", 4000):
		return fmt.Errorf("at most %d characters, not %d", intOr(c, "max_length", 4000), n)
	}
	return nil
}

// selected are the values of a select, a radio group or a group of checkboxes in a modal.
func (f *filler) selected(c Object, values []string) (string, any, error) {
	if intOf(c, "type") == componentRadio {
		switch {
		case len(values) == 1:
			return "value", values[0], f.chooseOne(c, values[0])
		case len(values) == 0 && !boolOr(c, "required", true):
			return "value", nil, nil
		}
		return "", nil, errors.New("one value is required")
	}
	if len(values) == 0 && !boolOr(c, "required", true) {
		return "values", []string{}, nil
	}
	if intOf(c, "type") == componentCheckboxes && c["max_values"] == nil {
		c = maps.Clone(c)
		c["max_values"] = len(objectsOf(c, "options"))
	}
	return "values", slices.Clone(values), f.choose(c, values)
}

// files are those of a file upload in a modal; their identifiers are its values.
func (f *filler) files(c Object, uploads []Upload) (string, any, error) {
	least, most := intOr(c, "min_values", 1), intOr(c, "max_values", 1)
	if !boolOr(c, "required", true) && len(uploads) == 0 {
		least = 0
	}
	switch {
	case intOf(c, "type") != componentFiles:
		return "", nil, errors.New("it takes no files")
	case len(uploads) < least || len(uploads) > most:
		return "", nil, fmt.Errorf("%d to %d files, not %d", least, most, len(uploads))
	}
	ids := []any{}
	for _, u := range uploads {
		id, err := f.upload(u)
		if err != nil {
			return "", nil, err
		}
		ids = append(ids, id)
	}
	return "values", ids, nil
}
