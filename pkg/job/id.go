package job

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"strconv"

	"github.com/google/uuid"
)

// Partitions is the number of parts into which jobs are divided so that
// several ingress replicas share the work of showing them. It is fixed: the
// partition is a token of every stored subject.
const Partitions = 8

// interactions is the namespace of ids derived from Discord interactions.
var interactions = uuid.MustParse("6f1e9c5e-0a57-5d0c-9d3a-6c1f2b7f4e11")

// ID names a job for its whole life. It is a UUID whose text form is canonical
// and lower-case, and it is also the prompt id of the job's first attempt in
// ComfyUI. The zero ID names no job. IDs are comparable.
type ID struct{ u uuid.UUID }

// ParseID reads the canonical lower-case form; every other spelling of a UUID
// is an error, because ids are compared as text in subjects and by ComfyUI.
func ParseID(s string) (ID, error) {
	u, err := uuid.Parse(s)
	if err != nil || u.String() != s || u == uuid.Nil {
		return ID{}, fmt.Errorf("job id %q is not a canonical lower-case UUID", clip(s))
	}
	return ID{u}, nil
}

// NewID draws an id that sorts by time (UUIDv7).
func NewID() ID {
	return ID{uuid.Must(uuid.NewV7())}
}

// FromInteraction derives the id of the job that a Discord interaction asks
// for, so that every replica that sees the interaction computes the same one.
func FromInteraction(interaction string) ID {
	return ID{uuid.NewSHA1(interactions, []byte(interaction))}
}

// Attempt is the ComfyUI prompt id of the n-th submission of the job, n ≥ 1.
// The first is the id itself; later ones are derived, so that no two runs
// share an id and every process derives the same ones.
func (id ID) Attempt(n int) string {
	if n <= 1 {
		return id.String()
	}
	return uuid.NewSHA1(id.u, []byte(strconv.Itoa(n))).String()
}

// Partition is the job's part, 0 to Partitions-1: FNV-1a of the text form.
func (id ID) Partition() int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id.String()))
	return int(h.Sum32() % Partitions)
}

// Compare orders ids by their bytes; NewID's are thereby in order of time.
func (id ID) Compare(other ID) int { return cmp.Compare(string(id.u[:]), string(other.u[:])) }

// IsZero reports whether the id names no job.
func (id ID) IsZero() bool { return id.u == uuid.Nil }

// String is the canonical text form, or "" for the zero ID.
func (id ID) String() string {
	if id.IsZero() {
		return ""
	}
	return id.u.String()
}

// MarshalText writes the form that ParseID reads.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText writes; an empty text is the zero ID.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// clip bounds what an error message repeats of somebody's input.
func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
