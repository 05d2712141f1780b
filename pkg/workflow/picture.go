package workflow

import "slices"

// pictures are the places where a file's name goes. A file that was uploaded a
// moment ago is in no list of choices.
func (w *Workflow) pictures() map[Binding]bool {
	places := map[Binding]bool{}
	for _, p := range w.Manifest.Pictures() {
		for _, b := range p.Bind {
			places[b] = true
		}
	}
	return places
}

// CheckPictures refuses pictures that the workflow does not take, and the lack
// of one that it needs. given are the names of picture parameters. The error
// is a *job.Error.
func (m Manifest) CheckPictures(given []string) error {
	var names []string
	for _, p := range m.Pictures() {
		names = append(names, p.Name)
		if p.Required && !slices.Contains(given, p.Name) {
			return invalid(p.Name, "a picture is missing")
		}
	}
	for _, name := range given {
		if !slices.Contains(names, name) {
			return invalid("", "%s takes no picture %s%s", m.Name, quote(name), didYouMean(name, names))
		}
	}
	return nil
}
