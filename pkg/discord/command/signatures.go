package command

// Signatures that are still to be filled in; see each file as it appears.

import (
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/card"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// Options says where commands are offered: in guilds always.
type Options struct {
	DirectMessages bool // also in direct messages with the bot
	UserInstall    bool // also where a user installed it for themselves: any channel
}

// Definitions are the commands to register.
func Definitions(c workflow.Catalog, o Options) []*discordgo.ApplicationCommand { return nil }

// Same reports whether a is registered already when Discord lists b: ids,
// versions, defaults and the order of commands aside.
func Same(a, b []*discordgo.ApplicationCommand) bool { return false }

// Parse reads /generate, /edit, /upscale and /animate.
func (m Menu) Parse(i api.Interaction) (Ask, error) { return Ask{}, nil }

// Resolve checks an order wholly, pictures included, and makes the parameters
// of its request.
func (m Menu) Resolve(a Ask) (job.Params, error) { return nil, nil }

// Default is the workflow that is taken when none is named.
func (m Menu) Default(kind workflow.Kind, picture bool) (workflow.Offer, error) {
	return workflow.Offer{}, nil
}

// JobOf reads the job of /cancel and /show.
func JobOf(i api.Interaction) (job.ID, error) { return job.ID{}, nil }

// Search reads the options of /loras and /models: what is looked for (both
// may be empty).
func Search(i api.Interaction) (offer, text string) { return "", "" }

// Names lists the models or LoRAs that the workflow offers (all usable
// workflows when it is ""), those that match text best first.
func (m Menu) Names(n Name, offer, text string) (names []string, open bool) { return nil, false }

// Target are the pictures on the message of a message command, in order; an
// error in words when there is none.
func Target(i api.Interaction) ([]Picture, error) { return nil, nil }

// Job is a job as autocomplete offers it.
type Job struct {
	ID       job.ID
	Workflow string
	Prompt   string
	Where    string // in words, such as "3rd in line"
}

// Suggest answers autocomplete. It never fails; jobs are for /cancel and
// /show, best first.
func (m Menu) Suggest(i api.Interaction, jobs []Job) []*discordgo.ApplicationCommandOptionChoice {
	return nil
}

// PictureOf is the n-th result (from 1) of an ended job as a picture to work on.
func PictureOf(s job.State, n int) (Picture, error) { return Picture{}, nil }

// Vary orders the same again with a new seed.
func (m Menu) Vary(r job.Request) (Ask, error) { return Ask{}, nil }

// Redo orders the same again with the values that a modal gave.
func (m Menu) Redo(r job.Request, raw map[string]string) (Ask, error) { return Ask{}, nil }

// Upscale orders the picture of s larger; factor "" is the workflow's own.
func (m Menu) Upscale(s Source, factor string) (Ask, error) { return Ask{}, nil }

// Edit and Animate order a change or a video of the picture of s, by the
// default workflow. The order is a beginning, to be completed by a modal where
// Modal gives one.
func (m Menu) Edit(s Source) (Ask, error)    { return Ask{}, nil }
func (m Menu) Animate(s Source) (Ask, error) { return Ask{}, nil }

// Modal asks for up to five of the values of an order, pre-filled with a.Raw;
// false where the workflow has nothing to ask for: order it as it is. typed is
// what a former modal held when it could not be read, else nil. For Redo on a
// record: a is Menu.Redo(request, nil). The verb of id gives the title; for Edit and
// Animate id.Arg is the workflow (a.Workflow), so that the submission knows it.
func (m Menu) Modal(id card.ID, a Ask, typed Entry) (api.Modal, bool) {
	return api.Modal{}, false
}

// Entry is what a modal held, by the custom id of its input.
type Entry map[string]string

// EntryOf reads a modal's submission.
func EntryOf(i api.Interaction) Entry { return nil }

// Fill is a with what the modal held; the error repeats what was typed. The
// modal is opened again by a Draft: Draft{Ask: a, Typed: entry, Direct: true}.
func (m Menu) Fill(a Ask, e Entry) (Ask, error) { return Ask{}, nil }

// Draft is an order that is being put together on a card. Its JSON form is
// stored by the caller under its id, for a day.
type Draft struct {
	ID      string            `json:"id"`               // of the interaction that opened it; card.ID.Draft
	Asker   string            `json:"asker"`            // Discord user id; nobody else may use the card
	Ask     Ask               `json:"ask"`              // what "Generate" orders
	Typed   Entry             `json:"typed,omitempty"`  // a modal that could not be read
	Fault   string            `json:"fault,omitempty"`  // why, in words
	Direct  bool              `json:"direct,omitempty"` // the modal orders at once: there is no card but for faults
	Pages   map[string]int    `json:"pages,omitempty"`  // list → page that is open
	Search  map[string]string `json:"search,omitempty"` // list → what it is narrowed to
	Created time.Time         `json:"created"`
}

// ParseDraft reads a stored draft.
func ParseDraft(data []byte) (Draft, error) { return Draft{}, nil }

// SetupCard is the draft's message.
func (m Menu) SetupCard(d Draft) api.Message { return api.Message{} }

// Step is what a click on a set-up card, or a modal that it opened, leads to:
// exactly one of Modal (answer with it), Ask (order it, the card is done),
// Close (delete the card and the draft) or Card (update the message).
type Step struct {
	Draft   Draft
	Changed bool // store Draft
	Modal   *api.Modal
	Ask     *Ask
	Close   bool
	Card    *api.Message
}

// Apply does what was clicked or submitted. An error is for whoever clicked,
// and changes nothing.
func (m Menu) Apply(d Draft, i api.Interaction) (Step, error) { return Step{}, nil }
