package discordsim

import (
	"crypto/rand"
	"encoding/hex"
)

// Object is a JSON object that the fake keeps as it came: an embed, a component, a modal.
type Object = map[string]any

// world is what Discord remembers. Its methods are called with Server.mu held.
type world struct {
	clock        *clock
	last         ID // the newest identifier
	app          Application
	users        map[ID]*User
	guilds       map[ID]*Guild
	channels     map[ID]*Channel
	messages     map[ID]*Message
	interactions map[ID]*Interaction
	byToken      map[string]*Interaction
	recent       []ID                   // interactions, oldest first
	commands     map[ID]map[ID]*Command // by guild (0: global) and id
	nonces       map[nonceKey]nonceUse
	created      map[ID]creations // commands by guild
}

func newWorld(c *clock) *world {
	return &world{
		clock: c,
		users: map[ID]*User{}, guilds: map[ID]*Guild{}, channels: map[ID]*Channel{}, messages: map[ID]*Message{},
		interactions: map[ID]*Interaction{}, byToken: map[string]*Interaction{},
		commands: map[ID]map[ID]*Command{}, nonces: map[nonceKey]nonceUse{}, created: map[ID]creations{},
	}
}

// newID makes the next identifier of the present.
func (w *world) newID() ID { return w.nextID(w.clock.now()) }

// secret makes an unguessable string of n hexadecimal digits.
func secret(n int) string {
	b := make([]byte, (n+1)/2)
	_, _ = rand.Read(b) // never fails; crypto/rand ends the program where there is no entropy
	return hex.EncodeToString(b)[:n]
}
