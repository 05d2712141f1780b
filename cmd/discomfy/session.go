package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"discomfy/pkg/broker"
	"discomfy/pkg/comfy"
	"discomfy/pkg/telemetry"
	"discomfy/pkg/terminal"
)

// session is the process as the commands see it.
type session struct {
	stdout, stderr *os.File
	getenv         func(string) string
	hook           func(ctx context.Context, point string) // failpoints; nil in a release build
}

// isTerminal reports whether frames may be redrawn in place on a file.
func (s *session) isTerminal(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && s.getenv("TERM") != "dumb"
}

func (s *session) color() bool { return s.getenv("NO_COLOR") == "" }

// screen is the terminal at stdout; nil where there is none.
func (s *session) screen() *terminal.Screen {
	if !s.isTerminal(s.stdout) {
		return nil
	}
	return terminal.NewScreen(s.stdout, func() (width, height int) {
		width, height, err := term.GetSize(int(s.stdout.Fd()))
		if err != nil || width < 1 || height < 1 {
			return 80, 24
		}
		return width, height
	})
}

// display is how jobs are shown at stdout.
func (s *session) display(screen *terminal.Screen) terminal.Config {
	c := terminal.Config{Out: s.stdout, Screen: screen, Color: s.color()}
	if screen != nil {
		c.Pictures = terminal.Detect(s.getenv)
	}
	return c
}

// logger writes to w, which ends at stderr or at a screen.
func (s *session) logger(f logFlags, w io.Writer) *slog.Logger {
	format := telemetry.JSON
	if f.Format == "text" || (f.Format == "auto" && s.isTerminal(s.stderr)) {
		format = telemetry.Text
		if s.isTerminal(s.stderr) && s.color() {
			format = telemetry.Color
		}
	}
	return telemetry.NewLogger(w, format, f.Level)
}

// connect connects to NATS as the role, and says where it is when it can not.
func (s *session) connect(ctx context.Context, f natsFlags, c broker.Config) (*broker.Broker, error) {
	c.URL, c.Creds, c.NKey, c.Token, c.TLSCA = f.URL, f.Creds, f.NKey, f.Token, f.CA
	c.User, c.Password = f.User, f.Password
	c.Hook = s.hook
	b, err := broker.Connect(ctx, c)
	switch {
	case err == nil:
		return b, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, broker.ErrUnfit):
		return nil, err
	}
	return nil, unreachableError{err}
}

// address is the URL without the password that it may hold.
func (f natsFlags) address() string {
	servers := strings.Split(f.URL, ",")
	for i, server := range servers {
		if u, err := url.Parse(strings.TrimSpace(server)); err == nil && u.User != nil {
			u.User = nil
			servers[i] = u.String()
		}
	}
	return strings.Join(servers, ",")
}

// client makes the client of the ComfyUI server that the flags name.
func (f comfyFlags) client(log *slog.Logger) (*comfy.Client, error) {
	c, err := comfy.New(comfy.Config{
		URL: f.URL, Token: f.Token, User: f.User, Password: f.Password, Log: log,
	})
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// self is how the caller can start this program again.
func self() string {
	path, err := os.Executable()
	if err != nil || strings.Contains(path, "go-build") {
		return "go run ./cmd/discomfy"
	}
	return filepath.Base(os.Args[0])
}

// dataDir is where `up` keeps its data unless told otherwise.
func dataDir(getenv func(string) string) string {
	home, _ := os.UserHomeDir() // without one: beside the caller
	base := cmp.Or(getenv("XDG_DATA_HOME"), filepath.Join(home, ".local", "share"))
	return filepath.Join(base, "discomfy")
}

// firstLine keeps an error that is shown to people to one line.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// say writes a line for people to stdout.
func (s *session) say(format string, args ...any) {
	fmt.Fprintf(s.stdout, format+"\n", args...)
}

// shortPath is a path as a person in the working folder would write it.
func shortPath(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	short, err := filepath.Rel(here, path)
	if err != nil || strings.HasPrefix(short, "..") {
		return path
	}
	return short
}
