package terminal_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
)

func TestParseArgs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		words []string
		want  map[string]string
		fault string // what the error names
	}{
		"none":                         {nil, map[string]string{}, ""},
		"several":                      {[]string{"prompt=a fox", "seed=7"}, map[string]string{"prompt": "a fox", "seed": "7"}, ""},
		"a value with equals signs":    {[]string{"prompt=a=b=c"}, map[string]string{"prompt": "a=b=c"}, ""},
		"an empty value":               {[]string{"negative="}, map[string]string{"negative": ""}, ""},
		"spaces of the value stay":     {[]string{"prompt= a "}, map[string]string{"prompt": " a "}, ""},
		"a word without equals sign":   {[]string{"fox"}, nil, `"fox"`},
		"no key":                       {[]string{"=fox"}, nil, `"=fox"`},
		"a key given twice":            {[]string{"seed=1", "seed=2"}, nil, "seed"},
		"escapes stay out of messages": {[]string{"\x1b[2Jfox"}, nil, `"fox"`},
		"too many":                     {strings.Split(strings.Repeat("a=b ", 201), " ")[:201], nil, "200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := terminal.ParseArgs(tt.words)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("arguments differ (-want +got):\n%s", diff)
			}
			if tt.fault == "" && err != nil || tt.fault != "" && (job.CodeOf(err) != job.CodeInvalid || !strings.Contains(err.Error(), tt.fault)) {
				t.Errorf("error %v, want an invalid request that names %q", err, tt.fault)
			}
		})
	}
}

func FuzzParseArgs(f *testing.F) {
	f.Add("prompt=a fox", "seed=7")
	f.Add("=", "a=b")
	f.Add("a=1", "a=2")
	f.Fuzz(func(t *testing.T, a, b string) {
		args, err := terminal.ParseArgs([]string{a, b})
		if err != nil {
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) {
				t.Errorf("the error %q holds control characters", err)
			}
			return
		}
		for key, value := range args {
			if key == "" || !strings.HasSuffix(a, "="+value) && !strings.HasSuffix(b, "="+value) {
				t.Errorf("%q, %q became %q", a, b, args)
			}
		}
	})
}
