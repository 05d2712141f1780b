package reply

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/job"
)

// Handle says where a job is answered, who asked, and what was answered so
// far. Its JSON form is stored under the job's id for 14 days; a new field's
// zero value means what was meant before the field existed.
type Handle struct {
	Job         job.ID    `json:"job"`
	Interaction string    `json:"interaction"` // that asked
	Asked       time.Time `json:"asked"`
	Asker       string    `json:"asker"` // Discord user id
	Locale      string    `json:"locale,omitempty"`

	Guild    string `json:"guild,omitempty"`
	Channel  string `json:"channel"`
	Context  int    `json:"context"`   // 0 guild, 1 direct messages with the bot, 2 another private channel
	BotEdits bool   `json:"bot_edits"` // the bot's own token can edit a public answer there
	BotPosts bool   `json:"bot_posts"` // it can send a message with files there
	Limit    int64  `json:"limit"`     // bytes of one file

	Private  bool     `json:"private"`            // the job is for its owner and moderators
	Spoiler  bool     `json:"spoiler,omitempty"`  // result files are hidden until they are clicked
	Wordless bool     `json:"wordless,omitempty"` // AutoMod has refused what was typed
	Notes    []string `json:"notes,omitempty"`    // for the card

	App       string    `json:"app"`
	Token     string    `json:"token"` // the newest that changes the card
	TokenDies time.Time `json:"token_dies"`
	// Card is what the token's @original means: every answer that is kept here
	// made the card, or was a click on it.
	Card      string `json:"card,omitempty"`      // message id; empty until Discord said it
	Ephemeral bool   `json:"ephemeral,omitempty"` // the card is seen by the asker alone

	// Opening is since when the first card may be on its way as an edit, which may arrive late; zero where none is.
	Opening time.Time `json:"opening,omitzero"`

	Lost   bool   `json:"lost,omitempty"` // Discord took no answer to the interaction: there is no card
	Gone   bool   `json:"gone,omitempty"` // the card was deleted
	Ending Ending `json:"ending,omitzero"`
}

// Ending is what was done so far about a job's end.
type Ending struct {
	InCard bool      `json:"in_card,omitempty"` // the card itself carries the result; what is in Sent are further messages
	First  int       `json:"first,omitempty"`   // files that the card itself carries, the first of the result
	Sent   []Sent    `json:"sent,omitempty"`    // new messages, in order
	Trying int       `json:"trying,omitempty"`  // 1 and the index in Sent of a message that may have been sent, and cannot be recognised
	Parked bool      `json:"parked,omitempty"`  // only a click's token can show it
	Done   time.Time `json:"done,omitzero"`     // Discord has accepted it wholly, or nothing more can be done
	Erased bool      `json:"erased,omitempty"`  // the messages and files were deleted on demand

	// Look is when the card is looked at once more after the end was shown, by the replicas' clocks, because an edit of
	// somebody else may have been on its way; zero where it need not be. Edited is what Discord said of the last edit.
	Look   time.Time `json:"look,omitzero"`
	Edited time.Time `json:"edited,omitzero"`

	// Holder is the replica that delivers now, and Until when it does at the
	// latest, by the replicas' clocks: another one waits until then.
	Holder string    `json:"holder,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}

// Over reports that nothing is left to deliver.
func (e Ending) Over() bool { return !e.Done.IsZero() || e.Erased }

// Seize takes the delivery for a while, unless somebody else has it.
func (e *Ending) Seize(who string, now time.Time, lasts time.Duration) bool {
	if e.Holder != "" && e.Holder != who && now.Before(e.Until) {
		return false
	}
	e.Holder, e.Until = who, now.Add(lasts).UTC()
	return true
}

// Release gives the delivery up.
func (e *Ending) Release(who string) {
	if e.Holder == who {
		e.Holder, e.Until = "", time.Time{}
	}
}

// Main is the message that carries the result in place of the card; false
// where there is none.
func (e Ending) Main() (Sent, bool) {
	i := slices.IndexFunc(e.Sent, func(s Sent) bool { return s.Main })
	if i < 0 {
		return Sent{}, false
	}
	return e.Sent[i], true
}

// Has reports whether a message carries the n-th file of the result, counted
// from 0.
func (e Ending) Has(n int) bool {
	return n < e.First || slices.ContainsFunc(e.Sent, func(s Sent) bool { return s.From <= n && n < s.From+s.Files })
}

// Add notes a message that was sent; one that is known already counts once.
// Where it is the main one the card carries no files any more.
func (e *Ending) Add(s Sent) {
	e.Trying = 0
	if s.Main {
		e.InCard, e.First = false, 0
	}
	if !slices.ContainsFunc(e.Sent, func(o Sent) bool { return o.Message == s.Message }) {
		e.Sent = append(e.Sent, s)
	}
}

// Sent is a message that carries a part of a result.
type Sent struct {
	Channel string `json:"channel"`
	Message string `json:"message"`
	Main    bool   `json:"main,omitempty"` // it carries the result in place of the card
	From    int    `json:"from,omitempty"` // which file of the result is its first, counted from 0
	Files   int    `json:"files"`          // how many it carries
	Tail    bool   `json:"tail,omitempty"` // another answer to the interaction
}

// New is the handle of a job that an interaction asks for.
func New(id job.ID, i api.Interaction) Handle {
	h := Handle{
		Job: id, Interaction: i.ID, Asked: i.Created(), Asker: i.Asker().ID, Locale: string(i.Locale),
		Guild: i.GuildID, Channel: i.ChannelID, Context: int(i.Context), Limit: i.SizeLimit,
	}
	h.Renew(i)
	return h
}

// Renew takes the token of an interaction that was answered by changing the
// card, or that asked for it.
func (h *Handle) Renew(i api.Interaction) {
	t := i.Access()
	h.BotEdits, h.BotPosts = i.BotCanEdit(), i.BotCanPost()
	h.App, h.Token, h.TokenDies = t.App, t.Token, t.Dies
	h.Ending.Parked = false
}

// Parse reads a stored handle.
func Parse(data []byte) (Handle, error) {
	var h Handle
	if err := json.Unmarshal(data, &h); err != nil {
		return Handle{}, fmt.Errorf("read a reply handle: %w", err)
	}
	return h, nil
}

// Access is the token as api wants it.
func (h Handle) Access() api.Token { return api.Token{App: h.App, Token: h.Token, Dies: h.TokenDies} }

// LogValue leaves the token out.
func (h Handle) LogValue() slog.Value {
	return slog.GroupValue(slog.String("job_id", h.Job.String()), slog.String("channel", h.Channel), slog.String("message", h.Card))
}

// ByToken reports whether an interaction's token still changes the card.
func (h Handle) ByToken(now time.Time) bool { return h.Access().Alive(now) }

// ByBot reports whether the bot's own token can change the card: never one that
// the asker alone sees.
func (h Handle) ByBot() bool { return h.BotEdits && !h.Ephemeral && !h.Private }

// CanPost reports whether the bot may send a message with files to the
// channel, where everybody sees it.
func (h Handle) CanPost() bool { return h.BotPosts && !h.Ephemeral && !h.Private }

// InBotDM reports whether it was asked in direct messages with the bot.
func (h Handle) InBotDM() bool { return h.Context == int(discordgo.InteractionContextBotDM) }

// URL is the address of a message, as Discord's clients open it.
func (h Handle) URL(channel, message string) string {
	guild := h.Guild
	if guild == "" {
		guild = "@me"
	}
	return strings.Join([]string{"https://discord.com/channels", guild, channel, message}, "/")
}
