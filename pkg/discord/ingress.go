package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/board"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/catalog"
	"discomfy/pkg/discord/delivery"
	"discomfy/pkg/discord/desk"
	"discomfy/pkg/discord/source"
)

const keyError = "error"

// Ingress is one replica. Make it with New.
type Ingress struct {
	cfg      Config
	catalog  *catalog.Cache
	preparer *delivery.Preparer
	links    *delivery.Links // nil: no public address
	board    *board.Board
	desk     *desk.Desk
	commands *registrar
	gateway  atomic.Pointer[source.Gateway]  // while Run has one
	endpoint atomic.Pointer[source.Endpoint] // while Run has one
	ready    atomic.Bool                     // the application is known
}

// New puts an Ingress together. It speaks to nobody yet.
func New(c Config) (*Ingress, error) {
	c = c.withDefaults()
	in := &Ingress{cfg: c, catalog: &catalog.Cache{Source: c.Broker, Queue: c.Queue, Log: c.Log}}
	if err := in.prepare(); err != nil {
		return nil, err
	}
	in.commands = newRegistrar(c, in.catalog)
	in.board = board.New(board.Config{
		Discord: c.Client, Broker: c.Broker, Preparer: in.preparer, Offers: in.catalog.Get, Defaults: c.Defaults,
		Queue: c.Queue, TellAfter: c.TellAfter, Now: c.Now, Log: c.Log,
	})
	in.desk = desk.New(desk.Config{
		Discord: c.Client, Broker: c.Broker, Board: in.board, Preparer: in.preparer, Catalog: in.catalog, Defaults: c.Defaults,
		Queue: c.Queue, Guilds: c.Guilds, DirectMessages: c.DirectMessages, UserInstall: c.UserInstall,
		ModeratorRole: c.ModeratorRole, OthersMayClick: c.OthersMayClick, MaxWaiting: c.MaxWaiting, FetchBy: c.FetchBy,
		Commands: in.commands.list, Replica: in.replica(), Now: c.Now, Log: c.Log,
	})
	return in, nil
}

// prepare makes what makes files fit.
func (in *Ingress) prepare() error {
	c := in.cfg
	if c.PublicURL != nil {
		links, err := delivery.NewLinks(delivery.LinksConfig{Secrets: c.Secrets, Public: c.PublicURL, Store: c.Broker, Temp: c.Temp, Now: c.Now})
		if err != nil {
			return fmt.Errorf("prepare links: %w", err)
		}
		in.links = links
	}
	preparer, err := delivery.New(delivery.Config{
		Store: c.Broker, Links: in.links, Strip: c.Strip, FFmpeg: c.FFmpeg, Temp: c.Temp, Log: c.Log, Now: c.Now,
	})
	if err != nil {
		return fmt.Errorf("prepare deliveries: %w", err)
	}
	in.preparer = preparer
	return nil
}

func (in *Ingress) replica() card.Replica {
	r := card.Replica{Name: in.cfg.Name, Version: in.cfg.Version, Source: "gateway", Started: time.Now(), Self: true}
	if in.cfg.Endpoint {
		r.Source = "endpoint"
	}
	return r
}

// Handle answers an interaction; Ingress is a source.Handler.
func (in *Ingress) Handle(ctx context.Context, i api.Interaction) { in.desk.Handle(ctx, i) }

// Run serves until ctx ends. An error is for a person to mend, and says how.
func (in *Ingress) Run(ctx context.Context) error {
	defer in.closeFiles()
	app, err := in.application(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	in.ready.Store(true)
	defer in.ready.Store(false)
	return in.serve(ctx, app)
}

func (in *Ingress) closeFiles() {
	if err := in.preparer.Close(); err != nil {
		in.cfg.Log.Warn("the folder for large files could not be removed", slog.Any(keyError, err))
	}
}

// serve runs the rooms. They end in the order of what they need: the source
// first, then the desk, then the board.
func (in *Ingress) serve(ctx context.Context, app api.Application) error {
	group, receiving := errgroup.WithContext(ctx)
	answering, stopAnswering := context.WithCancel(context.WithoutCancel(ctx))
	defer stopAnswering()
	showing, stopShowing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopShowing()
	group.Go(func() error {
		defer stopAnswering()
		return in.receive(receiving, app)
	})
	group.Go(func() error {
		defer stopShowing()
		return in.desk.Run(answering)
	})
	group.Go(func() error { return in.board.Run(showing) })
	group.Go(func() error { in.catalog.Run(showing); return nil })
	group.Go(func() error { in.commands.run(receiving, app.ID); return nil })
	group.Go(func() error { in.checkFFmpeg(receiving); return nil })
	return group.Wait()
}

// receive takes interactions until ctx ends.
func (in *Ingress) receive(ctx context.Context, app api.Application) error {
	if in.cfg.Endpoint {
		return in.receiveByEndpoint(ctx, app)
	}
	c := in.cfg.Gateway
	c.Client, c.App, c.Locker, c.Log = in.cfg.Client, app.ID, in.cfg.Broker, in.cfg.Log
	g := source.NewGateway(c, in)
	in.gateway.Store(g)
	defer in.gateway.Store(nil)
	return g.Run(ctx)
}

func (in *Ingress) receiveByEndpoint(ctx context.Context, app api.Application) error {
	key, err := source.ParsePublicKey(app.VerifyKey)
	if err != nil {
		return fmt.Errorf("read the application's public key: %w", err)
	}
	in.endpoint.Store(source.NewEndpoint(source.EndpointConfig{PublicKey: key, Log: in.cfg.Log, Now: in.cfg.Now}, in))
	defer in.endpoint.Store(nil)
	<-ctx.Done()
	return nil
}

// errStarting is the answer while Discord was not reached yet.
var errStarting = errors.New("discord was not reached yet")

// Ready is nil while interactions can be served, else it says why they can not.
func (in *Ingress) Ready() error {
	if !in.ready.Load() {
		return errStarting
	}
	if g := in.gateway.Load(); g != nil {
		return g.Ready()
	}
	if in.endpoint.Load() == nil {
		return errStarting
	}
	return nil
}
