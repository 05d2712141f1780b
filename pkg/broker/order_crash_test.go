package broker_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/broker/embedded/embeddedtest"
)

// What was dropped does not come back when the server is killed: its store is
// copied while it runs.
func TestADroppedOrderStaysSoAfterACrash(t *testing.T) {
	t.Parallel()
	dir, after := t.TempDir(), t.TempDir()
	b := connectTo(t, embeddedtest.StartWith(t, embedded.Config{Dir: dir}))
	if err := b.Init(t.Context(), broker.InitConfig{ResultsBytes: 1 << 20, InputsBytes: 1 << 20, Discord: true}); err != nil {
		t.Fatal(err)
	}
	if err := b.PutDraft(t.Context(), "before", []byte("draft")); err != nil { // else its block goes as a whole
		t.Fatal(err)
	}
	if _, err := b.KeepOrder(t.Context(), "a", []byte("order"), broker.AnyRevision); err != nil {
		t.Fatal(err)
	}
	if err := b.DropOrder(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	<-time.After(2500 * time.Millisecond) // a message that lives for a second vanishes meanwhile
	for range 3 {
		if err := b.PutDraft(t.Context(), "d", []byte("draft")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(after, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(after, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "index.db" { // as old as it may be
			err = os.Remove(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if all := kept(t, connectTo(t, embeddedtest.StartWith(t, embedded.Config{Dir: after}))); len(all) > 0 {
		t.Errorf("kept: %v", all)
	}
}

// connectTo connects to a server whose store may be another one's.
func connectTo(t *testing.T, s *embedded.Server) *broker.Broker {
	t.Helper()
	b, err := broker.Connect(t.Context(), broker.Config{InProcess: s, Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}
