package comfysim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// Listen opens addr ("127.0.0.1:0" for a free port); its Addr tells what was bound, for Serve.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("fake ComfyUI: %w", err)
	}
	return l, nil
}

// Serve answers on l and executes prompts until ctx ends, then closes both. It returns when nothing runs any more.
func Serve(ctx context.Context, l net.Listener, s *Server) error {
	web := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Run(ctx) })
	g.Go(func() error {
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("fake ComfyUI: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if web.Shutdown(bounded) != nil {
			return web.Close()
		}
		return nil
	})
	return g.Wait()
}
