package comfy

import "testing"

func TestVersions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text                        string
		honours, interrupts, cancel bool
	}{
		"":                    {"unknown", false, false, false},
		"nightly":             {"unknown", false, false, false},
		"1":                   {"unknown", false, false, false},
		"99999999999999.1.1":  {"unknown", false, false, false},
		"0.3.44":              {"0.3.44", false, false, false},
		"0.3.45":              {"0.3.45", true, false, false},
		"0.3.56":              {"0.3.56", true, false, false},
		"0.3.57":              {"0.3.57", true, true, false},
		"0.3.64":              {"0.3.64", true, true, false},
		"0.8.0":               {"0.8.0", true, true, false},
		"0.25.9":              {"0.25.9", true, true, false},
		"0.26.0":              {"0.26.0", true, true, true},
		"0.33":                {"0.33.0", true, true, true},
		"v0.33.0":             {"0.33.0", true, true, true},
		"0.33.0-3-gdeadbeef":  {"0.33.0", true, true, true},
		"0.33.0+local":        {"0.33.0", true, true, true},
		"1.0.0":               {"1.0.0", true, true, true},
		"0.33.0 and the rest": {"0.33.0", true, true, true},
		"0.3.64rc1":           {"0.3.0", false, false, false}, // rather too old than too new
	}
	for raw, test := range tests {
		v := ParseVersion(raw)
		if v.String() != test.text {
			t.Errorf("%q is %v, want %s", raw, v, test.text)
		}
		if v.HonoursPromptID() != test.honours || v.InterruptsByID() != test.interrupts || v.CancelsJobs() != test.cancel {
			t.Errorf("%q: honours ids %v, interrupts by id %v, cancels %v", raw, v.HonoursPromptID(), v.InterruptsByID(), v.CancelsJobs())
		}
	}
}
