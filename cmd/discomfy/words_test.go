package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/job"
)

// parseWords fills a command line in, as main does.
func parseWords(t *testing.T, words ...string) (*cli, error) {
	t.Helper()
	c := &cli{}
	k, err := newParser(c, os.Stdout, os.Stderr, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Parse(flagsFirst(k.Model.Node, words))
	return c, err
}

func TestArgumentsMayStandOnBothSidesOfFlags(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		words []string
		want  []string
	}{
		"before":             {[]string{"a=1", "b=2", "--no-wait"}, []string{"a=1", "b=2"}},
		"after":              {[]string{"--no-wait", "a=1", "b=2"}, []string{"a=1", "b=2"}},
		"around":             {[]string{"a=1", "--no-wait", "b=2", "--user", "bob", "c=3"}, []string{"a=1", "b=2", "c=3"}},
		"a flag with =":      {[]string{"a=1", "--user=bob", "b=2", "--no-wait"}, []string{"a=1", "b=2"}},
		"after two dashes":   {[]string{"a=1", "--no-wait", "--", "b=2", "--json"}, []string{"a=1", "b=2", "--json"}},
		"a command's name":   {[]string{"queue", "--no-wait", "show"}, []string{"queue", "show"}},
		"a single dash":      {[]string{"-", "--no-wait"}, []string{"-"}},
		"a picture, between": {[]string{"a=1", "--no-wait", "--image", "x=y.png", "b=2"}, []string{"a=1", "b=2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := parseWords(t, append([]string{"submit", "txt2img"}, tc.words...)...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, c.Submit.Params); diff != "" || !c.Submit.NoWait || c.Submit.JSON {
				t.Errorf("no-wait %v, json %v, parameters (-want +got):\n%s", c.Submit.NoWait, c.Submit.JSON, diff)
			}
		})
	}
}

func TestAFlagWithoutItsValueIsTold(t *testing.T) {
	t.Parallel()
	for _, words := range [][]string{{"submit", "txt2img", "--user"}, {"submit", "--nonsense", "txt2img"}, {"nonsense"}} {
		if _, err := parseWords(t, words...); err == nil {
			t.Errorf("%q was taken", words)
		}
	}
}

func TestWordsThatAreNotUTF8AreRefused(t *testing.T) {
	t.Parallel()
	for word, tc := range map[string]struct {
		code  job.Code
		words string
	}{
		"prompt=bad\xff": {job.CodeInvalid, "invalid request (prompt): is not valid UTF-8 text"},
		"\xff=bad":       {job.CodeInternal, `"\xff=bad" is not valid UTF-8 text`},
		"--out=\xff":     {job.CodeInvalid, "(--out): is not valid UTF-8"},
	} {
		_, code, err := parse([]string{"submit", "txt2img", word}, os.Stdout, os.Stderr)
		if code != exitUsage || job.CodeOf(err) != tc.code || !strings.Contains(explain(err), tc.words) {
			t.Errorf("%q: exit code %d, %q", word, code, explain(err))
		}
	}
}
