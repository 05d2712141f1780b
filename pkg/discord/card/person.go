package card

import (
	"fmt"
	"strconv"
	"strings"

	"discomfy/pkg/job"
)

// mention shows a user by name. In an embed it pings nobody.
func mention(user string) string {
	if !digits(user) {
		return ""
	}
	return "<@" + user + ">"
}

// person is a user as people know them, escaped: those of Discord by mention.
func person(u job.User) string {
	if id, ok := strings.CutPrefix(string(u), "discord-"); ok && digits(id) {
		return mention(id)
	}
	kind, name, ok := strings.Cut(string(u), "-")
	if !ok {
		return shown(string(u), maxName)
	}
	return fmt.Sprintf(textPerson, shown(unescaped(name), maxName), shown(kind, maxName))
}

// unescaped undoes the "_hh" of job.NewUser; what is no such escape stays.
func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '_' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
