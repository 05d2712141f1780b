package card

import (
	"fmt"

	"discomfy/pkg/job"
)

// Every word that this package shows is in this file. What takes the place of
// %s has been escaped.

// Titles of cards. The marks are those of the terminal: ○ waits, ● runs, ✓ is
// done, – was cancelled, ✗ failed.
const (
	titleAccepted  = "○ Sent to the queue"
	titleWaiting   = "○ Waiting"
	titleNext      = "○ Next in line"
	titleHanded    = "○ Next: in ComfyUI"
	titleBridge    = "○ Waiting for the bridge"
	titleComfy     = "○ Waiting for ComfyUI"
	titleRunning   = "● Running"
	titleHeld      = "● Running, but no news"
	titleRetry     = "○ Trying once more"
	titleAgain     = "○ Trying again"
	titleStopping  = "● Stopping"
	titleStill     = "● Still rendering"
	titleStillWait = "○ Still waiting"
	titleDone      = "✓ Done"
	titleCancelled = "– Cancelled"
	titleGone      = "– No longer stored"
	markFailed     = "✗ "
)

// Lines of a waiting card.
const (
	textAccepted   = "Your job is kept. Its place in the queue shows here in a moment."
	textNoPlace    = "Its place in the queue is not known yet."
	textFirst      = "Nothing is ahead of it."
	textHanded     = "It starts as soon as ComfyUI is free."
	textStart      = "Estimated start %s"
	textStartPast  = "It should start any moment."
	textRaised     = "Moved up: everybody gets a turn before anybody's next job."
	textBridge     = "The bridge to ComfyUI is offline."
	textKept       = "Your job is kept, and runs when it is back."
	textKeptServer = "Your job is kept."
	textIs         = "It is %s."
	textWas        = "It was %s %s."
)

// Lines of a running card.
const (
	textKeptRun   = "The run may go on meanwhile: its result comes when the bridge is back."
	textPreparing = "Getting ready"
	textNode      = "Node %s"
	textStep      = "step %d of %d"
	textCached    = "%d of %d nodes came from the cache"
	textAttempt   = "Attempt %d"
	textStarted   = "Started %s"
	textEnd       = "Estimated end %s"
	textEndPast   = "It takes longer than usual."
	textStopping  = "The node that runs has to end first."
	textAsleep    = "This message can not follow by itself any longer: **" + labelRefresh + "** shows how it stands, or the result."
	textAtPercent = "At %d %% %s"
	textMuted     = "(the words of the request are not shown: this server's AutoMod refused them)"
)

// Lines of an ended card.
const (
	textCancelledBy = "Cancelled by %s."
	textPerson      = "%s (%s)"
	textByServer    = "Somebody stopped it in ComfyUI itself."
	textTook        = "Took %s"
	textRan         = "Ran for %s"
	textWaited      = "waited %s"
	textTries       = "%d attempts"
	textCost        = "%d of %d nodes cached"
	textNext        = "**What now?** %s"
	textIn          = "In **%s**"
	textInput       = "**%s**"
	textInInput     = "In **%s** (%s)"
	textTooLong     = "It took too long."
	textLimit       = "The limit is %s."
	textWaitedFor   = "It waited for %s."
	textHistory     = "**History**"
	textPromptID    = "**Prompt in ComfyUI** `%s`"
	textNodes       = "**Nodes** %d, of which %d ran and %d came from the cache"
	textFiles       = "**Files** %d, %s"
	textAsked       = "**Asked** %s"
	textMore        = "… and %d more"
	textJob         = "job %s"
	textOriginal    = "original"
	textExpires     = "%s until %s"
	textGone        = "The record of this job is no longer stored: records are kept for 90 days."
	textGoneActions = "The picture is still here, and can be worked on:"
	textUntil       = "stored until %s"
	textMoved       = "%s · %s"
	textGoTo        = "go to it"
	textMovedBare   = "%s · in a message of its own"
	textDoneIn      = "✓ Done in %s"
)

// Names of settings that are shown as one, and of those a request has whatever
// its workflow is.
const (
	nameSize     = "Size"
	nameStrength = "strength %s"
	nameInputs   = "From"
)

