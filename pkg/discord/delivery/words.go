package delivery

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// fate is what results have in common that share a sentence.
type fate struct {
	form              form
	why               string
	flattened, scaled bool
	refused           bool
}

// describe says what differs from the originals, and how to get them.
func (p *Plan) describe() {
	var fates []fate
	groups := map[fate]*group{}
	lost := 0
	for _, it := range p.items {
		f := fate{it.form, it.why, it.fitted.Flattened, it.fitted.Scaled, it.shrinks > 0}
		if it.form == whole || it.form == copied {
			continue
		}
		if groups[f] == nil {
			fates = append(fates, f)
			groups[f] = &group{fate: f, limit: p.place.Limit, all: len(p.items)}
		}
		groups[f].items = append(groups[f].items, it)
		if it.replaced() && !it.gone {
			lost++
		}
	}
	p.Notes, p.Lacking = nil, false
	for _, f := range fates {
		p.Lacking = p.Lacking || f.why == notNow
		p.Notes = append(p.Notes, groups[f].sentence())
	}
	p.addWay(lost)
}

// addWay says how to get the originals.
func (p *Plan) addWay(lost int) {
	show := "discomfy show " + p.order.Job.String() + " --out DIR"
	switch {
	case lost == 0:
	case len(p.Links) > 0:
		p.Notes = append(p.Notes, number(lost, "The original is linked", "The originals are linked")+", and saved by "+show)
	default:
		p.Notes = append(p.Notes, number(lost, "The original is saved by ", "The originals are saved by ")+show)
	}
}

// group is the results of one fate.
type group struct {
	fate

	items []*item
	limit int64
	all   int // how many results there are
}

func (g *group) sentence() string {
	n := len(g.items)
	s := g.subject()
	switch g.form {
	case packed:
		return s + number(n, " was", " were") + " compressed better to fit, without loss"
	case lossy:
		return s + number(n, " is", " are") + " JPEG here" + g.fitted() + ": " + g.originals("original")
	case still:
		return s + number(n, " shows", " show") + " only the first frame: " + g.originals("animation")
	case film:
		return s + number(n, " was", " were") + " encoded anew: " + cmp.Or(g.why, g.originals("original"))
	case unplayable:
		return s + " may have to be downloaded to be watched: " + g.why
	case poster:
		return s + number(n, " is", " are") + " shown by one picture: " + g.originals("original")
	default:
		return s + number(n, " is", " are") + " not attached: " + cmp.Or(g.why, g.originals("original"))
	}
}

func (g *group) fitted() string {
	words := ""
	if g.flattened {
		words = " on white"
	}
	switch {
	case g.scaled && len(g.items) == 1:
		f := g.items[0].fitted
		words += fmt.Sprintf(", %d × %d pixels", f.Width, f.Height)
	case g.scaled:
		words += ", made smaller"
	}
	return words
}

// originals compares them with what is allowed.
func (g *group) originals(what string) string {
	largest, smallest := int64(0), int64(1<<62)
	for _, it := range g.items {
		largest, smallest = max(largest, it.result.Size), min(smallest, it.result.Size)
	}
	words := number(len(g.items), "the "+what+" has ", "the "+what+"s have ")
	if size(largest) != size(smallest) {
		words += "up to "
	}
	words += size(largest)
	switch {
	case g.refused:
		words += ", and Discord refused a larger form"
	case smallest > g.limit:
		words += ", " + size(g.limit) + " are allowed"
	}
	return words
}

// subject names the results.
func (g *group) subject() string {
	what := g.items[0].noun()
	if slices.ContainsFunc(g.items, func(it *item) bool { return it.noun() != what }) {
		what = "file"
	}
	if g.all == 1 {
		return "The " + what
	}
	numbers := make([]int, 0, len(g.items))
	for _, it := range g.items {
		numbers = append(numbers, it.n)
	}
	return strings.ToUpper(what[:1]) + what[1:] + number(len(numbers), "", "s") + " " + listed(numbers)
}

func (it *item) noun() string {
	switch {
	case it.kind.IsPicture(), it.kind.IsForeignPicture():
		return "picture"
	case it.kind.IsVideo():
		return "video"
	}
	return "file"
}

// listed writes rising numbers with ranges: 1–3, 5 and 8.
func listed(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		end := i
		for end+1 < len(numbers) && numbers[end+1] == numbers[end]+1 {
			end++
		}
		if end-i < 2 {
			end = i
			parts = append(parts, fmt.Sprint(numbers[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d–%d", numbers[i], numbers[end]))
		}
		i = end + 1
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// number chooses between one and several.
func number(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/(1<<20)), ".0") + " MiB"
	}
	return fmt.Sprintf("%d KiB", (n+1023)/1024)
}
