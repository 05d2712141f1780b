package discordsim

import (
	"net/http"
	"time"
)

// apiError is an answer of Discord that refuses. Code and Message are those of Discord's table of error codes.
type apiError struct {
	Status  int
	Code    int
	Message string
	Fields  Object        // what is wrong with which field, of 50035
	Retry   time.Duration // of 429
	Global  bool          // of 429
	Scope   string        // of 429: user, global or shared
	Plain   bool          // no JSON: a proxy before Discord answers
}

func refuse(status, code int, message string) *apiError {
	return &apiError{Status: status, Code: code, Message: message}
}

func errUnauthorized() *apiError { return refuse(http.StatusUnauthorized, 0, "401: Unauthorized") }
func errNotFound() *apiError     { return refuse(http.StatusNotFound, 0, "404: Not Found") }
func errChannel() *apiError      { return refuse(http.StatusNotFound, 10003, "Unknown Channel") }
func errGuild() *apiError        { return refuse(http.StatusNotFound, 10004, "Unknown Guild") }
func errMember() *apiError       { return refuse(http.StatusNotFound, 10007, "Unknown Member") }
func errMessage() *apiError      { return refuse(http.StatusNotFound, 10008, "Unknown Message") }
func errUser() *apiError         { return refuse(http.StatusNotFound, 10013, "Unknown User") }
func errWebhook() *apiError      { return refuse(http.StatusNotFound, 10015, "Unknown Webhook") }
func errInteraction() *apiError  { return refuse(http.StatusNotFound, 10062, "Unknown interaction") }
func errCommand() *apiError {
	return refuse(http.StatusNotFound, 10063, "Unknown application command")
}

func errAcked() *apiError {
	return refuse(http.StatusBadRequest, 40060, "Interaction has already been acknowledged.")
}
func errToken() *apiError    { return refuse(http.StatusUnauthorized, 50027, "Invalid Webhook Token") }
func errAccess() *apiError   { return refuse(http.StatusForbidden, 50001, "Missing Access") }
func errMissing() *apiError  { return refuse(http.StatusForbidden, 50013, "Missing Permissions") }
func errArchived() *apiError { return refuse(http.StatusBadRequest, 50083, "Thread is archived") }
func errTooLarge() *apiError {
	return refuse(http.StatusRequestEntityTooLarge, 40005, "Request entity too large")
}

func errNotAuthor() *apiError {
	return refuse(http.StatusForbidden, 50005, "Cannot edit a message authored by another user")
}

func errDirectMessages() *apiError {
	return refuse(http.StatusForbidden, 50007, "Cannot send messages to this user")
}

func errNoMutualGuild() *apiError {
	return refuse(http.StatusForbidden, 50278, "Cannot send messages to this user due to having no mutual guilds")
}

func errFollowups() *apiError {
	return refuse(http.StatusBadRequest, 40094, "This interaction has hit the maximum number of follow up messages")
}

func errReplyHistory() *apiError {
	return refuse(http.StatusForbidden, 160002, "Cannot reply without permission to read message history")
}

func errAutoMod() *apiError {
	return refuse(http.StatusBadRequest, 200000, "Message was blocked by automatic moderation")
}

func errDailyCommands() *apiError {
	return refuse(http.StatusBadRequest, 30034, "Max number of daily application command creates has been reached (200)")
}

// invalid is Discord's answer to a body that it does not take.
func invalid(complaints ...string) *apiError {
	list := []Object{}
	for _, c := range complaints {
		list = append(list, Object{"code": "BASE_TYPE_INVALID", "message": c})
	}
	e := refuse(http.StatusBadRequest, 50035, "Invalid Form Body")
	e.Fields = Object{"_errors": list}
	return e
}

func limited(wait time.Duration, global bool) *apiError {
	e := &apiError{Status: http.StatusTooManyRequests, Message: "You are being rate limited.", Retry: wait, Global: global, Scope: "user"}
	if global {
		e.Scope = "global"
	}
	return e
}

// body is the JSON of the answer.
func (e *apiError) body() Object {
	o := Object{"message": e.Message}
	if e.Status == http.StatusTooManyRequests {
		o["retry_after"], o["global"] = max(e.Retry.Seconds(), 0.001), e.Global
	}
	if e.Code != 0 || e.Status != http.StatusTooManyRequests {
		o["code"] = e.Code
	}
	if e.Fields != nil {
		o["errors"] = e.Fields
	}
	return o
}
