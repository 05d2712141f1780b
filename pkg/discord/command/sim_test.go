package command_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/discord/command"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/discord/discordsim/discordsimtest"
)

// channel is a place in the fake Discord where the commands are registered.
type channel struct {
	t      *testing.T
	sim    *discordsim.Server
	client *api.Client
	discordsimtest.Scene
}

func open(t *testing.T, m command.Menu) channel {
	t.Helper()
	sim, base := discordsimtest.Start(t, discordsim.Config{})
	u := must[*url.URL](t)(url.Parse(base))
	c := channel{t, sim, must[*api.Client](t)(api.New(api.Config{Token: sim.Token(), Base: u, Now: sim.Now})), discordsimtest.Set(sim)}
	ours := command.Definitions(m.Catalog, command.Options{})
	app := sim.App().ID.String()
	if _, err := c.client.PutCommands(t.Context(), app, "", ours); err != nil {
		t.Fatal(err)
	}
	listed, err := c.client.Commands(t.Context(), app, "")
	if err != nil || !command.Same(ours, listed) {
		t.Errorf("what was registered differs from what is listed: %v", err)
	}
	return c
}

// heard is an interaction as the application hears it.
func (c channel) heard(id discordsim.ID, err error) api.Interaction {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	return must[api.Interaction](c.t)(api.ParseInteraction(c.sim.Interaction(id).Payload, c.sim.Now()))
}

func (c channel) given(name command.Name, options map[string]any) api.Interaction {
	c.t.Helper()
	return c.heard(c.sim.Invoke(c.t.Context(), discordsim.Invocation{User: c.Asker, Channel: c.Channel, Command: string(name), Options: options}))
}

func TestWhatPeopleTypeOnDiscordArrives(t *testing.T) {
	t.Parallel()
	c := open(t, shop())
	png := discordsim.Upload{Name: "a.png", Type: "image/png", Data: []byte("\x89PNG")}
	for name, w := range map[string]struct {
		command  command.Name
		options  map[string]any
		workflow string
		raw      map[string]string
		pictures []string
	}{
		"words": {command.Generate, map[string]any{"prompt": "a red fox", "seed": int64(1<<53 - 1), "cfg": 6.5, "aspect": "3:2", "private": true},
			"txt2img", map[string]string{"prompt": "a red fox", "seed": "9007199254740991", "cfg": "6.5", "width": "624", "height": "416"}, nil},
		"pictures": {command.Edit, map[string]any{"image": png, "mask": png}, "test-inpaint", map[string]string{}, []string{"image", "mask"}},
		"a factor": {command.Upscale, map[string]any{"image": png, "factor": 4.0}, "test-upscale", map[string]string{"factor": "4"}, []string{"image"}},
	} {
		a := must[command.Ask](t)(shop().Parse(c.given(w.command, w.options)))
		var params []string
		for _, p := range a.Pictures {
			params = append(params, p.Param)
			if p.URL == "" || p.Name != "a.png" || p.Type != "image/png" || p.Size != 4 {
				t.Errorf("%s: %+v", name, p)
			}
		}
		if diff := cmp.Diff(w.raw, a.Raw) + cmp.Diff(w.pictures, params); diff != "" || a.Workflow != w.workflow {
			t.Errorf("%s: %s %s", name, a.Workflow, diff)
		}
	}
}

func TestASetUpCardWorksOnDiscord(t *testing.T) {
	t.Parallel()
	m := manyLoras(100)
	c := open(t, m)
	first := c.given(command.Generate, nil)
	d := command.Draft{ID: first.ID, Asker: first.Asker().ID, Ask: must[command.Ask](t)(m.Parse(first))}
	posted := must[api.Posted](t)(c.client.Reply(t.Context(), first, m.SetupCard(d)))
	message := must[discordsim.ID](t)(discordsim.ParseID(posted.ID))

	act := func(i api.Interaction) command.Step {
		t.Helper()
		s := must[command.Step](t)(m.Apply(d, i))
		d = s.Draft
		var err error
		switch {
		case s.Modal != nil:
			err = c.client.Ask(t.Context(), i, *s.Modal)
		case s.Card != nil:
			err = c.client.Update(t.Context(), i, *s.Card)
		}
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	id := func(v card.Verb, arg string) string { return card.ID{Verb: v, Draft: d.ID, Arg: arg}.String() }
	sent := func(opened api.Interaction, values map[string]any) api.Interaction {
		t.Helper()
		return c.heard(c.sim.SubmitModal(t.Context(), c.Asker, must[discordsim.ID](t)(discordsim.ParseID(opened.ID)), values))
	}

	settings := c.heard(c.sim.Click(t.Context(), c.Asker, message, id(card.Settings, "main")))
	act(settings)
	act(sent(settings, map[string]any{"p:prompt": "a red fox", "s:width,height": "640x480"}))
	search := c.heard(c.sim.Select(t.Context(), c.Asker, message, id(card.Set, "lora"), ":search"))
	act(search)
	act(sent(search, map[string]any{"search": "0042"}))
	act(c.heard(c.sim.Select(t.Context(), c.Asker, message, id(card.Set, "lora"), "=style_0042.safetensors")))
	s := act(c.heard(c.sim.Click(t.Context(), c.Asker, message, id(card.Generate, ""))))
	want := map[string]string{"prompt": "a red fox", "width": "640", "height": "480", "lora": "style_0042.safetensors"}
	if s.Ask == nil {
		t.Fatalf("step %+v", s)
	}
	if diff := cmp.Diff(want, s.Ask.Raw); diff != "" {
		t.Error(diff)
	}
}

func TestAMessageCommandFindsThePicture(t *testing.T) {
	t.Parallel()
	c := open(t, shop())
	said := must[*discordsim.Message](t)(c.sim.Say(t.Context(), c.Other, c.Channel, "look", discordsim.Upload{Name: "b.png", Type: "image/png", Data: []byte("\x89PNG")}))
	i := c.heard(c.sim.Invoke(t.Context(), discordsim.Invocation{User: c.Asker, Channel: c.Channel, Command: "Animate", Target: said.ID}))
	pictures := must[[]command.Picture](t)(command.Target(i))
	a := must[command.Ask](t)(shop().Animate(command.Source{Picture: pictures[0]}))
	if command.Of(i) != command.AnimateMessage || len(pictures) != 1 || pictures[0].Name != "b.png" || a.Workflow != "test-animate" {
		t.Errorf("%s of %+v by %s", command.Of(i), pictures, a.Workflow)
	}
}
