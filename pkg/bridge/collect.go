package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
)

const (
	// historyWithin bounds the wait for the history entry of a run whose end
	// was told: it is written within milliseconds.
	historyWithin = 5 * time.Second
	// unreadableFor is how much longer an answer that makes no sense is asked
	// for again: it may be a proxy's while the server starts.
	unreadableFor = 30 * time.Second
	// mostDownloads bounds how often a file that breaks off is fetched.
	mostDownloads = 5
	// mostFiles bounds the files of a job, whose names must fit its record: one
	// NATS message.
	mostFiles = 1000
	// fullPause is the time between two tries to store a result in a full store.
	fullPause = 5 * time.Second
)

// gather reads what a successful run left.
func (r *run) gather(ctx context.Context) (step, error) {
	entry, err := r.history(ctx)
	if err != nil {
		return nil, err
	}
	if entry != nil {
		return r.collect(ctx, entry.Outputs)
	}
	// The history is gone, but the socket told what was saved.
	v := r.tracker.view(r.rec)
	if !v.whole && !r.complete(v.outputs) {
		return r.again(ctx, "ComfyUI has forgotten what it saved; trying again", "")
	}
	return r.collect(ctx, v.outputs)
}

// complete reports whether every output node of the workflow is among those
// that told what they saved. A node tells all of its files at once.
func (r *run) complete(outputs []comfy.Output) bool {
	if r.bound == nil {
		return true // nobody knows
	}
	return !slices.ContainsFunc(r.bound.Outputs, func(node string) bool {
		return !slices.ContainsFunc(outputs, func(o comfy.Output) bool { return o.Node == node })
	})
}

// history waits for the run's history entry, which the server writes after it
// has told the end; nil when there is none.
func (r *run) history(ctx context.Context) (*comfy.Entry, error) {
	r.awaitSettled(ctx)
	complain := sparingly()
	deadline := time.Now().Add(historyWithin)
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		entry, err := r.remembered(ctx)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case entry != nil:
			return entry, nil
		case err == nil && time.Now().After(deadline):
			return nil, nil
		case unreadable(err) && time.Now().After(deadline.Add(unreadableFor)):
			return nil, nil // it answers, and will not say anything else: what the socket told has to do
		case err != nil:
			// The server does not answer; without an answer nothing is known.
			complain.Do(func() { r.log.WarnContext(ctx, "could not read the history", slog.Any(keyError, err)) })
			wait = time.Second
		}
		if !pause(ctx, wait) {
			return nil, ctx.Err()
		}
	}
}

// unreadable reports an answer that came and can not be understood.
func unreadable(err error) bool {
	return errors.Is(err, comfy.ErrMalformed) || errors.Is(err, comfy.ErrTooLarge)
}

// awaitSettled gives the socket a moment to say that the entry is there.
func (r *run) awaitSettled(ctx context.Context) {
	t := time.NewTimer(100 * time.Millisecond)
	defer t.Stop()
	for !r.tracker.view(r.rec).settled {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			return
		case <-r.rec.wake:
		}
	}
}

// collect stores the run's files and writes its end.
func (r *run) collect(ctx context.Context, outputs []comfy.Output) (step, error) {
	files := r.wanted(outputs)
	if len(files) == 0 {
		return r.fail(ctx, job.Failed, &job.Error{Code: job.CodeNoOutput, Message: "no output node saved a file"})
	}
	if len(files) > mostFiles {
		return r.fail(ctx, job.Failed, &job.Error{Code: job.CodeTooLarge, Message: fmt.Sprintf("%d files, the limit is %d", len(files), mostFiles)})
	}
	results := make([]job.Result, 0, len(files))
	for i, out := range files {
		r.cfg.Hook(ctx, PointBeforeDownload)
		result, err := r.fetch(ctx, i+1, out)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, broker.ErrLeaseLost):
			return nil, err
		case err != nil:
			return r.fail(ctx, job.Failed, err)
		}
		results = append(results, result)
	}
	r.cfg.Hook(ctx, PointAfterDownload)
	r.remember()
	return r.end(ctx, job.Done, func(s *job.State) { s.Results = results })
}

// wanted is the files that count as results: those of the workflow's outputs,
// without temporary previews, each once and in a fixed order.
func (r *run) wanted(outputs []comfy.Output) []comfy.Output {
	var out []comfy.Output
	seen := map[comfy.File]bool{}
	for _, o := range outputs {
		if o.File.Type == "output" && !seen[o.File] && r.isOutput(o.Node) {
			seen[o.File] = true
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b comfy.Output) int { return cmp.Compare(r.rank(a.Node), r.rank(b.Node)) })
	return out
}

func (r *run) isOutput(node string) bool {
	return r.bound == nil || slices.Contains(r.bound.Outputs, node)
}

// rank is the place of an output node in the manifest's order.
func (r *run) rank(node string) int {
	if r.bound == nil {
		return 0
	}
	return slices.Index(r.bound.Outputs, node)
}

// errBrokeOff is returned when a file's body ended before its announced end.
var errBrokeOff = errors.New("the download broke off")

