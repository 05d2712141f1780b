package broker

import (
	"fmt"
	"strconv"
	"strings"

	"discomfy/pkg/job"
)

// root is the first token of every subject of ours.
const root = "discomfy"

// Kind is the second token of a subject: what its messages are.
type Kind string

// The kinds of subject, with their form.
const (
	KindJob      Kind = "jobs"     // discomfy.jobs.<queue>.<user>.<job>
	KindState    Kind = "state"    // discomfy.state.<partition>.<job>
	KindProgress Kind = "progress" // discomfy.progress.<partition>.<job>
	KindPreview  Kind = "preview"  // discomfy.preview.<partition>.<job>
	KindQueue    Kind = "queue"    // discomfy.queue.<queue>
	KindLease    Kind = "lease"    // discomfy.lease.<queue>
	KindEpoch    Kind = "epoch"    // discomfy.epoch.<queue>
	KindBridge   Kind = "bridge"   // discomfy.bridge.<queue>
	KindCatalog  Kind = "catalog"  // discomfy.catalog.<queue>
	KindMemory   Kind = "memory"   // discomfy.memory.<queue>
	KindControl  Kind = "ctl"      // discomfy.ctl.<queue>.<verb>
	KindReply    Kind = "reply"    // discomfy.reply.<job>
	KindDraft    Kind = "draft"    // discomfy.draft.<key>
	KindOrder    Kind = "order"    // discomfy.order.<key>
	KindClaim    Kind = "claim"    // discomfy.claim.<key>
)

// Subject is a subject's meaning. Only the fields that its kind has are set.
type Subject struct {
	Kind  Kind
	Queue job.Queue
	User  job.User
	Job   job.ID
	Verb  Verb
	Key   string // a draft's, an order's or a claim's: 1 to 128 characters of A–Z, a–z, 0–9, '_' and '-'
}

// Verb is what a control request asks for.
type Verb string

// The endpoints of the control service.
const (
	VerbStatus  Verb = "status"
	VerbCancel  Verb = "cancel"
	VerbCatalog Verb = "catalog"
	VerbStats   Verb = "stats"
)

func jobSubject(r job.Request) string {
	return Subject{Kind: KindJob, Queue: r.Queue, User: r.User, Job: r.ID}.String()
}

// perJob is the subject of a kind that has one for each job.
func perJob(k Kind, id job.ID) string { return Subject{Kind: k, Job: id}.String() }

// perQueue is the subject of a kind that has one for each queue.
func perQueue(k Kind, q job.Queue) string { return Subject{Kind: k, Queue: q}.String() }

// keyed is the subject of a kind that is named by a key.
func keyed(k Kind, key string) (string, error) {
	key, err := parseKey(key)
	return Subject{Kind: k, Key: key}.String(), err
}

func controlSubject(q job.Queue, v Verb) string {
	return Subject{Kind: KindControl, Queue: q, Verb: v}.String()
}

// perPartition matches the subjects of a kind in one partition.
func perPartition(k Kind, p int) string {
	return root + "." + string(k) + "." + strconv.Itoa(p) + ".*"
}

// jobsOf matches all jobs of a queue, jobAnywhere one job of whatever queue
// and user; allOf matches a kind.
func jobsOf(q job.Queue) string { return root + "." + string(KindJob) + "." + string(q) + ".*.*" }
func jobsOfUser(q job.Queue, u job.User) string {
	return root + "." + string(KindJob) + "." + string(q) + "." + string(u) + ".*"
}
func jobAnywhere(id job.ID) string    { return root + "." + string(KindJob) + ".*.*." + id.String() }
func allJobs() string                 { return root + "." + string(KindJob) + ".>" }
func allOf(k Kind, tokens int) string { return root + "." + string(k) + strings.Repeat(".*", tokens) }

// String is the subject as NATS sees it.
func (s Subject) String() string {
	tokens := []string{root, string(s.Kind)}
	switch s.Kind {
	case KindJob:
		tokens = append(tokens, string(s.Queue), string(s.User), s.Job.String())
	case KindState, KindProgress, KindPreview:
		tokens = append(tokens, strconv.Itoa(s.Job.Partition()), s.Job.String())
	case KindReply:
		tokens = append(tokens, s.Job.String())
	case KindDraft, KindOrder, KindClaim:
		tokens = append(tokens, s.Key)
	case KindControl:
		tokens = append(tokens, string(s.Queue), string(s.Verb))
	default:
		tokens = append(tokens, string(s.Queue))
	}
	return strings.Join(tokens, ".")
}

// ParseSubject reads a subject; every other than the ones that String makes is
// an error.
func ParseSubject(text string) (Subject, error) {
	tokens := strings.Split(text, ".")
	if len(tokens) < 3 || tokens[0] != root {
		return Subject{}, fmt.Errorf("subject %q is not ours", text)
	}
	s, err := parseTokens(Kind(tokens[1]), tokens[2:])
	if err != nil {
		return Subject{}, fmt.Errorf("subject %q: %w", text, err)
	}
	return s, nil
}

func parseTokens(k Kind, tokens []string) (Subject, error) {
	s := Subject{Kind: k}
	var err error
	switch {
	case k == KindJob && len(tokens) == 3:
		if s.User, err = job.ParseUser(tokens[1]); err != nil {
			return Subject{}, err
		}
		if s.Job, err = job.ParseID(tokens[2]); err != nil {
			return Subject{}, err
		}
	case isPerJob(k) && len(tokens) == 2:
		return parsePerJob(k, tokens[0], tokens[1])
	case k == KindReply && len(tokens) == 1:
		s.Job, err = job.ParseID(tokens[0])
		return s, err
	case isKeyed(k) && len(tokens) == 1:
		s.Key, err = parseKey(tokens[0])
		return s, err
	case k == KindControl && len(tokens) == 2:
		if s.Verb, err = parseVerb(tokens[1]); err != nil {
			return Subject{}, err
		}
	case isPerQueue(k) && len(tokens) == 1:
	default:
		return Subject{}, fmt.Errorf("unknown kind or wrong number of tokens")
	}
	s.Queue, err = job.ParseQueue(tokens[0])
	return s, err
}

func parsePerJob(k Kind, partition, id string) (Subject, error) {
	parsed, err := job.ParseID(id)
	if err != nil {
		return Subject{}, err
	}
	if want := strconv.Itoa(parsed.Partition()); partition != want {
		return Subject{}, fmt.Errorf("partition %s, want %s", partition, want)
	}
	return Subject{Kind: k, Job: parsed}, nil
}

// parseKey accepts what a queue's name may be made of: one subject token.
func parseKey(text string) (string, error) {
	if _, err := job.ParseQueue(text); err != nil {
		return "", fmt.Errorf("key %q is no subject token", text)
	}
	return text, nil
}

func parseVerb(text string) (Verb, error) {
	switch v := Verb(text); v {
	case VerbStatus, VerbCancel, VerbCatalog, VerbStats:
		return v, nil
	}
	return "", fmt.Errorf("unknown verb")
}

func isPerJob(k Kind) bool { return k == KindState || k == KindProgress || k == KindPreview }

func isKeyed(k Kind) bool { return k == KindDraft || k == KindOrder || k == KindClaim }

func isPerQueue(k Kind) bool {
	switch k {
	case KindQueue, KindLease, KindEpoch, KindBridge, KindCatalog, KindMemory:
		return true
	}
	return false
}
