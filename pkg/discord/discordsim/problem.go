package discordsim

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
)

// problem is the rule that a message breaks, of those that the body of the request alone does not show; "" where there
// is none.
func (m *Message) problem(old *Message) string {
	if len(m.Attachments) > 10 {
		return fmt.Sprintf("%d attachments, at most 10 (30015)", len(m.Attachments))
	}
	second := m.Flags&FlagComponentsV2 != 0
	if second && (m.Content != "" || len(m.Embeds) > 0) {
		return "content and embeds cannot be used with the flag IS_COMPONENTS_V2"
	}
	if m.empty(second) {
		return "cannot send an empty message (50006)"
	}
	return cmp.Or(m.wrongComponent(second), m.missingFile(old))
}

func (m *Message) empty(second bool) bool {
	if second {
		return len(m.Components) == 0
	}
	return strings.TrimSpace(m.Content) == "" && len(m.Embeds) == 0 && len(m.Attachments) == 0 && len(m.Components) == 0
}

func (m *Message) wrongComponent(second bool) string {
	for _, c := range m.Components {
		if t := intOf(c, "type"); t != 1 && !second {
			return fmt.Sprintf("a component of type %d needs the flag IS_COMPONENTS_V2", t)
		}
	}
	return ""
}

// missingFile: attachment:// names an attachment that the message has. An embed that was there before may show one
// that is gone; that is how pictures die.
func (m *Message) missingFile(old *Message) string {
	if reflect.DeepEqual(m.Embeds, old.Embeds) {
		return ""
	}
	for _, name := range m.shown() {
		if m.attachment(name) == nil {
			return attachmentScheme + name + " is not attached"
		}
	}
	return ""
}

// alike says whether people see no difference.
func (m *Message) alike(old *Message) bool {
	if m.Content != old.Content || m.Flags != old.Flags || len(m.Attachments) != len(old.Attachments) {
		return false
	}
	for i, a := range m.Attachments {
		if a.ID != old.Attachments[i].ID {
			return false
		}
	}
	return reflect.DeepEqual(m.Embeds, old.Embeds) && reflect.DeepEqual(m.Components, old.Components)
}
