package operator_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// facts is what the answer to each question must tell, whatever the page says.
var facts = map[string][]string{
	"1":  {"discomfy.jobs.default.terminal-ben." + runningJob, readyJob, waitingJob},
	"2":  {`"running":[{"job":"` + runningJob, `"waiting":[{"job":"` + readyJob},
	"3":  {`"job":"` + runningJob, `"steps":150`},
	"4":  {`"phase":"submitted"`, `"phase":"done"`, doneJob + "/"},
	"5":  {`"phase":"done"`, `"phase":"rejected"`, "gone.safetensors", `"phase":"running"`, `"phase":"submitted"`, `"phase":"queued"`},
	"6":  {`"queue":"default"`, `"connected":true`, `"waiting":1`},
	"7":  {"discomfy.lease.default"},
	"8":  {doneJob + "/"},
	"9":  {"DISCOMFY_JOBS", "DISCOMFY_STATE", "DISCOMFY_PROGRESS", "OBJ_DISCOMFY_RESULTS", "OBJ_DISCOMFY_INPUTS"},
	"10": {"cancelled"},
}

// TestDocumentedAnswers asks a server with jobs in all states the questions of
// the page, in its order.
func TestDocumentedAnswers(t *testing.T) {
	t.Parallel()
	cli := requireCLI(t)
	text, asked := readPage(t)
	s := newScene(t)
	for _, q := range asked {
		answer := ask(t, cli, s.url, q.command)
		told := strings.ReplaceAll(answer, `": `, `":`)
		for _, fact := range facts[q.number] {
			if !strings.Contains(told, fact) {
				t.Errorf("%s. %s\n$ %s\ntells nothing of %q:\n%s", q.number, q.title, q.command, fact, answer)
			}
		}
		if *update {
			text = answered(text, q, tidy(answer))
			continue
		}
		if diff := cmp.Diff(lasting(q.answer), lasting(answer)); diff != "" {
			t.Errorf("%s. %s\n$ %s\nis answered otherwise than the page shows (-page +answer): run make docs\n%s", q.number, q.title, q.command, diff)
		}
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// tidy leaves out the blanks at the ends of lines and of the answer.
func tidy(answer string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(answer, " \n") + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

func TestEveryQuestionHasFacts(t *testing.T) {
	t.Parallel()
	_, asked := readPage(t)
	for _, q := range asked {
		if len(facts[q.number]) == 0 {
			t.Errorf("%s. %s: nothing is demanded of the answer", q.number, q.title)
		}
	}
}

// requireCLI finds the NATS CLI. In CI a machine without it is a failure.
func requireCLI(t *testing.T) string {
	t.Helper()
	cli, err := exec.LookPath("nats")
	if err == nil {
		return cli
	}
	if os.Getenv("DISCOMFY_CI") != "" {
		t.Fatal("the NATS CLI is not installed, and CI must run the commands of docs/nats.md")
	}
	t.Skip("the NATS CLI is not installed: go install github.com/nats-io/natscli/nats@v0.5.1")
	return ""
}

// ask runs a command of the page as an operator's shell would, with the
// server's address and no settings of whoever runs the test.
func ask(t *testing.T, cli, url, command string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	home := t.TempDir()
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "NATS_") }),
		"PATH="+filepath.Dir(cli)+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"HOME="+home, "XDG_CONFIG_HOME="+home, "NATS_URL="+url, "NO_COLOR=1")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("$ %s\n%v\n%s", command, err, out)
	}
	return string(out)
}
