package command_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"discomfy/pkg/discord/command"
	"discomfy/pkg/job"
)

func TestMoreReadsPairsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]map[string]string{
		"":                                   {},
		" ,; \n":                             {},
		"sampler=euler":                      {"sampler": "euler"},
		"a=1,b=2;c=3\nd=4 e=5":               {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"},
		"a = 1 , b= 2":                       {"a": "1", "b": "2"},
		"cfg=7,5 steps=3":                    {"cfg": "7,5", "steps": "3"},
		"sampler=dpmpp 2m, scheduler=karras": {"sampler": "dpmpp 2m", "scheduler": "karras"},
		`negative="bad, ugly=yes" a=1`:       {"negative": "bad, ugly=yes", "a": "1"},
		`n='it is "so"'`:                     {"n": `it is "so"`},
		"n=“curly, marks”, b=1":              {"n": "curly, marks", "b": "1"},
		`n="a \"b\" \\ c\d"`:                 {"n": `a "b" \ c\d`},
		"n=\"two\nlines\"":                   {"n": "two\nlines"},
		"n=":                                 {"n": ""},
		`n=""`:                               {"n": ""},
		"n=, m=1":                            {"n": "", "m": "1"},
		"lora=style/detail v2.safetensors":   {"lora": "style/detail v2.safetensors"},
		"p=E=mc2":                            {"p": "E=mc2"},
	} {
		got, err := command.ParseMore(in)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v %s", in, err, diff)
		}
	}
}

func TestMoreSaysWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for in, words := range map[string]string{
		"euler":                    `write key=value, such as sampler=euler; cannot read "euler"`,
		"=euler":                   `cannot read "=euler"`,
		"steps=4, steps=5":         `"steps" is given twice`,
		`n="open`:                  `n: the closing " is missing`,
		`n="a"b=1`:                 `n: after the closing " comes a comma or a blank, not "b=1"`,
		strings.Repeat("x", 200):   "…",
		"1a=2":                     `cannot read "1a=2"`,
		strings.Repeat("ab=1 ", 2): `"ab" is given twice`,
	} {
		_, err := command.ParseMore(in)
		wantError(t, err, job.CodeInvalid, words, "(more)")
	}
}

func TestMoreIsWrittenSoThatItIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOfN(rapid.StringMatching(`[a-z][a-z0-9_]{0,31}`), rapid.String(), 0, 6).Draw(t, "values")
		got, err := command.ParseMore(command.FormatMore(want))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%q: %v %s", command.FormatMore(want), err, diff)
		}
	})
}

func FuzzMore(f *testing.F) {
	for _, s := range []string{"", "a=1", `a="b\"c" d='e'`, "a=“b” c=„d“", "a=1,5 b", "a==", "x=\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		values, err := command.ParseMore(s)
		if err != nil {
			wantError(t, err, job.CodeInvalid)
			return
		}
		again, err := command.ParseMore(command.FormatMore(values))
		if diff := cmp.Diff(values, again); err != nil || utf8.ValidString(s) && diff != "" {
			t.Errorf("%q: %v %s", s, err, diff)
		}
	})
}
