package discord

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/catalog"
	"discomfy/pkg/discord/command"
)

const (
	// registerEvery is how often it is looked whether the catalog needs other
	// commands.
	registerEvery = 5 * time.Second
	// registerAgain is the pause after Discord did not take them.
	registerAgain = 30 * time.Second
	// lookedAt bounds the guilds in which former commands are looked for: a bot
	// in more of them never had an allow-list of them.
	lookedAt = 100
	// registerLock keeps replicas that begin together from registering twice.
	registerLock = 10 * time.Second
)

// registrar keeps Discord's list of commands as the catalog needs it.
type registrar struct {
	cfg     Config
	catalog *catalog.Cache
	known   []*discordgo.ApplicationCommand // as Discord has them, of the goroutine of run
	done    bool                            // known holds
	listed  atomic.Pointer[[]card.Command]
}

func newRegistrar(c Config, from *catalog.Cache) *registrar { return &registrar{cfg: c, catalog: from} }

// list is the commands as they are registered, for /help.
func (r *registrar) list() []card.Command {
	if l := r.listed.Load(); l != nil {
		return *l
	}
	return commandsOf(command.Definitions(r.catalog.Get(), r.options()))
}

func (r *registrar) options() command.Options {
	return command.Options{DirectMessages: r.cfg.DirectMessages, UserInstall: r.cfg.UserInstall, Guild: r.cfg.perGuild()}
}

// run registers what is new until ctx ends.
func (r *registrar) run(ctx context.Context, app string) {
	_ = r.catalog.Refresh(ctx) // the catalog says so itself when it can not be read
	for {
		wait := registerEvery
		if err := r.sync(ctx, app); err != nil && ctx.Err() == nil {
			r.cfg.Log.WarnContext(ctx, "the commands could not be registered, trying again", slog.Any(keyError, err))
			wait = registerAgain
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// sync registers the commands where they differ.
func (r *registrar) sync(ctx context.Context, app string) error {
	want := command.Definitions(r.catalog.Get(), r.options())
	if r.done && command.Same(want, r.known) {
		return nil
	}
	mine, err := r.cfg.Broker.Claim(ctx, "commands-"+app, registerLock)
	if err != nil || (!mine && !r.done) {
		return r.read(ctx, app, want, err)
	}
	if !mine {
		return nil
	}
	return r.register(ctx, app, want)
}

// read learns what another replica has registered.
func (r *registrar) read(ctx context.Context, app string, want []*discordgo.ApplicationCommand, err error) error {
	if err != nil {
		return err
	}
	for _, place := range r.places() {
		listed, err := r.cfg.Client.Commands(ctx, app, place)
		if err != nil && api.KindOf(err) != api.NoAccess { // that one is the other replica's to tell
			return err
		}
		if err == nil && command.Same(want, listed) {
			r.learn(listed)
			return nil
		}
	}
	return nil
}

// places are the guilds for which commands are registered; "" is everywhere.
func (r *registrar) places() []string {
	if r.cfg.perGuild() {
		return r.cfg.Guilds
	}
	return []string{""}
}

// register brings every place up to date, and removes the commands from where
// they would appear a second time. A guild where the bot is not, or may not
// offer commands, keeps no other one waiting.
func (r *registrar) register(ctx context.Context, app string, want []*discordgo.ApplicationCommand) error {
	var listed []*discordgo.ApplicationCommand
	var refused error
	for _, place := range r.places() {
		there, err := r.put(ctx, app, place, want)
		switch {
		case api.KindOf(err) == api.NoAccess && place != "":
			refused = fmt.Errorf("the bot is not in server %s, or may not offer commands there: add it by %s (%w)", place, Invite(app), err)
		case err != nil:
			return err
		default:
			listed = there
		}
	}
	if !r.done {
		if err := r.removeOthers(ctx, app); err != nil {
			return err
		}
	}
	if listed != nil {
		r.listed.Store(new(commandsOf(listed)))
	}
	if refused != nil {
		return refused
	}
	r.learn(listed)
	return nil
}

// put registers the commands for one place, if they differ from what is there.
func (r *registrar) put(ctx context.Context, app, place string, want []*discordgo.ApplicationCommand) ([]*discordgo.ApplicationCommand, error) {
	listed, err := r.cfg.Client.Commands(ctx, app, place)
	if err != nil {
		return nil, fmt.Errorf("list the commands: %w", err)
	}
	if command.Same(want, listed) {
		return listed, nil
	}
	if listed, err = r.cfg.Client.PutCommands(ctx, app, place, want); err != nil {
		return nil, fmt.Errorf("register the commands: %w", err)
	}
	r.cfg.Log.InfoContext(ctx, "the commands are registered", slog.String("guild", place), slog.Int("count", len(listed)))
	return listed, nil
}

// removeOthers removes what was registered when the setting was another.
func (r *registrar) removeOthers(ctx context.Context, app string) error {
	others, err := r.cfg.Client.Guilds(ctx)
	if err != nil {
		return err
	}
	others = others[:min(len(others), lookedAt)]
	if r.cfg.perGuild() { // everywhere, and servers that are not in the list any more
		others = slices.DeleteFunc(append(others, ""), func(id string) bool { return slices.Contains(r.cfg.Guilds, id) })
	}
	for _, place := range others {
		listed, err := r.cfg.Client.Commands(ctx, app, place)
		if api.KindOf(err) == api.NoAccess {
			continue // the bot is not there any more
		}
		if err != nil {
			return fmt.Errorf("list the commands: %w", err)
		}
		if len(listed) == 0 {
			continue
		}
		if _, err := r.cfg.Client.PutCommands(ctx, app, place, nil); err != nil {
			return fmt.Errorf("remove former commands: %w", err)
		}
		r.cfg.Log.InfoContext(ctx, "commands of another setting are removed", slog.String("guild", place), slog.Int("count", len(listed)))
	}
	return nil
}

func (r *registrar) learn(listed []*discordgo.ApplicationCommand) {
	r.known, r.done = listed, true
	r.listed.Store(new(commandsOf(listed)))
}

func commandsOf(listed []*discordgo.ApplicationCommand) []card.Command {
	var out []card.Command
	for _, c := range listed {
		if c.Type == discordgo.ChatApplicationCommand || c.Type == 0 {
			out = append(out, card.Command{ID: c.ID, Name: c.Name, Description: c.Description})
		}
	}
	return out
}