// fetch stores one file. Only downloads that break off are counted: a server
// or a store that does not answer is waited for.
func (r *run) fetch(ctx context.Context, n int, out comfy.Output) (job.Result, error) {
	full := false
	defer func() {
		if full {
			r.countFull(-1)
		}
	}()
	complain := sparingly()
	for broken := 0; ; {
		result, err := r.copy(ctx, n, out)
		wait := time.Second
		switch {
		case err == nil, ctx.Err() != nil, errors.Is(err, broker.ErrLeaseLost):
			return result, err
		case errors.Is(err, broker.ErrStoreFull):
			// Keep the job and submit nothing new until there is room.
			complain.Do(func() {
				r.log.ErrorContext(ctx, "the results store is full; make room or raise its limit", slog.Any(keyError, err))
			})
			if wait = fullPause; !full {
				full = true
				r.countFull(1)
			}
		case errors.Is(err, comfy.ErrNotFound):
			return result, &job.Error{Code: job.CodeNoOutput, Message: fmt.Sprintf("ComfyUI no longer has the file %s", out.File.Name)}
		case job.CodeOf(err) != job.CodeInternal, refused(err):
			return result, err
		case errors.Is(err, errBrokeOff):
			if broken++; broken == mostDownloads {
				return result, err
			}
			fallthrough
		default:
			complain.Do(func() {
				r.log.WarnContext(ctx, "a result was not stored; trying again", slog.String("file", out.File.Name), slog.Any(keyError, err))
			})
		}
		if !pause(ctx, wait) {
			return result, ctx.Err()
		}
	}
}

// copy streams one file from ComfyUI into the results store.
func (r *run) copy(ctx context.Context, n int, out comfy.Output) (job.Result, error) {
	body, length, err := r.comfy.View(ctx, out.File)
	if status, ok := errors.AsType[*comfy.StatusError](err); ok && status.Status == http.StatusInternalServerError {
		return job.Result{}, fmt.Errorf("%w: %w", errBrokeOff, err) // the server is there and can not read it
	}
	if err != nil {
		return job.Result{}, fmt.Errorf("download %s: %w", out.File.Name, err)
	}
	defer body.Close()
	if length > r.cfg.MaxResult {
		return job.Result{}, r.tooLarge(length, r.cfg.MaxResult)
	}
	ext := extension(out.File.Name)
	name := fmt.Sprintf("%s/%d-%d%s", r.id(), r.term.Epoch(), n, ext)
	whole := &wholeReader{r: io.LimitReader(body, r.cfg.MaxResult+1), want: length}
	size, digest, err := r.term.PutResult(ctx, name, whole)
	switch {
	case whole.err != nil:
		return job.Result{}, fmt.Errorf("store %s: %w: %w", out.File.Name, errBrokeOff, whole.err)
	case errors.Is(err, broker.ErrStoreFull):
		return job.Result{}, r.noRoom(ctx, max(length, whole.got), err)
	case err != nil:
		return job.Result{}, fmt.Errorf("store %s: %w", out.File.Name, err)
	case size > r.cfg.MaxResult:
		return job.Result{}, r.tooLarge(size, r.cfg.MaxResult)
	}
	return job.Result{
		Name: name, File: path.Base(out.File.Name), Type: mediaType(ext),
		Size: size, Digest: digest, Node: out.Node,
	}, nil
}

// noRoom is the error of a file that did not fit: one that exceeds the whole
// store never will.
func (r *run) noRoom(ctx context.Context, size int64, full error) error {
	limit, err := r.term.ResultsLimit(ctx)
	if err == nil && limit > 0 && size > limit-limit/64 {
		return r.tooLarge(size, limit)
	}
	return full
}

func (r *run) tooLarge(size, limit int64) error {
	return &job.Error{
		Code:    job.CodeTooLarge,
		Message: fmt.Sprintf("more than %d MB, the limit is %d MB", size>>20, limit>>20),
	}
}

// wholeReader turns a body that ends before its announced length into an error,
// so that a truncated file is never stored.
type wholeReader struct {
	r    io.Reader
	want int64 // -1 when the server did not say
	got  int64
	err  error // why the body could not be read to its end
}

func (w *wholeReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.got += int64(n)
	if errors.Is(err, io.EOF) && w.want >= 0 && w.got != w.want {
		err = fmt.Errorf("got %d of %d bytes: %w", w.got, w.want, io.ErrUnexpectedEOF)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

var plainExtension = regexp.MustCompile(`^\.[a-z0-9]{1,8}$`)

// extension is the file's ending with its dot, harmless as part of a name.
func extension(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if !plainExtension.MatchString(ext) {
		return ".bin"
	}
	return ext
}

// mediaType is what a file with this ending holds. The endings that ComfyUI
// saves are named here, since the system's table differs between machines.
func mediaType(ext string) string {
	switch ext {
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".webp":
		return "image/webp"
	case ".gif":
		return "image/gif"
	case ".mp4":
		return "video/mp4"
	case ".webm":
		return "video/webm"
	case ".mov":
		return "video/quicktime"
	case ".mkv":
		return "video/x-matroska"
	case ".flac":
		return "audio/flac"
	case ".mp3":
		return "audio/mpeg"
	case ".wav":
		return "audio/wav"
	case ".glb":
		return "model/gltf-binary"
	}
	if t, _, err := mime.ParseMediaType(mime.TypeByExtension(ext)); err == nil {
		return t
	}
	return "application/octet-stream"
}

// remember learns from a run that ended well.
func (r *run) remember() {
	t := r.state.Timings
	if t == nil || t.Started.IsZero() || !t.Ended.After(t.Started) {
		return
	}
	r.memory.learn(r.held.request.Workflow, lesson{
		total: t.Ended.Sub(t.Started), steps: r.held.steps,
		whole: r.tracker.view(r.rec).whole, nodes: r.tracker.stints(r.rec),
	})
	poke(r.learnt)
}
