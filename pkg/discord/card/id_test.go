package card_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"discomfy/pkg/discord/card"
	"discomfy/pkg/job"
)

func TestCustomIDsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id   card.ID
		want string
	}{
		{card.ID{Verb: card.Cancel, Job: id(1)}, "d1:cancel:KIwWytwvWgS_I6ACHhiN7w:"},
		{card.ID{Verb: card.Upscale, Job: id(1), Arg: "4", N: 3}, "d1:upscale:KIwWytwvWgS_I6ACHhiN7w:4:3"},
		{card.ID{Verb: card.List, Arg: card.ListLoras, N: 12}, "d1:list::loras:12"},
		{card.ID{Verb: card.Set, Draft: "a_B-9", Arg: "model"}, "d1:set:~a_B-9:model"},
	} {
		if got := c.id.String(); got != c.want {
			t.Errorf("%+v is written %q, want %q", c.id, got, c.want)
		}
		if got, err := card.ParseID(c.want); err != nil || got != c.id {
			t.Errorf("%q is read %+v, %v", c.want, got, err)
		}
	}
}

func TestOtherCustomIDsAreRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "d1", "d1:cancel", "d1:cancel:", "d2:cancel::", "d1:explode::", "d1:cancel:x:", "d1:cancel:KIwWytwvWgS_I6ACHhiN7w:a b", "d1:cancel:::0", "d1:cancel:::01",
		"d1:cancel:::10000", "d1:cancel:::-1", "d1:cancel::::", "d1:cancel:::1:2", "d1:set:~:x", "d1:set:~a.b:x", "d1:cancel:AAAAAAAAAAAAAAAAAAAAAA:",
		"d1:cancel:KIwWytwvWgS_I6ACHhiN7x:", "d1:cancel:KIwWytwvWgS_I6ACHhiN7w==:", "d1:set:~" + strings.Repeat("a", 41) + ":", "D1:cancel::",
	} {
		if got, err := card.ParseID(s); !errors.Is(err, card.ErrID) {
			t.Errorf("%q is read %+v, %v", s, got, err)
		}
	}
}

func TestIDsThatCanNotBeWrittenAreEmpty(t *testing.T) {
	t.Parallel()
	for _, bad := range []card.ID{
		{}, {Verb: "explode"}, {Verb: card.Pick, N: -1}, {Verb: card.Pick, N: card.MaxNumber + 1}, {Verb: card.Set, Arg: "a:b"},
		{Verb: card.Set, Arg: strings.Repeat("a", 33)}, {Verb: card.Set, Draft: "a b"}, {Verb: card.Set, Draft: "a", Job: id(1)},
	} {
		if got := bad.String(); got != "" {
			t.Errorf("%+v is written %q", bad, got)
		}
	}
}

func TestEveryIDFits(t *testing.T) {
	t.Parallel()
	verbs := []card.Verb{card.Cancel, card.Settings, card.Generate, card.Refresh}
	rapid.Check(t, func(r *rapid.T) {
		want := card.ID{
			Verb: rapid.SampledFrom(verbs).Draw(r, "verb"),
			Arg:  rapid.StringMatching(`[A-Za-z0-9_.+-]{0,32}`).Draw(r, "arg"), N: rapid.IntRange(0, card.MaxNumber).Draw(r, "n"),
		}
		if rapid.Bool().Draw(r, "draft") {
			want.Draft = rapid.StringMatching(`[A-Za-z0-9_-]{1,40}`).Draw(r, "id")
		} else {
			want.Job = job.FromInteraction(rapid.String().Draw(r, "interaction"))
		}
		s := want.String()
		if got, err := card.ParseID(s); err != nil || got != want || len(s) > card.MaxID {
			r.Errorf("%q is read %+v, %v", s, got, err)
		}
	})
}

func FuzzParseID(f *testing.F) {
	f.Add("d1:upscale:KIwWytwvWgS_I6ACHhiN7w:4:3")
	f.Add("d1:set:~a_B-9:model")
	f.Add("d1:list::loras:12")
	f.Add("d1:cancel:::")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := card.ParseID(s)
		if err != nil {
			if !errors.Is(err, card.ErrID) || got != (card.ID{}) {
				t.Errorf("%q: %+v, %v", s, got, err)
			}
			return
		}
		if got.String() != s || len(s) > card.MaxID {
			t.Errorf("%q is written back %q", s, got)
		}
	})
}
