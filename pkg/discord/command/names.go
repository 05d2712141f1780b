package command

import (
	"strings"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// listed is what /loras and /models list.
func (n Name) listed() role {
	if n == Loras {
		return roleLora
	}
	return roleModel
}

// Search reads the options of /loras and /models: the workflow whose names are
// wanted, and what they must match. Both may be empty.
func Search(i api.Interaction) (offer, text string) {
	t := typedOf(i)
	return t.texts[optionWorkflow], t.texts[optionSearch]
}

// Names lists the LoRAs (of /loras) or models (of /models) that the workflow
// offers, those of all usable workflows when it is "", each once; those that
// match the text, best first. open says that the server has more than the
// catalog holds. The error is a *job.Error.
func (m Menu) Names(n Name, offer, text string) (names []string, open bool, err error) {
	offers := m.Catalog.Usable()
	if strings.TrimSpace(offer) != "" {
		o, err := m.find(offer)
		if err != nil {
			return nil, false, err
		}
		offers = []workflow.Offer{o}
	}
	seen := map[string]bool{}
	for _, o := range offers {
		p, ok := n.listed().param(o.Manifest)
		open = open || ok && p.Open
		for _, c := range p.Choices {
			if !seen[c.Label] {
				seen[c.Label] = true
				names = append(names, c.Label)
			}
		}
	}
	return matching(names, func(s string) string { return s }, text), open, nil
}

// JobOf reads the job of /cancel and /show.
func JobOf(i api.Interaction) (job.ID, error) {
	s := strings.ToLower(strings.Trim(typedOf(i).texts[optionJob], " `\t\n"))
	id, err := job.ParseID(s)
	if err != nil {
		return job.ID{}, &job.Error{Code: job.CodeNotFound, Input: optionJob,
			Message: quote(s) + " is no job's id: choose one of the list, or copy it from the foot of a card"}
	}
	return id, nil
}
