package broker

import (
	"testing"

	"github.com/nats-io/nats.go"

	"discomfy/pkg/job"
)

const fuzzJob = "0197b2f4-1c1e-7aaa-8bbb-0123456789ab"

func FuzzParseSubject(f *testing.F) {
	id, _ := job.ParseID(fuzzJob)
	for _, s := range []Subject{
		{Kind: KindJob, Queue: "default", User: "terminal-ann", Job: id},
		{Kind: KindState, Job: id}, {Kind: KindProgress, Job: id}, {Kind: KindPreview, Job: id},
		{Kind: KindOrder, Key: "1-a"}, {Kind: KindLease, Queue: "a"}, {Kind: KindEpoch, Queue: "b-_9"}, {Kind: KindControl, Queue: "a", Verb: VerbCancel},
	} {
		f.Add(s.String())
	}
	for _, text := range []string{"", "discomfy", "discomfy..", "discomfy.state.9." + fuzzJob, "other.lease.a", "discomfy.lease.*", "discomfy.queue.a.b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSubject(text)
		if err == nil && s.String() != text {
			t.Errorf("%q was read as %+v, which is %q", text, s, s.String())
		}
	})
}

// FuzzParsers feeds everything that reads a message: whatever comes, it
// answers with a value that agrees with the subject, or an error.
func FuzzParsers(f *testing.F) {
	id, _ := job.ParseID(fuzzJob)
	f.Add(perJob(KindState, id), "1", []byte(`{"job":"`+fuzzJob+`","phase":"done","at":"2026-01-02T03:04:05Z","epoch":3}`))
	f.Add(perJob(KindProgress, id), "1", []byte(`{"job":"`+fuzzJob+`","epoch":3,"percent":1e99}`))
	f.Add(perJob(KindPreview, id), "7", []byte("\xff\xd8"))
	f.Add(perQueue(KindQueue, "a"), "-1", []byte(`{"queue":"a","waiting":null}`))
	f.Add("discomfy.jobs.a.terminal-x."+fuzzJob, "", []byte(`{"id":"`+fuzzJob+`","queue":"a","user":"terminal-x","workflow":"w","created":"2026-01-02T03:04:05Z"}`))
	f.Add("$O.DISCOMFY_RESULTS.M.x", "", []byte(`{"name":"x","nuid":"n","size":18446744073709551615,"chunks":4294967295,"digest":"SHA-256=AAAA"}`))
	f.Add("discomfy.ctl.a.cancel", "", []byte(`{"job":"`+fuzzJob+`"}`))
	f.Fuzz(func(t *testing.T, subject, epoch string, data []byte) {
		header := nats.Header{headerEpoch: {epoch}, headerType: {"image/png"}}
		if s, err := parseState(subject, data); err == nil && perJob(KindState, s.Job) != subject {
			t.Errorf("state of %s at %s", s.Job, subject)
		}
		if p, err := parseProgress(subject, data); err == nil && perJob(KindProgress, p.Job) != subject {
			t.Errorf("progress of %s at %s", p.Job, subject)
		}
		if p, err := parsePreview(subject, header, data); err == nil && len(p.Data) == 0 {
			t.Error("an empty preview")
		}
		if s, err := parseSnapshot(subject, data); err == nil && perQueue(KindQueue, s.Queue) != subject {
			t.Errorf("snapshot of %s at %s", s.Queue, subject)
		}
		if r, err := parseQueued("a", subject, data); err == nil && jobSubject(r) != subject {
			t.Errorf("request %s at %s", jobSubject(r), subject)
		}
		if o, err := parseObject(data); err == nil && (o.Size < 0 || len(o.Digest) != 64) {
			t.Errorf("object %+v", o)
		}
		_, _ = parseClientID(data)
		_, _ = parseCatalog(data)
		_, _ = parseCancel(data)
		_, _ = readAnswer(&nats.Msg{Header: header, Data: data})
	})
}
