package delivery_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/delivery"
)

// What can not be had now is left out in words, with a link that does not need
// our folder; the others are sent.
func TestWhatCanNotBeHadNowIsLeftOut(t *testing.T) {
	t.Parallel()
	away := errors.New("the broker is away")
	f := newFixture(t).add("a.png", "image/png", pngOf(t, noise(20, 20))).
		addFunc("b.png", "image/png", 100, func() io.Reader { return failing{away} }).
		addFunc("c.png", "image/png", 100, func() io.Reader { return io.MultiReader(failing{away}) })
	plan := f.prepare(delivery.Config{Links: f.links()}, delivery.Place{})
	want := []string{
		"Files 2 and 3 are not attached: not to be had now, try /show later",
		"The originals are linked, and saved by discomfy show " + jobID.String() + " --out DIR",
	}
	if d := cmp.Diff(want, plan.Notes); d != "" || len(files(plan)) != 1 || len(plan.Links) != 2 || !plan.Lacking {
		t.Errorf("%s, %d files, %d links, lacking %v", d, len(files(plan)), len(plan.Links), plan.Lacking)
	}
}

// A folder that can not be written to is an error or words, as is asked for, and
// does not have to be the same one when it can.
func TestAFolderThatCanNotBeWrittenTo(t *testing.T) {
	t.Parallel()
	temp := filepath.Join(t.TempDir(), "temp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	f := newFixture(t).add("a.png", "image/png", pngOf(t, noise(20, 20)))
	p := f.preparer(delivery.Config{Temp: temp})
	if err := errors.Join(os.RemoveAll(temp), os.WriteFile(temp, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	f.order.Insist = true
	if _, err := p.Prepare(t.Context(), f.order, delivery.Place{}); err == nil {
		t.Error("files were written to a file")
	}
	f.order.Insist = false
	plan := prepared(t, p, f)
	if len(files(plan)) != 0 || plan.Notes[0] != "The picture is not attached: not to be had now, try /show later" {
		t.Errorf("%d files, %q", len(files(plan)), plan.Notes)
	}
	if err := errors.Join(os.Remove(temp), os.Mkdir(temp, 0o700)); err != nil {
		t.Fatal(err)
	}
	if plan := prepared(t, p, f); len(files(plan)) != 1 || len(plan.Notes) != 0 || plan.Lacking {
		t.Errorf("%d files, %q", len(files(plan)), plan.Notes)
	}
}

func prepared(t *testing.T, p *delivery.Preparer, f *fixture) *delivery.Plan {
	t.Helper()
	plan, err := p.Prepare(t.Context(), f.order, delivery.Place{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plan.Close() })
	return plan
}
