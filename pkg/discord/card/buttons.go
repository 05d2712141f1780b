package card

import (
	"slices"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/job"
)

// Discord's shape of what is below a message.
const (
	mostRows    = 5
	mostInRow   = 5
	mostOptions = 25
	// mostNumbers is how many pictures have a button each: three rows, so that
	// a phone still shows the pictures. More have selects.
	mostNumbers = 15
)

// buttons are those of the state in which the job is.
func (v View) buttons() []discordgo.MessageComponent {
	if v.Job.IsZero() {
		return nil
	}
	switch p := v.phase(); {
	case p == job.Done:
		return v.resultRows()
	case p.Ended():
		return layout(v.repeatButtons(p))
	default:
		return layout(v.openButtons(p))
	}
}

// openButtons are for a job that waits or runs.
func (v View) openButtons(p job.Phase) []discordgo.MessageComponent {
	var row []discordgo.MessageComponent
	if v.Refresh {
		style := discordgo.SecondaryButton
		if v.asleep() {
			style = discordgo.PrimaryButton
		}
		row = append(row, button(style, labelRefresh, ID{Verb: Refresh, Job: v.Job}))
	}
	if p != job.Stopping {
		row = append(row, button(discordgo.DangerButton, labelCancel, ID{Verb: Cancel, Job: v.Job}))
	}
	return row
}

// repeatButtons are for a job that ended without a result.
func (v View) repeatButtons(p job.Phase) []discordgo.MessageComponent {
	var row []discordgo.MessageComponent
	if v.request() != nil {
		if v.sameMayWork(p) {
			row = append(row, button(discordgo.PrimaryButton, againLabel(p), ID{Verb: Again, Job: v.Job}))
		}
		row = append(row, button(discordgo.SecondaryButton, labelChange, ID{Verb: Redo, Job: v.Job}))
	}
	return append(row, v.deleteButton())
}

func againLabel(p job.Phase) string {
	if p == job.Cancelled {
		return labelRerun
	}
	return labelAgain
}

// sameMayWork reports whether the same request can end otherwise.
func (v View) sameMayWork(p job.Phase) bool {
	if p == job.Cancelled {
		return true
	}
	switch v.fault().Code {
	case job.CodeInvalid, job.CodeUnknown, job.CodeRejected, job.CodeTooLarge:
		return false
	}
	return true
}

// layout makes rows of those that are not empty. Every custom id is there once,
// and what could not be given one is left out.
func layout(rows ...[]discordgo.MessageComponent) []discordgo.MessageComponent {
	var out []discordgo.MessageComponent
	seen := map[string]bool{"": true}
	for _, r := range rows {
		r = slices.DeleteFunc(slices.Clone(r), func(c discordgo.MessageComponent) bool {
			b, ok := c.(discordgo.Button)
			again := ok && seen[b.CustomID]
			seen[b.CustomID] = true
			return again
		})
		if len(r) > 0 && len(out) < mostRows {
			out = append(out, discordgo.ActionsRow{Components: r[:min(len(r), mostInRow)]})
		}
	}
	return out
}

func button(style discordgo.ButtonStyle, label string, id ID) discordgo.Button {
	return discordgo.Button{Style: style, Label: plain(label, maxLabel), CustomID: id.String()}
}
