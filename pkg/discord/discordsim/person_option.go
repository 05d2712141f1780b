package discordsim

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Types of command options.
const (
	optionSub        = 1
	optionGroup      = 2
	optionString     = 3
	optionInteger    = 4
	optionBoolean    = 5
	optionUser       = 6
	optionChannel    = 7
	optionRole       = 8
	optionMention    = 9
	optionNumber     = 10
	optionAttachment = 11
)

// maxInteger is the largest whole number of an option.
const maxInteger = 1<<53 - 1

// filler makes the data of an interaction of what a person filled in, and collects what it refers to.
type filler struct {
	s              *Server
	i              *Interaction
	resolved       Object
	focused, typed string // of autocomplete; focused "" means that everything has to be right
}

// command makes the data of a command.
func (f *filler) command(c *Command, v Invocation) (Object, error) {
	data := Object{"id": c.ID.String(), "name": c.Name, "type": c.Kind}
	if c.Guild != 0 {
		data["guild_id"] = c.Guild.String()
	}
	if v.Target != 0 {
		return data, f.target(data, v)
	}
	_, subs, _ := strings.Cut(v.Command, " ")
	options, err := f.options(objectsOf(c.Definition, "options"), strings.Fields(subs), v.Options)
	if err != nil {
		return nil, err
	}
	if len(options) > 0 {
		data["options"] = options
	}
	f.addResolved(data)
	return data, nil
}

func (f *filler) addResolved(data Object) {
	if len(f.resolved) > 0 {
		data["resolved"] = f.resolved
	}
}

// target is the message or the user of a command of the Apps menu.
func (f *filler) target(data Object, v Invocation) error {
	data["target_id"] = v.Target.String()
	if f.s.world.users[v.Target] != nil {
		return f.user(v.Target)
	}
	m := f.s.world.messages[v.Target]
	if m == nil || m.Channel != f.i.Channel || m.Ephemeral() && m.For != v.User {
		return fmt.Errorf("message %s: there is none that the user sees here", v.Target)
	}
	if m.Ephemeral() {
		return errors.New("the Apps menu is not offered on ephemeral messages")
	}
	f.resolve("messages", m.ID, f.s.wireMessage(m))
	f.addResolved(data)
	return nil
}

func (f *filler) resolve(kind string, id ID, what Object) {
	if f.resolved[kind] == nil {
		f.resolved[kind] = Object{}
	}
	objectOf(f.resolved, kind)[id.String()] = what
}

// options follows the sub-commands and fills what is defined there.
func (f *filler) options(defined []Object, subs []string, given map[string]any) ([]Object, error) {
	if len(subs) > 0 {
		at := slices.IndexFunc(defined, func(o Object) bool { return textOf(o, "name") == subs[0] && intOf(o, "type") <= optionGroup })
		if at < 0 {
			return nil, fmt.Errorf("there is no sub-command %q", subs[0])
		}
		inner, err := f.options(objectsOf(defined[at], "options"), subs[1:], given)
		return []Object{{"name": subs[0], "type": intOf(defined[at], "type"), "options": inner}}, err
	}
	if slices.ContainsFunc(defined, func(o Object) bool { return intOf(o, "type") <= optionGroup }) {
		return nil, errors.New("a sub-command is required")
	}
	return f.values(defined, given)
}

// values fills options in the order of their definition.
func (f *filler) values(defined []Object, given map[string]any) ([]Object, error) {
	rest := maps.Clone(given)
	out := []Object{}
	for _, o := range defined {
		name := textOf(o, "name")
		value, ok := rest[name]
		delete(rest, name)
		if name == f.focused {
			option, err := f.typing(o)
			if err != nil {
				return nil, err
			}
			out = append(out, option)
			continue
		}
		if !ok {
			if f.focused == "" && boolOr(o, "required", false) {
				return nil, fmt.Errorf("option %q is required", name)
			}
			continue
		}
		value, err := f.value(o, value)
		if err != nil {
			return nil, fmt.Errorf("option %q: %w", name, err)
		}
		out = append(out, Object{"name": name, "type": intOf(o, "type"), "value": value})
	}
	for name := range rest {
		return nil, fmt.Errorf("there is no option %q", name)
	}
	return out, f.found(defined)
}

func (f *filler) found(defined []Object) error {
	if f.focused == "" || slices.ContainsFunc(defined, func(o Object) bool { return textOf(o, "name") == f.focused }) {
		return nil
	}
	return fmt.Errorf("there is no option %q", f.focused)
}

// typing is the option with the cursor: what was typed so far is sent as it is.
func (f *filler) typing(o Object) (Object, error) {
	if !boolOr(o, "autocomplete", false) {
		return nil, fmt.Errorf("option %q has no autocomplete", f.focused)
	}
	return Object{"name": f.focused, "type": intOf(o, "type"), "value": f.typed, "focused": true}, nil
}

// value checks one value as the client does.
func (f *filler) value(o Object, given any) (any, error) {
	switch intOf(o, "type") {
	case optionString:
		text, ok := given.(string)
		if !ok {
			return nil, fmt.Errorf("%v is no text", given)
		}
		return text, f.checkText(o, text)
	case optionInteger, optionNumber:
		return f.number(o, given)
	case optionBoolean:
		if _, ok := given.(bool); !ok {
			return nil, fmt.Errorf("%v is neither true nor false", given)
		}
		return given, nil
	case optionUser, optionChannel, optionRole, optionMention:
		return f.mention(intOf(o, "type"), given)
	case optionAttachment:
		u, ok := given.(Upload)
		if !ok {
			return nil, fmt.Errorf("%v is no file", given)
		}
		return f.upload(u)
	}
	return nil, fmt.Errorf("type %d is unknown to this fake", intOf(o, "type"))
}

func (f *filler) checkText(o Object, text string) error {
	if f.focused != "" {
		return nil
	}
	n := utf8.RuneCountInString(text)
	switch choices := objectsOf(o, "choices"); {
	case len(choices) > 0 && !slices.ContainsFunc(choices, func(c Object) bool { return c["value"] == text }):
		return fmt.Errorf("%q is none of the choices", text)
	case n < intOr(o, "min_length", 0):
		return fmt.Errorf("at least %d characters, not %d", intOf(o, "min_length"), n)
	case n > intOr(o, "max_length", 6000):
		return fmt.Errorf("at most %d characters, not %d", intOr(o, "max_length", 6000), n)
	case text == "" && boolOr(o, "required", false):
		return errors.New("it is required")
	}
	return nil
}

func (f *filler) number(o Object, given any) (any, error) {
	v, ok := numberOf(Object{"": given}, "")
	low, hasLow := numberOf(o, "min_value")
	high, hasHigh := numberOf(o, "max_value")
	choices := objectsOf(o, "choices")
	isIt := func(c Object) bool { n, ok := numberOf(c, "value"); return ok && n == v }
	switch {
	case !ok:
		return nil, fmt.Errorf("%v is no number", given)
	case intOf(o, "type") == optionInteger && v != math.Trunc(v):
		return nil, fmt.Errorf("%v is no whole number", given)
	case math.Abs(v) > maxInteger:
		return nil, fmt.Errorf("%v is beyond 2^53 - 1", given)
	case f.focused != "":
	case hasLow && v < low:
		return nil, fmt.Errorf("at least %v, not %v", low, given)
	case hasHigh && v > high:
		return nil, fmt.Errorf("at most %v, not %v", high, given)
	case len(choices) > 0 && !slices.ContainsFunc(choices, isIt):
		return nil, fmt.Errorf("%v is none of the choices", given)
	}
	return given, nil
}
