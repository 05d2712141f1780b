package terminal

import (
	"strings"

	"discomfy/pkg/job"
)

// maxArgs bounds how many parameters one command line may give.
const maxArgs = 200

// ParseArgs reads the key=value words of a command line. The value is taken as
// it stands, further '=' included; an empty value is a value. A word without
// '=', an empty or repeated key is a *job.Error that shows how it should look.
func ParseArgs(words []string) (map[string]string, error) {
	if len(words) > maxArgs {
		return nil, invalid("", "more than 200 parameters")
	}
	args := make(map[string]string, len(words))
	for _, word := range words {
		key, value, ok := strings.Cut(word, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" {
			return nil, invalid("", "write parameters as key=value, such as prompt='a red fox'; cannot read "+quote(word))
		}
		if _, twice := args[key]; twice {
			return nil, invalid(Clean(key), "given twice")
		}
		args[key] = value
	}
	return args, nil
}

// invalid is a coded error about what the caller asked for.
func invalid(input, message string) *job.Error {
	return &job.Error{Code: job.CodeInvalid, Input: input, Message: message}
}

// quote shows a word of the caller's in a message.
func quote(word string) string {
	const most = 60
	if r := []rune(Clean(word)); len(r) > most {
		return `"` + string(r[:most]) + `…"`
	}
	return `"` + Clean(word) + `"`
}
