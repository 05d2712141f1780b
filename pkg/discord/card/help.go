package card

import (
	"fmt"
	"regexp"

	"discomfy/pkg/discord/api"
)

// Command is a registered command. With an ID its name is shown as a link that
// types it.
type Command struct {
	ID          string // a snowflake, or ""
	Name        string
	Description string
}

// mostCommands bounds the list of /help.
const mostCommands = 30

var commandNames = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

// Help is the answer to /help.
func Help(commands []Command) api.Message {
	s := &sheet{title: titleHelp, colour: neutral}
	s.line(textHelp)
	s.gap()
	for _, c := range commands[:min(len(commands), mostCommands)] {
		s.line(c.line())
	}
	s.gap()
	s.line(textHelpCard)
	s.line(textHelpOption)
	return private(s.message())
}

// line is a command in one line.
func (c Command) line() string {
	name := fmt.Sprintf("**/%s**", shown(c.Name, maxName))
	if commandNames.MatchString(c.Name) && digits(c.ID) {
		name = fmt.Sprintf("</%s:%s>", c.Name, c.ID)
	}
	return dotted(name, shown(c.Description, maxValue))
}
