package command

import (
	"cmp"
	"slices"

	"discomfy/pkg/workflow"
)

// moved is the order on another workflow. What describes the picture goes
// along; sizes, steps and models are of a workflow, and begin anew.
func (a Ask) moved(from, to workflow.Manifest) Ask {
	raw := map[string]string{}
	for _, r := range []role{rolePrompt, roleNegative, roleSeed, roleBatch} {
		p, ok := r.param(from)
		q, also := r.param(to)
		if v, given := a.Raw[p.Name]; ok && also && given {
			raw[q.Name] = v
		}
	}
	pics, left := rehung(from, to, a.Pictures)
	a.Notes = slices.Concat(a.Notes, left)
	a.Workflow, a.Raw, a.Pictures = to.Name, raw, pics
	return a
}

// rehung gives pictures the parameters of another workflow; left says which it
// does not take.
func rehung(from, to workflow.Manifest, all []Picture) (pics []Picture, left []string) {
	places, masks := pictures(to), 0
	for _, pic := range all {
		p, _ := from.Parameter(pic.Param)
		q, takesMask := mask(to)
		switch n := len(pics) - masks; {
		case !isMask(p) && n < len(places):
			pic.Param = places[n].Name
		case isMask(p) && takesMask && masks == 0:
			pic.Param, masks = q.Name, 1
		default:
			left = append(left, to.Name+" does not take the picture "+cmp.Or(pic.Name, pic.Param)+": left out")
			continue
		}
		pics = append(pics, pic)
	}
	return pics, left
}
