package proof

import (
	"path"
	"slices"
	"strings"

	"discomfy/pkg/job"
)

// judgeResult looks at the files of a job that is done.
func (c *verdict) judgeResult(d *docket) {
	end := d.end.State
	completed := func(r run) bool { return r.prompt == end.PromptID && r.outcome == Succeeded }
	if !slices.ContainsFunc(d.runs, completed) {
		c.accuse(NeverRun, d.id, "no run of prompt %s completed", end.PromptID)
	}
	if len(end.Results) == 0 {
		c.accuse(NoFile, d.id, "it names no file")
	}
	for _, r := range end.Results {
		c.judgeFile(d.id, r)
	}
}

func (c *verdict) judgeFile(id job.ID, r job.Result) {
	f, stored := c.files[r.Name]
	switch {
	case path.Dir(r.Name) != id.String():
		c.accuse(Foreign, id, "it names %s", r.Name)
		return
	case !stored:
		c.accuse(NoFile, id, "%s is not stored", r.Name)
		return
	case f.Damage != "":
		c.accuse(Damaged, id, "%s: %s", r.Name, f.Damage)
		return
	case f.Size != r.Size || f.Digest != r.Digest:
		c.accuse(Damaged, id, "%s has %d bytes, %s, and its state says %d bytes, %s", r.Name, f.Size, f.Digest, r.Size, r.Digest)
		return
	}
	c.report.Files++
	c.judgeOrigin(id, r, f)
}

// judgeOrigin compares a result with the file that ComfyUI made, whose name
// begins with the job's id because every attempt saves under a prefix of its
// own.
func (c *verdict) judgeOrigin(id job.ID, r job.Result, f File) {
	if c.Made == nil {
		return
	}
	made, ok := c.made[r.File]
	switch {
	case !strings.HasPrefix(r.File, id.String()):
		c.accuse(Foreign, id, "ComfyUI's file %s was made for another job", r.File)
	case !ok:
		c.accuse(Damaged, id, "ComfyUI has made no file %s", r.File)
	case made.Size != f.Size || made.Digest != f.Digest:
		c.accuse(Damaged, id, "%s has %d bytes, %s, and ComfyUI made %d bytes, %s", r.Name, f.Size, f.Digest, made.Size, made.Digest)
	}
}

// judgeLeftovers looks for what should be gone when nothing moves any more.
func (c *verdict) judgeLeftovers() {
	for _, id := range c.Pending {
		c.accuse(LeftQueued, id, "NATS still holds it")
	}
	for _, prompt := range c.Inside {
		c.accuse(LeftInside, job.ID{}, "ComfyUI still holds prompt %s", prompt)
	}
	used := map[string]bool{}
	for _, d := range c.jobs {
		if d.end != nil {
			for _, r := range d.end.Results {
				used[r.Name] = true
			}
		}
	}
	for name := range c.files {
		if !used[name] {
			c.report.Orphans++
		}
	}
}
