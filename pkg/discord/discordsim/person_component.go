package discordsim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Types of components that people use.
const (
	componentRow        = 1
	componentButton     = 2
	componentSelect     = 3
	componentText       = 4
	componentUsers      = 5
	componentRoles      = 6
	componentMentions   = 7
	componentChannels   = 8
	componentLabel      = 18
	componentFiles      = 19
	componentRadio      = 21
	componentCheckboxes = 22
	componentCheckbox   = 23
)

// Styles of buttons that make no interaction.
const (
	buttonLink    = 5
	buttonPremium = 6
)

// Click presses a button of a message.
func (s *Server) Click(_ context.Context, user, message ID, customID string) (ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, c, err := s.use(user, message, customID)
	switch {
	case err != nil:
		return 0, err
	case intOf(c, "type") != componentButton:
		return 0, fmt.Errorf("component %q is no button", customID)
	case intOf(c, "style") == buttonLink || intOf(c, "style") == buttonPremium:
		return 0, fmt.Errorf("button %q opens a page", customID)
	}
	return s.launch(i, Object{"component_type": componentButton, "custom_id": customID, "id": intOf(c, "id")}), nil
}

// Select chooses values in a select menu of a message: those of its options, or identifiers as text.
func (s *Server) Select(_ context.Context, user, message ID, customID string, values ...string) (ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, c, err := s.use(user, message, customID)
	if err != nil {
		return 0, err
	}
	f := filler{s: s, i: i, resolved: Object{}}
	if err := f.choose(c, values); err != nil {
		return 0, fmt.Errorf("select %q: %w", customID, err)
	}
	data := Object{"component_type": intOf(c, "type"), "custom_id": customID, "id": intOf(c, "id"), "values": values}
	f.addResolved(data)
	return s.launch(i, data), nil
}

// use finds a component of a message that the user sees, and begins the interaction.
func (s *Server) use(user, message ID, customID string) (*Interaction, Object, error) {
	w := s.world
	m := w.messages[message]
	if m == nil || m.Ephemeral() && m.For != user {
		return nil, nil, fmt.Errorf("message %s: user %s sees no such message", message, user)
	}
	var c Object
	for found := range nested(m.Components) {
		if textOf(found, "custom_id") == customID {
			c = found
			break
		}
	}
	if c == nil || customID == "" {
		return nil, nil, fmt.Errorf("message %s has no component %q", message, customID)
	}
	if boolOr(c, "disabled", false) {
		return nil, nil, fmt.Errorf("component %q is disabled", customID)
	}
	i, err := s.present(user, m.Channel, ComponentInteraction)
	if err != nil {
		return nil, nil, err
	}
	i.Message = m.ID
	i.Owners = s.ownersOfMessage(i, m)
	return i, c, nil
}

// ownersOfMessage are those of the interaction that made a message; a message of the bot alone belongs to the guild.
func (s *Server) ownersOfMessage(i *Interaction, m *Message) map[string]string {
	if made := s.world.interactions[m.Interaction]; made != nil {
		return maps.Clone(made.Owners)
	}
	return s.owners(i, []int{guildInstall})
}

// choose checks the values of a select menu as the client does.
func (f *filler) choose(c Object, values []string) error {
	least, most := intOr(c, "min_values", 1), intOr(c, "max_values", 1)
	if len(values) < least || len(values) > most {
		return fmt.Errorf("%d to %d values, not %d", least, most, len(values))
	}
	for n, v := range values {
		if slices.Contains(values[:n], v) {
			return fmt.Errorf("%q is chosen twice", v)
		}
		if err := f.chooseOne(c, v); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) chooseOne(c Object, value string) error {
	kinds := map[int]int{
		componentUsers: optionUser, componentRoles: optionRole, componentMentions: optionMention, componentChannels: optionChannel,
	}
	kind := intOf(c, "type")
	if kind == componentSelect || kind == componentRadio || kind == componentCheckboxes {
		if !slices.ContainsFunc(objectsOf(c, "options"), func(o Object) bool { return textOf(o, "value") == value }) {
			return fmt.Errorf("%q is none of its options", value)
		}
		return nil
	}
	if kinds[kind] == 0 {
		return errors.New("it is no select menu")
	}
	id, err := ParseID(value)
	if err != nil {
		return err
	}
	_, err = f.mention(kinds[kind], id)
	return err
}
