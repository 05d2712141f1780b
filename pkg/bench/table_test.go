package bench_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the table of docs/benchmarks.md anew")

var page = filepath.FromSlash("../../docs/benchmarks.md")

// The table stands between these two lines of the page.
const (
	tableBegin = "<!-- table:begin -->\n"
	tableEnd   = "<!-- table:end -->\n"
)

// row is one measure of the table.
type row struct{ measure, raw, ours, compared, target string }

// measure measures once and returns its rows.
type measure struct {
	name string
	of   func(b *testing.B, p programs) []row
}

func measures() []measure {
	return []measure{
		{"Accepted", accepted},
		{"Progress", progress},
		{"OneSecondJobs", oneSecondJobs},
		{"Hands", hands},
		{"ShortJobs", shortJobs},
		{"NoWork", noWork},
		{"Backlog", backlog},
		{"Large", large},
		{"TakeOver", takeOver},
		{"Up", upReady},
		{"Acknowledged", acknowledged},
		{"Cards", cards},
		{"Waiting", waiting},
	}
}

// BenchmarkTable makes every measure once, whatever b.N is.
func BenchmarkTable(b *testing.B) {
	p := build(b)
	began := time.Now()
	var rows []row
	complete := true
	for _, m := range measures() {
		ran := false
		b.Run(m.name, func(b *testing.B) {
			b.ReportMetric(0, "ns/op") // the table says what there is to say
			if !ran {
				ran = true
				rows = append(rows, m.of(b, p)...)
			}
		})
		complete = complete && ran
	}
	text := table(rows, began)
	fmt.Fprintln(os.Stdout, "\n"+text)
	if *update && complete && !b.Failed() {
		rewrite(b, text)
	}
}

func table(rows []row, began time.Time) string {
	var t strings.Builder
	fmt.Fprintf(&t, "Measured on %s, in %v: %s.\n\n", began.Format(time.DateOnly), time.Since(began).Round(time.Second), machine())
	t.WriteString("| measure | raw | ours | compared | target |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&t, "| %s | %s | %s | **%s** | %s |\n", r.measure, r.raw, r.ours, r.compared, r.target)
	}
	return t.String()
}

func rewrite(b *testing.B, text string) {
	b.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		b.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(data), tableBegin)
	_, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		b.Fatalf("%s lacks its table", page)
	}
	if err := os.WriteFile(page, []byte(before+tableBegin+text+tableEnd+after), 0o644); err != nil {
		b.Fatal(err)
	}
}

// machine says on what the figures were made, and how busy it was: the
// benchmark alone is well below one.
func machine() string {
	memory, _ := os.ReadFile("/proc/meminfo")
	load, _ := os.ReadFile("/proc/loadavg")
	_, rest, _ := strings.Cut(string(load), " ")
	recent, _, _ := strings.Cut(rest, " ")
	return fmt.Sprintf("%d cores (%s), %d GB of memory, %s, %s; the load average was %s", runtime.NumCPU(), cpu(),
		kilobytes(string(memory), "MemTotal:")>>30, kernel(), runtime.Version(), recent)
}

func cpu() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(info), "model name\t: ")
	name, _, _ := strings.Cut(rest, "\n")
	return name
}

func kernel() string {
	var u syscall.Utsname
	if syscall.Uname(&u) != nil {
		return runtime.GOOS
	}
	return "Linux " + text(u.Release[:])
}

func text[T int8 | uint8](chars []T) string {
	var s strings.Builder
	for _, c := range chars {
		if c == 0 {
			break
		}
		s.WriteByte(byte(c))
	}
	return s.String()
}

// sample is a series of durations.
type sample []time.Duration

// quantile is the duration below which the share q of them lies.
func (s sample) quantile(q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(s))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

func (s sample) median() time.Duration { return s.quantile(0.5) }
func (s sample) p99() time.Duration    { return s.quantile(0.99) }

// String is the median, and the worst that is not an exception.
func (s sample) String() string {
	if len(s) < 100 {
		return fmt.Sprintf("%s, at most %s", ms(s.median()), ms(s.quantile(1)))
	}
	return fmt.Sprintf("%s, p99 %s", ms(s.median()), ms(s.p99()))
}

func ms(d time.Duration) string {
	v := float64(d) / 1e6
	switch {
	case v < 1:
		return fmt.Sprintf("%.3f ms", v)
	case v < 100:
		return fmt.Sprintf("%.1f ms", v)
	}
	return fmt.Sprintf("%.0f ms", v)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func ratio(ours, raw time.Duration) string { return fmt.Sprintf("%.3f×", float64(ours)/float64(raw)) }

func megabytes(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }
