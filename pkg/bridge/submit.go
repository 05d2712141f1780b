package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"path"
	"slices"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/comfy"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// errStopped is returned when somebody stopped the job before it was
// submitted.
var errStopped = errors.New("stopped before it was submitted")

// submit prepares the job and records that it is about to be posted.
func (r *run) submit(ctx context.Context) (step, error) {
	err := r.prepare(ctx)
	switch {
	case errors.Is(err, errStopped):
		return r.endStopped(ctx)
	case job.CodeOf(err) == job.CodeExpired:
		return r.fail(ctx, job.Failed, err)
	case job.CodeOf(err) != "" && job.CodeOf(err) != job.CodeInternal:
		return r.fail(ctx, job.Rejected, err)
	case ctx.Err() != nil, errors.Is(err, broker.ErrLeaseLost):
		return nil, err
	case err != nil:
		return r.fail(ctx, job.Failed, err)
	}
	select {
	case s := <-r.stops:
		r.stop = newStopping(s)
		return r.endStopped(ctx)
	default:
	}
	r.cfg.Hook(ctx, PointBeforeSubmitted)
	err = r.advance(ctx, job.Submitted, func(s *job.State) {
		s.Attempt++
		s.PromptID = r.id().Attempt(s.Attempt)
		s.Timings = &job.Timings{Created: r.held.request.Created, Submitted: time.Now().UTC()}
	})
	if err != nil {
		return nil, err
	}
	r.cfg.Hook(ctx, PointAfterSubmitted)
	r.attach(r.prompt())
	return (*run).post, nil
}

// prepare uploads the job's pictures and binds its parameters.
func (r *run) prepare(ctx context.Context) error {
	if r.flow == nil {
		return &job.Error{Code: job.CodeUnknown, Message: fmt.Sprintf("%q is not among the bridge's workflows", r.held.request.Workflow)}
	}
	files := map[string]string{}
	for _, param := range slices.Sorted(maps.Keys(r.held.request.Inputs)) {
		name, err := r.upload(ctx, r.held.request.Inputs[param])
		if err != nil {
			return err
		}
		files[param] = name
	}
	bound, err := r.bind(files)
	if job.CodeOf(err) == job.CodeMissingModel {
		// What the server offers was read a while ago: look again before saying no.
		if rerr := r.renewNodes(ctx, r.flow.Classes()); rerr != nil {
			r.log.WarnContext(ctx, "could not read the server's nodes again", slog.Any(keyError, rerr))
		}
		bound, err = r.bind(files)
	}
	if err != nil {
		return err
	}
	for _, p := range bound.Filled {
		r.log.InfoContext(ctx, "input filled with the server's default", slog.String("input", p.String()))
	}
	r.bound, r.plan = bound, newPlan(r.held.request.Workflow, r.held.steps, bound.Nodes, r.memory)
	return nil
}

func (r *run) bind(files map[string]string) (*workflow.Bound, error) {
	return r.flow.Bind(workflow.BindConfig{
		Params: r.held.request.Params,
		Files:  files,
		Nodes:  r.link.state().nodes,
		Prefix: r.prefix(),
	})
}

// prefix is the beginning of the file names that this attempt saves: its own,
// so that a result is never an older file out of ComfyUI's cache.
func (r *run) prefix() string {
	p := "discomfy/" + r.id().String()
	if r.state.Attempt > 0 {
		p += fmt.Sprintf("-%d", r.state.Attempt+1)
	}
	return p
}

// upload copies a stored picture to the server and returns the name by which a
// graph refers to it. The stored name is made from the content, so that a
// repeated upload finds the same file.
func (r *run) upload(ctx context.Context, object string) (string, error) {
	r.cfg.Hook(ctx, PointBeforeUpload)
	var file comfy.File
	err := r.persist(ctx, "upload a picture", func(ctx context.Context) error {
		body, err := r.term.GetInput(ctx, object)
		if err != nil {
			return err
		}
		defer body.Close()
		file, err = r.comfy.Upload(ctx, path.Base(object), "discomfy", body, false)
		return err
	})
	if errors.Is(err, broker.ErrNotFound) {
		return "", &job.Error{Code: job.CodeInvalid, Message: "the picture is no longer stored; attach it again"}
	}
	if errors.Is(err, broker.ErrDamaged) {
		return "", &job.Error{Code: job.CodeInvalid, Message: "the stored picture is damaged; attach it again"}
	}
	if refused(err) {
		return "", &job.Error{Code: job.CodeRejected, Message: sentence("ComfyUI refused the picture", err.Error())}
	}
	return path.Join(file.Subfolder, file.Name), err
}

// persist repeats f until it succeeds, somebody stops the job, or the term is
// over. What will never succeed is returned.
func (r *run) persist(ctx context.Context, what string, f func(context.Context) error) error {
	complain := sparingly()
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := f(ctx)
		if err == nil || errors.Is(err, broker.ErrNotFound) || errors.Is(err, broker.ErrDamaged) ||
			errors.Is(err, broker.ErrLeaseLost) || refused(err) {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if expired := r.held.expired(r.cfg.Wait); expired != nil {
			return expired
		}
		r.letPass() // whoever needs no picture shall not wait for this one's
		complain.Do(func() { r.log.WarnContext(ctx, what+": trying again", slog.Any(keyError, err)) })
		select {
		case <-ctx.Done():
			return ctx.Err()
		case s := <-r.stops:
			r.stop = newStopping(s)
			return errStopped
		case <-time.After(wait):
		}
	}
}

