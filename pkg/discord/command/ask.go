package command

import (
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// Menu is what can be ordered, and what is taken when nothing is named. The
// zero Menu offers nothing. It is made anew for every call.
type Menu struct {
	Catalog  workflow.Catalog
	Defaults map[workflow.Kind]string // the workflow of a kind that is taken when none is named; may lack any
}

// Ask is an order as it was typed: Menu.Resolve checks it and makes the
// parameters of a request.
type Ask struct {
	Workflow string            `json:"workflow"`
	Raw      map[string]string `json:"raw,omitempty"`      // parameter → text, for Catalog.Resolve
	Pictures []Picture         `json:"pictures,omitempty"` // each for its own parameter
	Private  bool              `json:"private,omitempty"`  // card and files are for the asker and moderators
	Spoiler  bool              `json:"spoiler,omitempty"`  // result files are hidden until they are clicked
	Notes    []string          `json:"notes,omitempty"`    // sentences for the card: what was adjusted or left out

	// Setup says that too little was given to begin: the card to put the
	// order together opens (NewDraft, Menu.SetupCard).
	Setup bool `json:"-"`
}

// Picture is one picture of an order. Exactly one of URL, Result and Input
// says where its bytes are. A mask is a picture like the others, for the
// parameter that the workflow has for it.
type Picture struct {
	Param string `json:"param"`          // the workflow's picture parameter
	Mask  bool   `json:"mask,omitempty"` // not for itself, but to become the transparency of Param's picture; nothing here asks for that

	URL  string `json:"url,omitempty"` // on Discord's CDN; it expires
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty"` // media type as Discord or the record has it, not yet checked
	Size int64  `json:"size,omitempty"` // bytes, as above

	Result string `json:"result,omitempty"` // object in the results store
	Input  string `json:"input,omitempty"`  // object in the inputs store
}

// Source is a picture from which a new order is made.
type Source struct {
	Request  *job.Request // of the job that made it; nil where there is no record (any more)
	Picture  Picture
	Workflow string // that takes it; "" for the default one. A modal's card.ID.Arg says which it was made for
}
