package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/cenkalti/backoff/v5"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/delivery"
)

// Permissions are what the bot needs in a channel: to see it, and to send a
// result as a reply with embeds and files, in threads too. Edits need no more
// than to see it.
const Permissions int64 = discordgo.PermissionViewChannel | discordgo.PermissionSendMessages |
	discordgo.PermissionSendMessagesInThreads | discordgo.PermissionEmbedLinks |
	discordgo.PermissionAttachFiles | discordgo.PermissionReadMessageHistory

// Invite is the address by which a server's owner adds the bot.
func Invite(app string) string {
	q := url.Values{
		"client_id": {app}, "scope": {"bot applications.commands"}, "permissions": {strconv.FormatInt(Permissions, 10)},
	}
	return "https://discord.com/oauth2/authorize?" + q.Encode()
}

// application asks Discord who we are, for as long as it takes, and refuses
// what can not work.
func (in *Ingress) application(ctx context.Context) (api.Application, error) {
	log := in.cfg.Log
	app, err := backoff.Retry(ctx, func() (api.Application, error) {
		app, err := in.cfg.Client.Application(ctx)
		if api.KindOf(err) == api.Unauthorized {
			return app, backoff.Permanent(errors.New("discord does not take the bot's token: copy it anew from the application's page \"Bot\""))
		}
		if err != nil {
			log.WarnContext(ctx, "discord does not answer, trying again", slog.Any(keyError, err))
		}
		return app, err
	}, backoff.WithBackOff(patiently()), backoff.WithMaxElapsedTime(0))
	if ctx.Err() != nil {
		return app, nil
	}
	if err != nil {
		return app, err
	}
	if !in.cfg.Endpoint && app.Endpoint != "" {
		return app, fmt.Errorf("discord sends the interactions of this application to %s, and none by the gateway: "+
			"remove that address on the application's page, or run this with --endpoint", app.Endpoint)
	}
	switch {
	case app.Public && len(in.cfg.Guilds) == 0:
		log.WarnContext(ctx, "anybody may add this bot to their server and use your GPU: "+
			"switch off \"Public Bot\" on the application's page, or name your servers in DISCORD_GUILDS")
	case app.Public:
		log.WarnContext(ctx, "anybody may add this bot to their server, where it only says that it is not for them: "+
			"switch off \"Public Bot\" on the application's page")
	}
	log.InfoContext(ctx, "the bot is added to a server by this address", slog.String("url", Invite(app.ID)), slog.String("application", app.Name))
	return app, nil
}

// checkFFmpeg says what will not work, if anything. People are served all the
// same.
func (in *Ingress) checkFFmpeg(ctx context.Context) {
	if in.cfg.FFmpeg == "" {
		return
	}
	if err := delivery.CheckFFmpeg(ctx, in.cfg.FFmpeg); err != nil && ctx.Err() == nil {
		in.cfg.Log.WarnContext(ctx, "ffmpeg is of no use for videos: those that Discord does not take are sent as links or pictures", slog.Any(keyError, err))
	}
}

// patiently is how Discord is asked again.
func patiently() backoff.BackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = 500 * time.Millisecond
	b.MaxInterval = 30 * time.Second
	return b
}
