package card

import (
	"fmt"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

// Moved is what becomes of a card whose result is in another message, v.Link:
// one line. Without a usable Link it says so without one.
func Moved(v View) api.Message {
	p := v.phase()
	title, c := v.endTitle(p)
	if took := v.took(); p == job.Done && took != "" {
		title = fmt.Sprintf(textDoneIn, took)
	}
	s := &sheet{colour: c}
	if to := link(textGoTo, v.Link); to != "" {
		s.line(fmt.Sprintf(textMoved, title, to))
	} else {
		s.line(fmt.Sprintf(textMovedBare, title))
	}
	m := s.message()
	m.Ephemeral = v.Private
	return m
}

// Gone is the answer to a click whose job's record is no longer stored: what
// the picture in the message alone allows. Its buttons carry the job's id and
// the number of the picture, from 1.
func Gone(id job.ID, n int, a Actions) api.Message {
	s := &sheet{title: titleGone, colour: ended}
	s.of(id)
	s.line(textGone)
	rows := layout(a.change(id, n), a.upscale(id, n))
	if len(rows) > 0 {
		s.line(textGoneActions)
	}
	return private(s.message(rows...))
}

// Numbered is the answer to a click on the number of a picture: its actions.
func Numbered(v View, n int) api.Message {
	of := len(Pictures(v.results()))
	if n < 1 || n > of {
		return Said(fmt.Sprintf(textNoNumber, n, pictures(of)))
	}
	rows := layout(v.Actions.change(v.Job, n), v.Actions.upscale(v.Job, n))
	if len(rows) == 0 {
		return Said(textNoActions)
	}
	m := Said(fmt.Sprintf(textNumbered, n, of))
	m.Components = rows
	return m
}

// Confirm asks whether the result is to be deleted.
func Confirm(id job.ID) api.Message { return ConfirmMessage(id, "") }

// ConfirmMessage is Confirm for a job of which it is not stored where it is
// shown: it names the message.
func ConfirmMessage(id job.ID, message string) api.Message {
	m := Said(textConfirm)
	m.Components = layout([]discordgo.MessageComponent{
		button(discordgo.DangerButton, labelErase, ID{Verb: Erase, Job: id, Arg: message}),
		button(discordgo.SecondaryButton, labelKeep, ID{Verb: Keep, Job: id}),
	})
	return m
}
