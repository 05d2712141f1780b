package comfy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strconv"
	"strings"

	"discomfy/pkg/comfy"
)

// call makes the recorder's request by the typed call that stands for it, and
// writes down the outcome.
func (r *replay) call(row row) {
	r.server.mu.Lock()
	r.server.expected, r.server.asked = &row, false
	r.server.mu.Unlock()
	outcome, made := r.made(row)
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	r.server.expected = nil
	switch {
	case !made && r.server.asked:
		r.t.Errorf("%v: asked although no call stands for it", row)
	case made && !r.server.asked:
		r.t.Errorf("%v: not asked", row)
	case made:
		r.story.called(outcome)
	}
}

func (r *replay) made(row row) (outcome string, made bool) {
	target, err := url.Parse(row.HTTP.Path)
	if err != nil {
		r.t.Fatal(err)
	}
	query := target.Query()
	last := comfy.PromptID(path.Base(target.Path))
	switch route := row.HTTP.Method + " " + target.Path; {
	case route == "POST /prompt":
		return r.submit(row)
	case route == "GET /queue":
		q, err := r.client.Queue(r.ctx)
		return r.story.queue(q, err), true
	case route == "POST /queue", route == "POST /history":
		return r.forget(row, target.Path)
	case route == "GET /history":
		n, _ := strconv.Atoi(query.Get("max_items"))
		entries, err := r.client.RecentHistory(r.ctx, n)
		return fmt.Sprintf("recent history: %d entries%s", len(entries), because(err)), true
	case strings.HasPrefix(route, "GET /history/"):
		entry, err := r.client.History(r.ctx, last)
		return r.story.history(last, entry, err), true
	case route == "POST /interrupt":
		var body struct {
			PromptID comfy.PromptID `json:"prompt_id"`
		}
		if json.Unmarshal(row.HTTP.Body, &body) != nil || body.PromptID == "" {
			return "", false // would stop whatever runs: the client has no such call
		}
		return "interrupt " + r.story.name(body.PromptID) + because(r.client.Interrupt(r.ctx, body.PromptID)), true
	case route == "POST /free":
		return "free" + because(r.client.Free(r.ctx)), true
	case strings.HasSuffix(route, "/cancel"):
		id := comfy.PromptID(path.Base(path.Dir(target.Path)))
		done, err := r.client.CancelJob(r.ctx, id)
		return fmt.Sprintf("cancel %s: %v%s", r.story.name(id), done, because(err)), true
	case route == "GET /view" && len(query) > 0 && query.Get("preview") == "" && query.Get("channel") == "":
		return r.view(query), true
	case route == "POST /upload/image":
		return r.upload(row)
	case route == "GET /system_stats":
		stats, err := r.client.SystemStats(r.ctx)
		return fmt.Sprintf("system: version %v, devices %+v%s", stats.Version, names(stats.Devices), because(err)), true
	case strings.HasPrefix(route, "GET /models/"):
		files, err := r.client.Models(r.ctx, string(last))
		return fmt.Sprintf("models of %s: %v%s", last, files, because(err)), true
	case strings.HasPrefix(route, "GET /object_info/"):
		info, err := r.client.ObjectInfoClass(r.ctx, string(last))
		return fmt.Sprintf("class %s: %s", last, known(info, err)), true
	}
	return "", false
}

// because names an error by what callers can tell apart.
func because(err error) string {
	status, isStatus := errors.AsType[*comfy.StatusError](err)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, comfy.ErrNotFound):
		return ", not found"
	case errors.Is(err, comfy.ErrUnsupported):
		return ", unsupported"
	case isStatus:
		return fmt.Sprintf(", status %d", status.Status)
	default:
		return ", " + err.Error()
	}
}

func (r *replay) submit(row row) (string, bool) {
	var answer struct {
		PromptID comfy.PromptID `json:"prompt_id"`
	}
	if json.Unmarshal(row.Answer.Body, &answer) == nil && row.Answer.Status == 200 {
		r.story.name(answer.PromptID)
	}
	var body struct {
		Prompt   map[string]json.RawMessage `json:"prompt"`
		ID       comfy.PromptID             `json:"prompt_id"`
		ClientID string                     `json:"client_id"`
		Front    bool                       `json:"front"`
		Extra    map[string]any             `json:"extra_data"`
	}
	if json.Unmarshal(row.HTTP.Body, &body) != nil || body.Prompt == nil || body.ID == "" {
		return "", false // a Prompt cannot be that wrong
	}
	graph, err := json.Marshal(body.Prompt)
	if err != nil {
		r.t.Fatal(err)
	}
	accepted, err := r.client.Submit(r.ctx, comfy.Prompt{
		Graph: graph, ID: body.ID, ClientID: body.ClientID, Front: body.Front, Extra: body.Extra,
	})
	if err == nil && accepted.ID != body.ID {
		r.t.Errorf("submitted %s, accepted %s", body.ID, accepted.ID)
	}
	return r.story.submitted(body.ID, accepted, err), true
}

func (r *replay) forget(row row, route string) (string, bool) {
	var body struct {
		Delete []comfy.PromptID `json:"delete"`
	}
	if json.Unmarshal(row.HTTP.Body, &body) != nil || len(body.Delete) == 0 {
		return "", false
	}
	if route == "/queue" {
		return fmt.Sprintf("delete %v%s", r.story.names(body.Delete), because(r.client.DeleteQueued(r.ctx, body.Delete...))), true
	}
	return fmt.Sprintf("forget %v%s", r.story.names(body.Delete), because(r.client.ForgetHistory(r.ctx, body.Delete...))), true
}

func (r *replay) view(query url.Values) string {
	file := comfy.File{Name: query.Get("filename"), Subfolder: query.Get("subfolder"), Type: query.Get("type")}
	body, size, err := r.client.View(r.ctx, file)
	if err != nil {
		return "view " + unnumbered(file.Name) + because(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil || int64(len(data)) != size {
		r.t.Errorf("%d bytes of %d, %v", len(data), size, err)
	}
	return fmt.Sprintf("view %s: %.4q", unnumbered(file.Name), data)
}

// upload leaves out what the client cannot say: it only uploads inputs.
func (r *replay) upload(row row) (string, bool) {
	var file struct{ Filename string }
	var subfolder, overwrite, kind string
	form := row.HTTP.Multipart
	for name, into := range map[string]any{"image": &file, "subfolder": &subfolder, "overwrite": &overwrite, "type": &kind} {
		if form[name] != nil && json.Unmarshal(form[name], into) != nil {
			r.t.Errorf("%v: field %s", row, name)
		}
	}
	if kind != "" {
		return "", false
	}
	stored, err := r.client.Upload(r.ctx, file.Filename, subfolder, strings.NewReader("picture"), overwrite == "true")
	return fmt.Sprintf("upload %s to %q: %+v%s", file.Filename, subfolder, stored, because(err)), true
}

func names(devices []comfy.Device) []string {
	var list []string
	for _, d := range devices {
		list = append(list, d.Type+" "+d.Name)
	}
	return list
}

func known(info io.ReadCloser, err error) string {
	if err != nil {
		return because(err)
	}
	defer info.Close()
	var classes map[string]json.RawMessage
	if err := json.NewDecoder(info).Decode(&classes); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d classes", len(classes))
}
