package desk

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/command"
	"discomfy/pkg/job"
)

// suggestBy is how long the broker may take for suggestions: people type on.
const suggestBy = 600 * time.Millisecond

// suggest answers autocomplete.
func (v *visit) suggest(ctx context.Context) {
	var jobs []command.Job
	switch command.Of(v.i) {
	case command.Cancel:
		jobs = v.jobs(ctx, false)
	case command.Show:
		jobs = v.jobs(ctx, true)
	}
	v.offer(ctx, jobs)
}

func (v *visit) offer(ctx context.Context, jobs []command.Job) {
	v.choose(ctx, v.d.menu().Suggest(v.i, jobs))
}

// choose is the only answer that autocomplete may have.
func (v *visit) choose(ctx context.Context, choices []*discordgo.ApplicationCommandOptionChoice) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackBy)
	defer cancel()
	if err := v.d.cfg.Discord.Suggest(ctx, v.i, choices); err != nil {
		v.log.DebugContext(ctx, "suggestions did not arrive", slog.Any(keyError, err))
	}
}

// jobs are those of the asker: the open ones, and, where ended ones count too,
// those that are remembered.
func (v *visit) jobs(ctx context.Context, ended bool) []command.Job {
	ctx, cancel := context.WithTimeout(ctx, suggestBy)
	defer cancel()
	asker := v.i.Asker().ID
	user, err := job.NewUser("discord", asker)
	if err != nil {
		return nil
	}
	open, err := v.d.cfg.Broker.PendingJobsOf(ctx, v.d.cfg.Queue, user)
	if err != nil {
		v.log.DebugContext(ctx, "the asker's jobs could not be read", slog.Any(keyError, err))
	}
	var out []command.Job
	seen := map[job.ID]bool{}
	for _, j := range open {
		r, err := v.d.cfg.Broker.Pending(ctx, j.ID)
		if err != nil {
			continue
		}
		seen[j.ID] = true
		out = append(out, v.suggested(r, v.where(j.ID)))
	}
	if !ended {
		return out
	}
	for _, r := range v.d.recent.of(asker) {
		if !seen[r.ID] {
			seen[r.ID] = true
			out = append(out, v.suggested(r, "ended"))
		}
	}
	for _, id := range v.remembered(ctx) {
		if seen[id] {
			continue
		}
		if s, err := v.d.cfg.Broker.Last(ctx, id); err == nil && s.Request != nil {
			out = append(out, v.suggested(*s.Request, "ended"))
		}
	}
	return out
}

func (v *visit) suggested(r job.Request, where string) command.Job {
	return command.Job{ID: r.ID, Workflow: r.Workflow, Prompt: v.d.menu().Prompt(r), Where: where}
}

// where is a job's place in words.
func (v *visit) where(id job.ID) string {
	n, place, ok := v.d.cfg.Board.Snapshot().Position(id)
	switch {
	case !ok:
		return "waiting"
	case place.Seconds > 0 && n == 1:
		return "next or running"
	}
	return fmt.Sprintf("number %d in line", n)
}
