package discordsim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// Listen opens addr ("127.0.0.1:0" for a free port) for Serve.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("fake Discord: %w", err)
	}
	return l, nil
}

// Serve answers on l until ctx ends, then closes everything and returns. Where the server has no URL yet, it becomes
// that of l, unless l listens on every address or Config.ByHost is set.
func Serve(ctx context.Context, l net.Listener, s *Server) error {
	s.mu.Lock()
	if at, ok := l.Addr().(*net.TCPAddr); s.url == "" && ok && !s.cfg.ByHost && !at.IP.IsUnspecified() {
		s.url = "http://" + l.Addr().String()
	}
	s.mu.Unlock()
	web := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("fake Discord: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		s.Close()
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if web.Shutdown(bounded) != nil {
			return web.Close()
		}
		return nil
	})
	return g.Wait()
}
