package discord_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
)

// The folder for large files can not be written to: after minutes the end is
// told in words, with the job's id, and when it can, /show brings the files.
func TestAnEndWithoutADisk(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	mend := s.breakDisk()
	s.done(a.id, pictures(2)...)
	s.toldInWords(a)
	if text := s.record(a.id, 0); !strings.Contains(text, "try /show later") {
		t.Errorf("while the disk is full /show says: %s", text)
	}
	mend()
	s.record(a.id, 2)
}

// A result that the broker does not give although the record names it.
func TestAnEndWhoseFilesTheBrokerDoesNotGive(t *testing.T) {
	t.Parallel()
	s := scripted(t, settings{})
	a := s.askInChannel()
	s.queued(a.id)
	r := s.request(a.id)
	s.deleteStream("OBJ_DISCOMFY_RESULTS")
	s.write(job.State{Job: a.id, Phase: job.Done, Attempt: 1, Request: r, Results: []job.Result{{Name: a.id.String() + "/1-1.png", File: "a.png", Size: 9}}})
	s.toldInWords(a)
}

// breakDisk puts a file in the place of the ingress' folder for large ones,
// until the returned function is called.
func (s *script) breakDisk() (mend func()) {
	s.Helper()
	found, err := filepath.Glob(filepath.Join(filepath.Dir(s.TempDir()), "*", "discomfy-delivery-*"))
	if err != nil || len(found) != 1 {
		s.Fatalf("folders of an ingress: %v, %v", found, err)
	}
	temp := filepath.Dir(found[0])
	if err := errors.Join(os.RemoveAll(temp), os.WriteFile(temp, nil, 0o600)); err != nil {
		s.Fatal(err)
	}
	return func() {
		if err := errors.Join(os.Remove(temp), os.Mkdir(temp, 0o700)); err != nil {
			s.Fatal(err)
		}
	}
}

// toldInWords lets minutes pass until the person has the end, which says where
// its files are.
func (s *script) toldInWords(a asked) {
	s.Helper()
	told := func() bool {
		all := a.replies()
		return len(all) == 1 && strings.Contains(textOf(all[0]), "/show") && strings.Contains(textOf(all[0]), a.id.String()) && len(all[0].Attachments) == 0
	}
	if s.within(time.Second, told) {
		s.Error("the files were not waited for")
	}
	for range 3 { // before the first failure the time does not count
		s.discord.Advance(4 * time.Minute)
		if s.within(5*time.Second, told) {
			return
		}
	}
	s.dump()
	s.Fatalf("the end was not told in words: %d messages, the card says %s", len(a.replies()), textOf(a.message()))
}

// record is what /show says, with so many files.
func (s *script) record(id job.ID, files int) string {
	s.Helper()
	i := s.invoke("show", map[string]any{"job": id.String()})
	var m *discordsim.Message
	s.await("a record", func() bool {
		m = s.discord.Message(i.Original)
		return m != nil && !m.Loading() && len(m.Attachments) == files
	})
	return textOf(m)
}

func (s *stack) deleteStream(name string) {
	s.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(s.nats))
	if err != nil {
		s.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err == nil {
		err = js.DeleteStream(s.Context(), name)
	}
	if err != nil {
		s.Fatal(err)
	}
}
