package proof

import (
	"encoding/json"
	"time"
)

// entryOf is a line of Discord's journal.
type entryOf struct {
	Event       string          `json:"event"`
	At          time.Time       `json:"at"`
	Text        string          `json:"text"`
	Message     *messageEntry   `json:"message"`
	Request     *requestEntry   `json:"request"`
	Interaction json.RawMessage `json:"interaction"`
}

// interactionEntry is an interaction, or its answer.
type interactionEntry struct {
	ID      string    `json:"id"`
	Kind    int       `json:"kind"`
	User    string    `json:"user"`
	Guild   string    `json:"guild"`
	Channel string    `json:"channel"`
	Message string    `json:"message"`
	Command string    `json:"command"`
	Answer  int       `json:"answer"`
	Acked   time.Time `json:"acked"`
	Data    struct {
		Button  string        `json:"custom_id"`
		Options []optionEntry `json:"options"`
	} `json:"data"`
}

type optionEntry struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// messageEntry is a look of a message.
type messageEntry struct {
	ID          string           `json:"id"`
	Channel     string           `json:"channel"`
	Author      string           `json:"author"`
	Interaction string           `json:"interaction"`
	Asker       string           `json:"asker"`
	Reference   string           `json:"reference"`
	For         string           `json:"for"`
	Flags       int              `json:"flags"`
	Pinged      []string         `json:"pinged"`
	Everyone    bool             `json:"everyone"`
	Content     string           `json:"content"`
	Embeds      []embedEntry     `json:"embeds"`
	Components  []componentEntry `json:"components"`
	Attachments []fileEntry      `json:"attachments"`
}

type embedEntry struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Color       int    `json:"color"`
	Footer      struct {
		Text string `json:"text"`
	} `json:"footer"`
	Fields []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"fields"`
}

type componentEntry struct {
	CustomID   string           `json:"custom_id"`
	Content    string           `json:"content"`
	Components []componentEntry `json:"components"`
	Accessory  *componentEntry  `json:"accessory"`
}

type fileEntry struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
	Shown  bool   `json:"shown"`
}

type requestEntry struct {
	Host   string  `json:"host"`
	Route  string  `json:"route"`
	Path   string  `json:"path"`
	Status int     `json:"status"`
	Code   int     `json:"code"`
	Took   float64 `json:"took"` // seconds
}