// Labels of buttons and selects.
const (
	labelCancel  = "Cancel"
	labelRefresh = "Refresh"
	labelVary    = "Vary"
	labelAgain   = "Try again"
	labelRerun   = "Run it after all"
	labelRedo    = "Redo"
	labelChange  = "Change and redo"
	labelUpscale = "Upscale"
	labelFactor  = "Upscale %s×"
	labelEdit    = "Edit"
	labelAnimate = "Animate"
	labelDelete  = "Delete"
	labelErase   = "Delete it"
	labelKeep    = "Keep it"
	labelBack    = "Back"
	labelForward = "Next"
	labelPick    = "Pictures %d to %d"
	labelPicture = "Picture %d"
)

// Answers.
const (
	textNumbered   = "Picture %d of %d"
	textNoNumber   = "There is no picture %d: this job made %s."
	textNoActions  = "No workflow here takes a picture."
	textNothing    = "There is nothing to say."
	textConfirm    = "Delete this result? Its stored files go too, and nobody gets them back."
	textNotYours   = "Only the one who asked and moderators can do that."
	textNobodys    = "The record of this job is no longer stored, so that nobody knows who asked for it: only moderators can delete this message."
	textPrivate    = "This job is private: only the one who asked and moderators see it."
	textNotHere    = "This bot makes pictures for other servers only. Whoever runs it can allow this one."
	textNotMember  = "This bot makes pictures for members of certain servers only, and you are in none of them."
	textNotTold    = "Discord did not say whether you are in a server that may use this bot. Try again in a minute."
	textOldButton  = "This button is from another version of the bot. Send the command again."
	textEnded      = "This job has already ended."
	textKeptIt     = "Nothing was deleted."
	textErased     = "Deleted, with its stored files."
	textBusy       = "Too much is going on here right now, so nothing was done. Try again in a moment."
	textBroken     = "This was interrupted while its picture was being fetched, and nothing was ordered. Please ask again."
	textNotStored  = "The picture could not be stored, so nothing was ordered. Try again in a minute."
	textUnreach    = "The queue can not be reached right now, so nothing was started. Try again in a minute."
	textNoDraft    = "This set-up card is older than a day. Send the command again."
	textPing       = "<@%s> %s"
	pingPicture    = "Your picture is ready."
	pingPictures   = "Your %d pictures are ready."
	pingVideo      = "Your video is ready."
	pingDone       = "Your job is done."
	pingFailed     = "Your job failed."
	pingRejected   = "Your job could not run."
	pingCancelled  = "Your job was cancelled."
	pingOpen       = "About your job:"
	titleHelp      = "What this bot does"
	textHelp       = "It makes pictures and videos with ComfyUI. Ask, and a card follows the job until its result is there."
	textHelpCard   = "Everything can be done from the buttons below a result, for as long as the message is there."
	textHelpOption = "Anything that has no option of its own goes into **more**, as name=value."
	titleLoras     = "LoRAs"
	titleModels    = "Models"
	textNone       = "There are none."
	textOpenList   = "The server may have more than are listed here."
	textPage       = "%d in all · page %d of %d"
)

// Words of /queue and /status.
const (
	titleQueue         = "Queue: %d running, %d waiting"
	titleQueueEmpty    = "Queue: nobody waits"
	titleQueueOff      = "Queue: %d waiting"
	textQueueOff       = "The bridge is offline: the jobs are kept and run when it is back. Their order is not known until then."
	textQueueEmpty     = "Send /generate to be the first."
	textQueueYou       = "you"
	textQueueEnds      = "ends %s"
	textQueueStarts    = "starts %s"
	textQueueYours     = "Your next job is %s."
	textQueueOthers    = "%s of other clients inside the same ComfyUI"
	titleStatusGood    = "✓ Everything works"
	titleStatusBad     = "! Jobs do not move"
	textStatusNoNATS   = "NATS does not answer: nothing new can be accepted."
	textStatusNoBridge = "**Bridge** offline"
	textStatusOff      = "The bridge is offline: jobs are kept and run when it is back."
	textStatusComfy    = "ComfyUI does not answer: jobs wait until it does."
	textStatusQueue    = "**Queue** %s: %d in ComfyUI, %d waiting"
	textStatusUI       = "**ComfyUI** %s"
	textStatusUp       = "answers"
	textStatusDown     = "no answer"
	textStatusNATS     = "**NATS** %s"
	textStatusRTT      = "answers in %.1f ms"
	textStatusFlows    = "**Workflows** %d"
	textStatusBad      = "%d can not be used"
	textStatusIn       = "**Ingress** %s"
	textStatusSince    = "since %s"
	textStatusSelf     = "this one"
	textStatusOwn      = "**Discomfy** %s"
)

