package discord

import (
	"cmp"
	"log/slog"
	"net/url"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/source"
	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// Config holds the settings of an Ingress. Client and Broker are needed.
type Config struct {
	Client *api.Client
	Broker *broker.Broker
	Queue  job.Queue // defaults to job.DefaultQueue

	// Endpoint lets Discord send interactions by HTTP, to Ingress.Handler,
	// instead of by the gateway.
	Endpoint bool
	// Gateway holds the shard, and times that only tests want otherwise.
	Gateway source.GatewayConfig

	// Guilds may use the bot; none means all. Commands are registered for these
	// guilds alone, unless they are offered outside of guilds too: there they are
	// for members of these guilds.
	Guilds         []string
	DirectMessages bool // the bot may be used in direct messages with it
	UserInstall    bool // people may install it for themselves, and use it anywhere

	ModeratorRole  string                   // moderators are those with this role too
	OthersMayClick bool                     // buttons that order something are for everybody
	MaxWaiting     int                      // jobs that one person may have waiting; defaults to 5
	FetchBy        time.Duration            // an order's pictures are fetched and stored within; defaults to 20 s
	TellAfter      time.Duration            // after which a result is a new message that mentions its asker; defaults to 1 min, negative is never
	Defaults       map[workflow.Kind]string // workflows that are taken when none is named; may lack any

	PublicURL *url.URL // under which Handler is reached from anywhere; nil: no links
	Secrets   [][]byte // sign links, the first one; all replicas have the same
	Strip     bool     // take prompt and graph out of the files that are sent
	FFmpeg    string   // path of the program; "" means that there is none
	Temp      string   // folder for large files; defaults to the system's

	Name    string // of this replica, as /status shows it
	Version string
	Now     func() time.Time // of tokens and messages; defaults to time.Now
	Log     *slog.Logger     // defaults to nowhere
}

func (c Config) withDefaults() Config {
	c.Queue = cmp.Or(c.Queue, job.DefaultQueue)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// perGuild reports that commands are registered for each guild: there they
// appear at once, and nowhere else.
func (c Config) perGuild() bool { return len(c.Guilds) > 0 && !c.DirectMessages && !c.UserInstall }
