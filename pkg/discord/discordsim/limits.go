package discordsim

import "time"

const mib = 1 << 20

// Bucket allows Burst requests in Per.
type Bucket struct {
	Burst int
	Per   time.Duration
}

// Limits are the numbers by which this Discord refuses. Those that Discord documents say so; the others are
// assumptions from what people observed, and live nowhere else. A zero Bucket does not limit.
type Limits struct {
	AckWithin  time.Duration // 3 s, documented: first answer to an interaction
	TokenLives time.Duration // 15 min, documented

	Global       Bucket // 50 in 1 s a bot, documented; interaction routes are free of it
	Token        Bucket // assumed 5 in 2 s: edits and follow-ups of one interaction token
	Callback     Bucket // assumed: a callback has a bucket of its own, as wide as Token
	Send         Bucket // assumed 5 in 5 s: new messages of a channel by bot token
	Edit         Bucket // assumed 5 in 5 s: edits in a channel by bot token
	OldEdit      Bucket // assumed 3 in 6 s: edits in a channel of messages older than OldAfter; answers 30046
	OldAfter     time.Duration
	Delete       Bucket // assumed 5 in 1 s: deletions in a channel
	Other        Bucket // assumed: any other route
	CommandsADay int    // 200 creations a day and guild, documented
	Identify     int    // 1000 a day, documented
	Concurrency  int    // max_concurrency: identifies in 5 s

	FileSize        [4]int64 // bytes of one file by boost tier: 10, 10, 50, 100 MiB
	RequestSize     int64    // 25 MiB, documented for new messages
	Followups       int      // 5, documented: of an interaction that only the user's installation authorises
	Invalid         int      // 10,000 in InvalidPer of 401, 403, 429, documented; then everything answers 429
	InvalidPer      time.Duration
	NonceFor        time.Duration // assumed: how long enforce_nonce remembers
	LinkLives       time.Duration // assumed a day: signed addresses of attachments
	InlineSettles   time.Duration // how long other routes do not know an inline answer, if InlineRace is on
	MessagesPerRoom int           // the fake's own bound: older messages of a channel are forgotten
	Interactions    int           // the fake's own bound: older ones are forgotten
	FileBytes       int64         // the fake's own bound: all attachments together; the oldest are forgotten
}

// DefaultLimits are those of a Discord as we know or assume it.
func DefaultLimits() Limits {
	return Limits{
		AckWithin: 3 * time.Second, TokenLives: 15 * time.Minute,
		Global: Bucket{50, time.Second},
		Token:  Bucket{5, 2 * time.Second}, Callback: Bucket{5, 2 * time.Second},
		Send: Bucket{5, 5 * time.Second}, Edit: Bucket{5, 5 * time.Second},
		OldEdit: Bucket{3, 6 * time.Second}, OldAfter: time.Hour,
		Delete: Bucket{5, time.Second}, Other: Bucket{30, time.Second},
		CommandsADay: 200, Identify: 1000, Concurrency: 1,
		FileSize: [4]int64{10 * mib, 10 * mib, 50 * mib, 100 * mib}, RequestSize: 25 * mib,
		Followups: 5, Invalid: 10_000, InvalidPer: 10 * time.Minute,
		NonceFor: 5 * time.Minute, LinkLives: 24 * time.Hour, InlineSettles: 2 * time.Second,
		MessagesPerRoom: 20_000, Interactions: 20_000, FileBytes: 512 * mib,
	}
}

// tier is the size of one file in a guild of a boost tier.
func (l *Limits) tier(n int) int64 { return l.FileSize[min(max(n, 0), len(l.FileSize)-1)] }