// failed is the title of a failure of this kind, without its mark.
func failed(c job.Code) string {
	switch c {
	case job.CodeInvalid:
		return "Not possible as asked"
	case job.CodeUnknown:
		return "No such workflow"
	case job.CodeMissingModel:
		return "Missing on the server"
	case job.CodeRejected:
		return "Rejected by ComfyUI"
	case job.CodeOutOfMemory:
		return "Out of memory"
	case job.CodeNodeFailed:
		return "The run failed"
	case job.CodeNoOutput:
		return "The run left no picture"
	case job.CodeTimedOut:
		return "Took too long and was stopped"
	case job.CodeCancelled:
		return "Cancelled"
	case job.CodeExpired:
		return "Waited too long in the queue"
	case job.CodeQueueFull:
		return "The queue is full"
	case job.CodeBridgeOffline:
		return "The bridge is offline"
	case job.CodeTooLarge:
		return "The result is too large to keep"
	case job.CodeUnconfirmed:
		return "Could not confirm that the job was accepted"
	case job.CodeNotFound:
		return "No such job"
	}
	return "Internal error"
}

// advice is what to do about a failure of this kind; "" where there is nothing
// to do.
func advice(c job.Code) string {
	switch c {
	case job.CodeInvalid:
		return "Change what is named above and ask again."
	case job.CodeUnknown:
		return "Pick one of those that are offered while you type."
	case job.CodeMissingModel:
		return "See what the server has with /models and /loras."
	case job.CodeRejected:
		return "Change the settings. If that does not help, tell whoever runs the bot: the workflow does not fit this server."
	case job.CodeOutOfMemory:
		return "Ask for a smaller picture, or for fewer at once."
	case job.CodeNodeFailed:
		return "Try again, or change the settings. If it fails again, tell whoever runs the bot."
	case job.CodeNoOutput:
		return "Tell whoever runs the bot: the workflow saved no file."
	case job.CodeTimedOut:
		return "Ask for less: fewer steps, a smaller picture, a shorter video."
	case job.CodeExpired, job.CodeQueueFull:
		return "See how long the queue is with /queue, and try again later."
	case job.CodeBridgeOffline:
		return "Try again in a minute; /status says how things are."
	case job.CodeTooLarge:
		return "Ask for fewer or smaller pictures."
	case job.CodeUnconfirmed:
		return "Do not ask twice: it may still come. /show tells in a minute."
	case job.CodeNotFound:
		return "Records are kept for 90 days. /show offers yours while you type."
	case job.CodeCancelled:
		return ""
	}
	return "Try again. If it happens again, tell whoever runs the bot."
}

// inLine is a place in the queue: "3rd in line".
func inLine(n int) string { return ordinal(n) + " in line" }

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}

// ahead says how many jobs come before.
func ahead(n int) string {
	switch n {
	case 0:
		return textFirst
	case 1:
		return "1 job is ahead of it."
	}
	return fmt.Sprintf("%d jobs are ahead of it.", n)
}

// customaryName is the name of a parameter of which no manifest says more.
func customaryName(parameter string) string {
	switch parameter {
	case "lora":
		return "LoRA"
	case "cfg":
		return "Guidance"
	case "batch":
		return "Pictures"
	case "negative":
		return "Negative prompt"
	}
	return ""
}

// yes is a truth value.
func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// pictures counts pictures.
func pictures(n int) string {
	switch n {
	case 0:
		return "none"
	case 1:
		return "1 picture"
	}
	return fmt.Sprintf("%d pictures", n)
}

// jobs counts jobs.
func jobs(n int) string {
	if n == 1 {
		return "1 job"
	}
	return fmt.Sprintf("%d jobs", n)
}

// tooMany is the answer to one job too many of a user.
func tooMany(n int) string {
	if n == 1 {
		return "You already have a job waiting. Wait until it is done, or cancel it."
	}
	return fmt.Sprintf("You already have %s waiting. Wait until one is done, or cancel one.", jobs(n))
}

// phaseWords are the names of phases in a history.
func phaseWords(p job.Phase) string {
	switch p {
	case job.Submitted:
		return "handed to ComfyUI"
	case job.Queued, job.Running, job.Stopping, job.Done, job.Failed, job.Cancelled, job.Rejected:
		return string(p)
	}
	return "open"
}
