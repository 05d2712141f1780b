package terminal_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"discomfy/pkg/terminal"
	"discomfy/pkg/workflow"
)

func choices(labels ...string) []workflow.Choice {
	var all []workflow.Choice
	for _, l := range labels {
		all = append(all, workflow.Choice{Label: l, Value: workflow.NewValue(l)})
	}
	return all
}

func shop() []workflow.Offer {
	return []workflow.Offer{
		{Manifest: workflow.Manifest{Name: "paint", Title: "Paint", Kind: workflow.KindImage, Description: "Paints.", Parameters: []workflow.Parameter{
			{Name: "prompt", Type: workflow.TypeText, Required: true, MaxLength: 100, Help: "What to paint."},
			{Name: "steps", Type: workflow.TypeInteger, Min: "1", Max: "50", Step: "1", Default: workflow.NewValue(json.Number("20"))},
			{Name: "model", Type: workflow.TypeChoice, Choices: choices("a", "b\x1b[2J")},
			{Name: "lora", Type: workflow.TypeChoice, Open: true},
			{Name: "many", Type: workflow.TypeChoice, Choices: choices(strings.Split("abcdefghijkl", "")...)},
			{Name: "photo", Type: workflow.TypePicture, Required: true},
		}}},
		{Manifest: workflow.Manifest{Name: "broken"}, Problems: []workflow.Problem{{Workflow: "broken", Text: "the server has no node class X"}}},
	}
}

func TestOffersAreListedALineEach(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := terminal.WriteOffers(&out, shop()); err != nil {
		t.Fatal(err)
	}
	want := `paint   image    Paint  prompt=… --image photo=PATH  [steps model lora many]
broken
        cannot be used: the server has no node class X
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("the list differs (-want +got):\n%s", diff)
	}
}

func TestAnOfferTellsWhatIsAllowed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := terminal.WriteOffer(&out, shop()[0]); err != nil {
		t.Fatal(err)
	}
	want := `paint  Paint
Paints.

  prompt  text, required, up to 100 characters
          What to paint.
  steps   integer, 1 to 50, in steps of 1, default 20
  model   choice, one of a | b
  lora    choice, what the server has
  many    choice, one of a | b | c | d | e | f | g | h | … 4 more
  photo   picture, required
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("the text differs (-want +got):\n%s", diff)
	}
}
