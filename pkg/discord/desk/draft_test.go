package desk

import (
	"encoding/json"
	"testing"

	"discomfy/pkg/discord/command"
)

func TestADraftTellsWhichClickHasChangedIt(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(storedDraft{Draft: command.Draft{ID: "1", Asker: "2", Pages: map[string]int{"lora": 3}}, By: "9"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := command.ParseDraft(data)
	if err != nil || d.ID != "1" || d.Pages["lora"] != 3 || lastClick(data) != "9" {
		t.Errorf("read %+v of click %q, %v", d, lastClick(data), err)
	}
	if old, err := json.Marshal(d); err != nil || lastClick(old) != "" || lastClick([]byte("{")) != "" {
		t.Errorf("what tells no click is read as one: %s, %v", old, err)
	}
}
