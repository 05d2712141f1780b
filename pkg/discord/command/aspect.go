package command

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"discomfy/pkg/workflow"
)

// shape is the relation of a picture's sides.
type shape struct{ wide, high int }

// shapes are those that are offered.
func shapes() []shape {
	return []shape{{1, 1}, {5, 4}, {4, 3}, {3, 2}, {16, 10}, {16, 9}, {2, 1}, {21, 9},
		{4, 5}, {3, 4}, {2, 3}, {10, 16}, {9, 16}, {1, 2}, {9, 21}}
}

func (s shape) String() string { return strconv.Itoa(s.wide) + ":" + strconv.Itoa(s.high) }

func (s shape) label() string {
	switch {
	case s.wide > s.high:
		return s.String() + " landscape"
	case s.wide < s.high:
		return s.String() + " portrait"
	}
	return s.String() + " square"
}

func (s shape) ratio() float64 { return float64(s.wide) / float64(s.high) }

// maxRatio bounds a shape: beyond it is a line.
const maxRatio = 20

var shapeForm = regexp.MustCompile(`^\s*([0-9]{1,4})\s*[:/]\s*([0-9]{1,4})\s*$`)

// parseShape reads "16:9".
func parseShape(s string) (shape, bool) {
	m := shapeForm.FindStringSubmatch(s)
	if m == nil {
		return shape{}, false
	}
	wide, _ := strconv.Atoi(m[1]) // four digits at most
	high, _ := strconv.Atoi(m[2])
	if wide == 0 || high == 0 || wide > maxRatio*high || high > maxRatio*wide {
		return shape{}, false
	}
	return shape{wide, high}, true
}

// side is what a workflow allows for the width or the height, in pixels.
type side struct{ least, most, step, usual float64 }

// usualSide stands for a side of which the manifest says nothing.
const usualSide = 1024

func sideOf(p workflow.Parameter) side {
	s := side{least: 8, most: 16_384, step: 8, usual: usualSide}
	for _, f := range []struct {
		n  json.Number
		to *float64
	}{{p.Min, &s.least}, {p.Max, &s.most}, {p.Step, &s.step}, {json.Number(p.Default.String()), &s.usual}} {
		if v, err := f.n.Float64(); err == nil && v > 0 && v < maxWhole {
			*f.to = v
		}
	}
	s.most = max(s.most, s.least)
	return s
}

// fit is the allowed length next to v. Steps are counted from the least, as
// the manifest counts them.
func (s side) fit(v float64) int {
	n := math.Round((min(max(v, s.least), s.most) - s.least) / s.step)
	if s.least+n*s.step > s.most {
		n--
	}
	return int(math.Round(s.least + n*s.step))
}

// now takes the length that was chosen before, where it can be read.
func (s side) now(typed string) side {
	if v, ok := number(typed); ok && v >= s.least && v <= s.most {
		s.usual = v
	}
	return s
}

// fitShape are the sides of that shape with about as many pixels as the
// workflow has by itself; less or more where its bounds would spoil the shape.
func fitShape(s shape, w, h side) (wide, high int) {
	ideal := math.Sqrt(w.usual * h.usual * s.ratio())
	most := min(w.most, h.most*s.ratio())
	least := max(w.least, h.least*s.ratio())
	if least <= most {
		ideal = min(max(ideal, least), most)
	}
	return w.fit(ideal), h.fit(ideal / s.ratio())
}

// applyAspect turns the option into width and height, or into the one of them
// that was not given.
func applyAspect(m workflow.Manifest, raw map[string]string, typed string) error {
	s, ok := parseShape(typed)
	if !ok {
		return invalid(optionAspect, "%s is no shape: write it as 16:9", quote(typed))
	}
	w, okW := roleWidth.param(m)
	h, okH := roleHeight.param(m)
	if !okW || !okH {
		return invalid(optionAspect, "%s has no width and height to choose", m.Name)
	}
	width, hasW := raw[w.Name]
	height, hasH := raw[h.Name]
	switch {
	case hasW && hasH:
		return invalid(optionAspect, "the shape follows from width and height already: leave one of the three out")
	case hasW:
		if v, ok := number(width); ok {
			raw[h.Name] = strconv.Itoa(sideOf(h).fit(v / s.ratio()))
		}
	case hasH:
		if v, ok := number(height); ok {
			raw[w.Name] = strconv.Itoa(sideOf(w).fit(v * s.ratio()))
		}
	default:
		wide, high := fitShape(s, sideOf(w), sideOf(h))
		raw[w.Name], raw[h.Name] = strconv.Itoa(wide), strconv.Itoa(high)
	}
	return nil
}

// number reads a finite number.
func number(s string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}
