package main

import "strings"

// exitHelp documents all codes; the commands name those that they have.
const exitHelp = `Exit codes:
  0    done
  1    a job failed or was rejected, or the command itself failed
  2    the command line or the request makes no sense
  3    NATS cannot be reached or is not set up, nobody serves the queue, or ComfyUI is away
  4    the job was cancelled
  130  a signal ended it; of a job that was watched the watching only: it goes on`

// Codes that several commands have, in words.
const (
	code0     = "0    done"
	code1     = "1    the command failed"
	code2     = "2    the command line makes no sense"
	code3NATS = "3    NATS cannot be reached or is not set up"
	code130   = "130  a signal ended it"
)

// exitCodes is the end of a command's help.
func exitCodes(codes ...string) string {
	return "\n\nExit codes:\n  " + strings.Join(codes, "\n  ")
}
