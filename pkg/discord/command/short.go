package command

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"discomfy/pkg/workflow"
)

// maxValue bounds the value of a choice and of a select's option.
const maxValue = 100

// shortMark begins the value that stands for a name which is too long.
const shortMark = "#"

// short is a name as the value of a choice: itself, or a hash of it that the
// same catalog resolves.
func short(name string, most int) string {
	if units(name) <= most {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return shortMark + base64.RawURLEncoding.EncodeToString(sum[:15])
}

// long is the inverse of short, among the choices of a parameter. What is
// neither stays as it is, for Resolve to judge.
func long(p workflow.Parameter, s string) string {
	if len(s) != 21 || !strings.HasPrefix(s, shortMark) {
		return s
	}
	for _, c := range p.Choices {
		if c.Label == s {
			return s
		}
	}
	for _, c := range p.Choices {
		if units(c.Label) > 0 && short(c.Label, 0) == s {
			return c.Label
		}
	}
	return s
}
