package desk

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/reply"
	"discomfy/pkg/job"
)

// refusal is why the bot may not be used where the interaction happened; nil
// where it may. Outside of guilds an allow-list of them is one of their members.
func (v *visit) refusal(ctx context.Context) *api.Message {
	c, i := v.d.cfg, v.i
	if !v.offered() {
		return new(card.NotHere())
	}
	if len(c.Guilds) == 0 || i.InGuild() {
		return nil
	}
	hurry, cancel := v.hurry(ctx)
	defer cancel()
	switch is, err := v.d.member(hurry, i.Asker().ID); {
	case err != nil:
		v.log.WarnContext(ctx, "it could not be told whether somebody is a member", slog.Any(keyError, err))
		return new(card.NotTold())
	case !is:
		return new(card.NotMember())
	}
	return nil
}

// offered reports whether the settings let the bot be used in such a place.
func (v *visit) offered() bool {
	c, i := v.d.cfg, v.i
	switch {
	case i.InGuild() && len(c.Guilds) > 0 && !slices.Contains(c.Guilds, i.GuildID):
		return false
	case i.InGuild() && i.GuildInstalled():
		return true
	case i.InBotDM():
		return c.DirectMessages || (c.UserInstall && i.UserInstalled())
	}
	return c.UserInstall
}

// subject is a job that somebody wants something of, as far as it is known.
type subject struct {
	id      job.ID
	state   job.State // zero where there is no record
	request *job.Request
	handle  *reply.Handle // nil where it has expired, or the job was asked for elsewhere
}

// errUnknown is the answer to a job of which nothing is stored.
func errUnknown() error {
	return &job.Error{Code: job.CodeNotFound, Message: "there is no such job, or no longer"}
}

// look reads what is known of a job. That nothing is stored is no error.
func (v *visit) look(ctx context.Context, id job.ID) (subject, error) {
	s := subject{id: id}
	h, err := v.d.handles.Get(ctx, id)
	switch {
	case err == nil:
		s.handle = &h
	case !errors.Is(err, broker.ErrNotFound):
		return s, err
	}
	s.state, err = v.d.cfg.Broker.Last(ctx, id)
	if err != nil && !errors.Is(err, broker.ErrNotFound) {
		return s, err
	}
	if s.request = s.state.Request; s.request != nil {
		return s, nil
	}
	r, err := v.d.cfg.Broker.Pending(ctx, id)
	switch {
	case err == nil:
		s.request = &r
	case !errors.Is(err, broker.ErrNotFound):
		return s, err
	}
	return s, nil
}

// known reports that something of the job is stored.
func (s subject) known() bool { return s.handle != nil || s.request != nil || s.state.Phase != "" }

// owns reports whether a person asked for the job.
func (s subject) owns(user string) bool {
	if s.handle != nil {
		return s.handle.Asker == user
	}
	u, err := job.NewUser("discord", user)
	return err == nil && s.request != nil && s.request.User == u
}

// moderates reports whether who asks is a moderator where the job belongs to.
// Discord tells what somebody may do in the channel where they ask, and of no
// other one. When the handle has expired the job belongs to where its public
// message is.
func (v *visit) moderates(s subject) bool {
	switch m := v.clicked(); {
	case v.i.GuildID == "":
		return false
	case s.handle != nil:
		return s.handle.Guild == v.i.GuildID && (v.moderatesAll() || s.handle.Channel == v.i.ChannelID && v.moderator())
	default:
		return m.ID != "" && !m.Ephemeral && v.moderator()
	}
}

func (v *visit) moderator() bool { return v.i.Moderator() || v.moderatesAll() }

// moderatesAll reports whether somebody is a moderator of the whole guild.
func (v *visit) moderatesAll() bool {
	m := v.i.Member
	return v.i.HasRole(v.d.cfg.ModeratorRole) || m != nil && m.Permissions&discordgo.PermissionAdministrator != 0
}

// governs reports whether who asks may stop or delete the job.
func (v *visit) governs(s subject) bool { return s.owns(v.i.Asker().ID) || v.moderates(s) }

// sees reports whether who asks may see the job, of which they know the id: one
// of the same channel. Where it is not known whether the job is private it is
// its owner's.
func (v *visit) sees(s subject) bool {
	return v.governs(s) || (s.handle != nil && !s.handle.Private && s.handle.Channel == v.i.ChannelID)
}

// touches reports whether who has clicked may use a button of the job's card.
// What tells of the job is for those who see it. Where it is not known whether
// it is private, what is done with a picture is for those who see the picture.
func (v *visit) touches(verb card.Verb, s subject) (api.Message, bool) {
	m := v.clicked()
	public := m.ID != "" && !m.Ephemeral
	switch {
	case v.governs(s), verb == card.Erase: // which knows who may
		return api.Message{}, true
	case s.handle != nil && s.handle.Private, s.handle == nil && s.known() && !public:
		return card.Hidden(), false
	case s.known() && (verb == card.Show || verb == card.Redo) && !v.sees(s):
		return card.Hidden(), false
	case !v.d.cfg.OthersMayClick && s.known():
		return card.NotYours(), false
	}
	return api.Message{}, true
}
