package card

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// resultRows are for a job with a result, of any kind.
func (v View) resultRows() []discordgo.MessageComponent {
	row := v.varyButtons()
	switch n := len(Pictures(v.results())); n {
	case 0:
		return layout(append(row, v.deleteButton()))
	case 1:
		return v.oneRows(append(row, v.Actions.change(v.Job, 1)...))
	default:
		return append(layout(append(row, v.deleteButton())), numbered(v.Job, n)...)
	}
}

// oneRows are for a result of one picture. Delete comes last, and where a phone
// does not break the row for it.
func (v View) oneRows(row []discordgo.MessageComponent) []discordgo.MessageComponent {
	larger := v.Actions.upscale(v.Job, 1)
	if len(larger) == 0 || len(larger) == mostInRow {
		return layout(append(row, v.deleteButton()), larger)
	}
	return layout(row, append(larger, v.deleteButton()))
}

// varyButtons ask for the like; none where it is not known what was asked for.
func (v View) varyButtons() []discordgo.MessageComponent {
	if v.request() == nil {
		return nil
	}
	vary := button(discordgo.PrimaryButton, labelVary, ID{Verb: Vary, Job: v.Job})
	vary.Disabled = !v.seeded()
	return []discordgo.MessageComponent{vary, button(discordgo.SecondaryButton, labelRedo, ID{Verb: Redo, Job: v.Job})}
}

// seeded reports whether a new seed would give another result, as far as that
// is known.
func (v View) seeded() bool {
	if v.Offer == nil {
		return true
	}
	for _, p := range v.Offer.Parameters {
		if p.Type == workflow.TypeSeed {
			return true
		}
	}
	return false
}

func (v View) deleteButton() discordgo.Button {
	return button(discordgo.DangerButton, labelDelete, ID{Verb: Delete, Job: v.Job})
}

// change are the buttons that make something else of picture n.
func (a Actions) change(of job.ID, n int) []discordgo.MessageComponent {
	var row []discordgo.MessageComponent
	if a.Edit != "" {
		row = append(row, button(discordgo.SecondaryButton, labelEdit, ID{Verb: Edit, Job: of, N: n}))
	}
	if a.Animate != "" {
		row = append(row, button(discordgo.SecondaryButton, labelAnimate, ID{Verb: Animate, Job: of, N: n}))
	}
	return row
}

// upscale are the buttons that make picture n larger.
func (a Actions) upscale(of job.ID, n int) []discordgo.MessageComponent {
	if a.Upscale == "" {
		return nil
	}
	if len(a.Factors) == 0 {
		return []discordgo.MessageComponent{
			button(discordgo.SecondaryButton, labelUpscale, ID{Verb: Upscale, Job: of, N: n}),
		}
	}
	var row []discordgo.MessageComponent
	for _, f := range a.Factors[:min(len(a.Factors), mostInRow)] {
		label := fmt.Sprintf(labelFactor, strings.TrimSuffix(f, "x"))
		row = append(row, button(discordgo.SecondaryButton, label, ID{Verb: Upscale, Job: of, Arg: f, N: n}))
	}
	return row
}

// numbered lets one of n pictures be picked: by buttons, or by selects where
// there are many. What does not fit into the rows has none.
func numbered(of job.ID, n int) []discordgo.MessageComponent {
	if n > mostNumbers {
		return selects(of, n)
	}
	var all []discordgo.MessageComponent
	for i := range n {
		all = append(all, button(discordgo.SecondaryButton, strconv.Itoa(i+1), ID{Verb: Pick, Job: of, N: i + 1}))
	}
	var rows [][]discordgo.MessageComponent
	for len(all) > 0 {
		k := min(len(all), mostInRow)
		rows, all = append(rows, all[:k]), all[k:]
	}
	return layout(rows...)
}

// selects offer pictures by number, 25 in each. The Arg of a select's id is
// the number that it begins with.
func selects(of job.ID, n int) []discordgo.MessageComponent {
	var rows []discordgo.MessageComponent
	for from := 1; from <= n && len(rows) < mostRows-1; from += mostOptions {
		to := min(from+mostOptions-1, n)
		menu := discordgo.SelectMenu{
			MenuType:    discordgo.StringSelectMenu,
			CustomID:    ID{Verb: Pick, Job: of, Arg: strconv.Itoa(from)}.String(),
			Placeholder: fmt.Sprintf(labelPick, from, to),
		}
		for i := from; i <= to; i++ {
			menu.Options = append(menu.Options, discordgo.SelectMenuOption{
				Label: fmt.Sprintf(labelPicture, i), Value: strconv.Itoa(i),
			})
		}
		rows = append(rows, discordgo.ActionsRow{Components: []discordgo.MessageComponent{menu}})
	}
	return rows
}
