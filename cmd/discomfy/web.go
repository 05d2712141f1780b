package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord"
)

// Bounds of the HTTP server, for clients that are slow on purpose. There is
// none on writing: a large file takes as long as it takes.
const (
	headerWithin   = 5 * time.Second
	readWithin     = 10 * time.Second
	idleAfter      = 2 * time.Minute
	maxHeader      = 64 << 10
	shutdownWithin = 5 * time.Second
)

// serveHTTP answers health checks, Discord's requests and links until ctx
// ends.
func (p *ingressProcess) serveHTTP(ctx context.Context, in *discord.Ingress, b *broker.Broker) error {
	if p.listen == "" {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.listen)
	if err != nil {
		return usageError{fmt.Errorf("cannot listen on %s (%w): choose another address with --http", p.listen, err)}
	}
	p.log.InfoContext(ctx, "HTTP listens", slog.String("address", l.Addr().String()))
	server := &http.Server{
		Handler: health(in, b), ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin,
		IdleTimeout: idleAfter, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve HTTP: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWithin)
		defer cancel()
		if server.Shutdown(bounded) != nil {
			return server.Close()
		}
		return nil
	})
	return group.Wait()
}

// health adds the two questions of orchestrators: whether the process lives,
// and whether people should be sent to it.
func health(in *discord.Ingress, b *broker.Broker) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", in.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		err := in.Ready()
		if err == nil && !b.Connected() {
			err = errors.New("NATS is away")
		}
		answer(w, err)
	})
	return mux
}

func answer(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	words := "ok"
	if err != nil {
		words = err.Error()
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = fmt.Fprintln(w, words)
}

// beside runs two functions until ctx ends or one of them fails; the second
// goes on until the first has returned.
func beside(ctx context.Context, first, second func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error {
		defer stop()
		return first(ctx)
	})
	group.Go(func() error { return second(serving) })
	return group.Wait()
}
