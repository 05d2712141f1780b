package command

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/workflow"
)

// Entry is what a modal held, by the custom id of its input.
type Entry map[string]string

// EntryOf reads a modal's submission.
func EntryOf(i api.Interaction) Entry {
	e := Entry{}
	d, _ := dataOf(i).(discordgo.ModalSubmitInteractionData)
	for _, c := range d.Components {
		switch c := c.(type) {
		case *discordgo.Label:
			e.take(c.Component)
		case *discordgo.ActionsRow:
			for _, in := range c.Components {
				e.take(in)
			}
		}
	}
	return e
}

func (e Entry) take(c discordgo.MessageComponent) {
	if in, ok := c.(*discordgo.TextInput); ok && in != nil {
		e[in.CustomID] = in.Value
	}
}

// Fill is a with what the modal held, checked as Resolve checks it, pictures
// aside. The error is a *job.Error that repeats what cannot be meant. To open
// the modal again as it was: Draft{Ask: a, Typed: e, Fault: err.Error()}.
func (m Menu) Fill(a Ask, e Entry) (Ask, error) {
	o, err := m.find(a.Workflow)
	if err != nil {
		return a, err
	}
	f := filling{m: o.Manifest, was: a.Raw, raw: maps.Clone(a.Raw)}
	if f.raw == nil {
		f.raw = map[string]string{}
	}
	for _, id := range slices.Sorted(maps.Keys(e)) {
		if err := f.take(id, e[id]); err != nil {
			return a, err
		}
	}
	f.forgetStrength()
	if _, err := m.Catalog.Resolve(o.Name, f.raw); err != nil {
		return a, err
	}
	a.Raw, a.Setup = f.raw, false
	return a, nil
}

// filling takes a modal's inputs one by one.
type filling struct {
	m        workflow.Manifest
	was, raw map[string]string
}

func (f filling) take(id, text string) error {
	kind, rest, _ := strings.Cut(id, ":")
	var ps []workflow.Parameter
	for _, name := range strings.FieldsFunc(rest, func(r rune) bool { return r == ',' }) {
		p, ok := f.m.Parameter(name)
		if !ok {
			return invalid(name, "%s has no such parameter any longer; you typed %s", f.m.Name, quote(text))
		}
		ps = append(ps, p)
	}
	switch {
	case kind == oneValue && len(ps) == 1:
		f.set(ps[0], text)
		return nil
	case kind == sizeValues && len(ps) == 2:
		return f.size(ps[0], ps[1], text)
	case kind == someValues:
		return f.numbers(ps, text)
	case kind == pairs || kind == addedPairs:
		return f.pairs(ps, text)
	}
	return invalid("", "the form is of another version: open it again; you typed %s", quote(text))
}

// set takes the text of one parameter. Empty means: as if not given.
func (f filling) set(p workflow.Parameter, s string) {
	was, given := f.was[p.Name]
	isText := p.Type == workflow.TypeText || p.Type == workflow.TypeString
	if !isText {
		s = strings.TrimSpace(s)
	}
	switch {
	case !given && s == usualValue(p): // left as it was shown
	case s == "" && isText && units(was) > min(max(p.MaxLength, 1), maxInput): // it could not be shown
	case s == "" && (!isText || p.Required):
		delete(f.raw, p.Name)
	default:
		f.raw[p.Name] = s
	}
}

// sizeForm is how people write a size.
var sizeForm = regexp.MustCompile(`^\s*([0-9]{1,6})\s*(?:[x×X*,/;]|\s|by)\s*([0-9]{1,6})\s*(?:px)?\s*$`)

// oneNumber is the side of a square.
var oneNumber = regexp.MustCompile(`^\s*([0-9]{1,6})\s*(?:px)?\s*$`)

func (f filling) size(w, h workflow.Parameter, s string) error {
	if m := sizeForm.FindStringSubmatch(s); m != nil {
		f.set(w, m[1])
		f.set(h, m[2])
		return nil
	}
	if m := oneNumber.FindStringSubmatch(s); m != nil {
		f.set(w, m[1])
		f.set(h, m[1])
		return nil
	}
	if strings.TrimSpace(s) == "" {
		f.set(w, "")
		f.set(h, "")
		return nil
	}
	sh, ok := parseShape(s)
	if !ok {
		return invalid("size", "write it as 832x1216, or as a shape such as 3:2; cannot read %s", quote(s))
	}
	wide, high := fitShape(sh, sideOf(w).now(f.was[w.Name]), sideOf(h).now(f.was[h.Name]))
	f.raw[w.Name], f.raw[h.Name] = strconv.Itoa(wide), strconv.Itoa(high)
	return nil
}

// between separates numbers where no slash does. A comma alone may be a
// decimal one.
var between = regexp.MustCompile(`[;\s]+|,\s+`)

// numbers takes "20 / 7 / 1". Fewer leave the last ones as they were; none
// gives all their defaults.
func (f filling) numbers(ps []workflow.Parameter, s string) error {
	parts := strings.Split(s, "/")
	if s = strings.TrimSpace(s); !strings.Contains(s, "/") {
		parts = between.Split(s, -1)
	}
	if s == "" {
		parts = make([]string, len(ps))
	}
	if len(parts) > len(ps) {
		return invalid(titles(ps), "these are %d values instead of %d: %s", len(parts), len(ps), quote(s))
	}
	for i, part := range parts {
		f.set(ps[i], part)
	}
	return nil
}

// titles names parameters as the label of their input does.
func titles(ps []workflow.Parameter) string {
	var all []string
	for _, p := range ps {
		all = append(all, title(p))
	}
	return strings.Join(all, " / ")
}

// pairs takes key=value pairs. Those of shown that are missing were taken back.
func (f filling) pairs(shown []workflow.Parameter, s string) error {
	values, err := ParseMore(s)
	if err != nil {
		return err
	}
	for _, p := range shown {
		delete(f.raw, p.Name)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		p, err := keyed(f.m, key)
		if err != nil {
			return err
		}
		f.set(p, values[key])
	}
	return nil
}

// forgetStrength drops the strength of a LoRA that was taken away, unless it
// was typed just now: then it is refused in words.
func (f filling) forgetStrength() {
	lora, ok := roleLora.param(f.m)
	if !ok || f.raw[lora.Name] != "" || !lora.Default.IsZero() {
		return
	}
	if p, ok := roleLoraStrength.param(f.m); ok && f.raw[p.Name] == f.was[p.Name] {
		delete(f.raw, p.Name)
	}
}