// refused reports an answer by which the server said no for good.
func refused(err error) bool {
	status, ok := errors.AsType[*comfy.StatusError](err)
	if !ok {
		return false
	}
	switch status.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false // not now, which is not for good
	}
	return status.Refused()
}

// post sends the prompt. It has no timer of its own: while the connection
// lives, the server may still read the body.
func (r *run) post(ctx context.Context) (step, error) {
	if err := r.term.Held(); err != nil {
		return nil, err
	}
	r.cfg.Hook(ctx, PointBeforePost)
	gen := r.conn.Generation()
	arm := r.conn.Expect()
	answer := make(chan posted, 1)
	prompt := comfy.Prompt{ // made here: a stop may change the state meanwhile
		Graph: r.bound.Graph, ID: r.prompt(), ClientID: r.client,
		Extra: map[string]any{extraJob: r.id().String(), extraAttempt: r.state.Attempt},
	}
	go func() {
		accepted, err := r.comfy.Submit(ctx, prompt)
		answer <- posted{accepted, err}
	}()
	for {
		select {
		case s := <-r.stops:
			if err := r.beginStop(ctx, s); err != nil {
				<-answer
				return nil, err
			}
		case p := <-answer:
			r.cfg.Hook(ctx, PointAfterPost)
			if p.err == nil {
				arm()
			}
			return r.answered(ctx, p, gen)
		}
	}
}

// typeUnreadable is the type of a refusal by which a server says that it could not
// read the prompt.
const typeUnreadable = "unreadable"

// posted is the answer to a POST.
type posted struct {
	accepted comfy.Accepted
	err      error
}

func (r *run) answered(ctx context.Context, p posted, gen uint64) (step, error) {
	rejection, rejected := errors.AsType[*comfy.RejectedError](p.err)
	switch {
	case p.err == nil:
		return r.accepted(ctx, p.accepted, gen)
	case rejected && rejection.Type == typeUnreadable && r.state.Retry != job.CodeRejected:
		// What we post can be read; a server in trouble, or a proxy, says so too.
		r.doubt = job.CodeRejected
	case rejected:
		return r.fail(ctx, job.Rejected, r.rejection(rejection))
	case refused(p.err):
		return r.fail(ctx, job.Rejected, &job.Error{Code: job.CodeRejected, Message: sentence(p.err.Error(), "")})
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(p.err, comfy.ErrNotSent):
		return r.unsent(ctx, p.err)
	}
	r.log.WarnContext(ctx, "the fate of the prompt is unknown; asking ComfyUI", slog.Any(keyError, p.err))
	return (*run).seek, nil
}

// unsent waits for the server and posts the same attempt, which certainly
// never reached it.
func (r *run) unsent(ctx context.Context, err error) (step, error) {
	r.log.WarnContext(ctx, "ComfyUI could not be reached; the prompt waits", slog.Any(keyError, err))
	if r.stop != nil {
		return r.endStopped(ctx)
	}
	for {
		link := r.link.state()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case s := <-r.stops:
			r.stop = newStopping(s)
			return r.endStopped(ctx)
		case <-link.change:
		case <-time.After(time.Second):
		}
		if expired := r.held.expired(r.cfg.Wait); expired != nil {
			return r.fail(ctx, job.Failed, expired)
		}
		if r.link.state().ready() {
			return (*run).post, nil
		}
	}
}

func (r *run) accepted(ctx context.Context, a comfy.Accepted, gen uint64) (step, error) {
	if a.ID != r.prompt() {
		// A server before 0.3.45 chooses the id itself.
		if err := r.advance(ctx, r.state.Phase, func(s *job.State) { s.PromptID = string(a.ID) }); err != nil {
			return nil, err
		}
		r.attach(a.ID)
	}
	r.log.InfoContext(ctx, "prompt queued", slog.String(keyPrompt, string(a.ID)), slog.Int(keyAttempt, r.state.Attempt))
	r.entered(gen)
	if err := r.dropped(a); err != nil {
		r.takeBack(ctx, a.ID)
		return r.fail(ctx, job.Rejected, err)
	}
	return (*run).follow, nil
}

// takeBack stops a prompt that should not have been accepted. What this misses
// the next audit removes, since its job has ended.
func (r *run) takeBack(ctx context.Context, id comfy.PromptID) {
	q, err := r.readQueue(ctx)
	if err == nil {
		_, err = r.halt(ctx, q, id)
	}
	if err != nil {
		r.log.WarnContext(ctx, "could not take a prompt back", slog.String(keyPrompt, string(id)), slog.Any(keyError, err))
	}
}

// dropped reports an output of the workflow that ComfyUI left out of an
// accepted prompt because of an error in its branch.
func (r *run) dropped(a comfy.Accepted) error {
	for _, node := range slices.Sorted(maps.Keys(a.NodeErrors)) {
		e := a.NodeErrors[node]
		for _, out := range e.Outputs {
			if slices.Contains(r.bound.Outputs, out) {
				return r.nodeRejection(node, e)
			}
		}
	}
	return nil
}
