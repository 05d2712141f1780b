package workflow

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"discomfy/pkg/job"
)

// Resolve makes the complete parameters of a request from what a person typed:
// values are checked and brought into their canonical form, defaults filled
// in, seeds drawn. Pictures are not among them (Manifest.CheckPictures). The
// error is a *job.Error that says what is allowed.
func (c Catalog) Resolve(workflow string, raw map[string]string) (job.Params, error) {
	o, err := c.order(workflow)
	if err != nil {
		return nil, err
	}
	if fault := readable(raw); fault != nil {
		return nil, fault
	}
	v, fault := o.parseAll(raw)
	if fault != nil {
		return nil, fault
	}
	typed := func(name string) bool { return raw[name] != "" }
	if fault := o.complete(v); fault != nil {
		return nil, fault
	}
	// Which pictures come along is not known here; Bind looks again.
	on := o.switches(v, func(name string) bool { p, _ := o.Parameter(name); return p.Type == TypePicture })
	if fault := o.dropIdle(v, typed, on); fault != nil {
		return nil, fault
	}
	o.drawSeeds(v)
	return v.params(), nil
}

// readable refuses a value that is not UTF-8, whatever its type: as JSON it
// would come out with replacement characters.
func readable(raw map[string]string) *job.Error {
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if !utf8.ValidString(raw[name]) {
			return invalid(strings.ToValidUTF8(name, "\uFFFD"), "is not valid UTF-8 text")
		}
	}
	return nil
}

// order finds an offer that can be used.
func (c Catalog) order(workflow string) (Offer, error) {
	o, ok := c.Find(workflow)
	if len(c.Offers) == 0 {
		return Offer{}, &job.Error{Code: job.CodeBridgeOffline, Message: "nobody has said yet which workflows there are"}
	}
	if !ok {
		var names []string
		for _, o := range c.Usable() {
			names = append(names, o.Name)
		}
		return Offer{}, &job.Error{Code: job.CodeUnknown, Message: quote(workflow) + didYouMean(workflow, names)}
	}
	if len(o.Problems) > 0 {
		p := o.Problems[0]
		return Offer{}, &job.Error{Code: cmp.Or(p.Code, job.CodeInvalid),
			Message: fmt.Sprintf("the workflow cannot be used here: %s", p)}
	}
	return o, nil
}

// Format is the inverse of Resolve: the parameters as a person would type
// them.
func Format(params job.Params) map[string]string {
	raw := make(map[string]string, len(params))
	for name, v := range params {
		if value := NewValue(v); !value.IsZero() {
			raw[name] = value.String()
		}
	}
	return raw
}
