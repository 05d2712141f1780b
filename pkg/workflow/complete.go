package workflow

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"

	"discomfy/pkg/job"
)

// values are the typed values of a request, by parameter.
type values map[string]Value

// parseAll reads what a person typed. An empty text means "not given" for
// everything that is no text.
func (m Manifest) parseAll(raw map[string]string) (values, *job.Error) {
	v := values{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		p, ok := m.Parameter(name)
		if !ok {
			return nil, m.unknown(name)
		}
		text := p.Type == TypeString || p.Type == TypeText
		if raw[name] == "" && (!text || p.Required) {
			continue
		}
		value, err := p.parse(raw[name])
		if err != nil {
			return nil, err
		}
		v[name] = value
	}
	return v, nil
}

// acceptAll checks the values of a request that travelled.
func (m Manifest) acceptAll(params job.Params) (values, *job.Error) {
	v := values{}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		p, ok := m.Parameter(name)
		if !ok {
			return nil, m.unknown(name)
		}
		value, err := p.accept(params[name])
		if err != nil {
			return nil, err
		}
		v[name] = value
	}
	return v, nil
}

func (m Manifest) unknown(name string) *job.Error {
	var names []string
	for _, p := range m.Parameters {
		names = append(names, p.Name)
	}
	return &job.Error{Code: job.CodeInvalid,
		Message: m.Name + " has no parameter " + quote(name) + didYouMean(name, names)}
}

// complete fills in defaults and refuses what is missing. Pictures are not
// values: they are checked by pictures.
func (m Manifest) complete(v values) *job.Error {
	for _, p := range m.Parameters {
		if _, ok := v[p.Name]; ok || p.Type == TypePicture {
			continue
		}
		value, err := p.standIn()
		if err != nil {
			return err
		}
		if !value.IsZero() {
			v[p.Name] = value
		}
	}
	return nil
}

// standIn is the value of a parameter that was not given; none where the
// graph's own stays.
func (p Parameter) standIn() (Value, *job.Error) {
	if !p.Default.IsZero() {
		value, err := p.accept(p.Default.Any())
		if err == nil || p.Fallback == "" {
			return value, err
		}
	}
	switch {
	case p.Fallback == FallbackFirst && len(p.Choices) > 0:
		return NewValue(p.Choices[0].Label), nil
	case p.Required:
		return Value{}, invalid(p.Name, "is missing")
	}
	return Value{}, nil
}

// drawSeeds draws the seeds that were not given: below 2^53, so that a person
// can type them back anywhere, and within the range that the server takes.
func (m Manifest) drawSeeds(v values) {
	for _, p := range m.Parameters {
		if _, ok := v[p.Name]; ok || p.Type != TypeSeed {
			continue
		}
		bound := uint64(maxExact)
		if p.Max != "" {
			if most, err := strconv.ParseUint(p.Max.String(), 10, 64); err == nil && most < bound {
				bound = most + 1
			}
		}
		v[p.Name] = NewValue(json.Number(strconv.FormatUint(rand.Uint64N(bound), 10)))
	}
}

// params is the form in which values travel.
func (v values) params() job.Params {
	params := make(job.Params, len(v))
	for name, value := range v {
		params[name] = value.Any()
	}
	return params
}
