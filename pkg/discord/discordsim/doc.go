// Package discordsim is a fake Discord: the REST routes that an ingress uses, the gateway, interactions as a person
// makes them, the sender of signed HTTP interactions, the CDN of attachments and a page to look at it all. It enforces
// Discord's rules (three seconds, fifteen minutes, one answer, permissions, sizes, rate limits) and validates every
// request body by Discord's own OpenAPI file. It shares no type with the real side, so that the two cannot share a
// mistake.
//
// # Parts
//
// The world (world*.go) is what Discord remembers: users, guilds, channels, messages, interactions, commands. REST
// (rest*.go, route*.go) and people (person*.go) change it; the event bus (bus.go) tells the gateway, the page and
// tests. Every number that Discord does not publish is in Limits (limits.go). A request that breaks a rule of the
// protocol is noted in Violations and refused as Discord would; refusals that a well-behaved client meets too (429,
// 413, a token that died) are only counted, in Stats.
//
// # REST
//
// A request passes, in this order: faults (Break), the ban after too many invalid requests, the bot's token, the
// buckets, the size of its body, the judgement of its body (package spec), and then its route under the lock, which
// knows the three seconds, the fifteen minutes, permissions and the message that is meant. So a 429 hides what else is
// wrong, as on Discord. Where Discord's behaviour is not documented, the fake takes the stricter reading and says so
// beside it: unknown fields and an attachment that the message does not have are violations, files in an edit need
// the permission to attach, and all requests by one interaction token but the callback share a bucket. Not there:
// reactions, pins, polls, voice, stickers, the creation of channels and threads, and every route that an ingress does
// not ask; such a request is a violation.
//
// # Locks
//
// Server.mu guards the world and everything else that changes. Methods of *world and unexported functions that take
// one are called with mu held and never block, do no I/O and never lock. Exported methods of Server lock it
// themselves and may be called at any time from any goroutine. Bodies are parsed and validated, files are read and
// written, and answers are encoded without the lock. Subscribers are told while it is held, without ever waiting for
// them: a subscriber that does not keep up loses events and is told how many.
//
// A *Message is never changed once it is in the world: an edit puts a new one in its place. So a message may be kept
// and read by anybody without a lock. The same holds for *Command and for the maps and slices in them. *User, *Guild,
// *Channel and *Interaction belong to the world; what leaves it is a copy.
//
// # Time
//
// Server.Now is the clock of the fake; Advance moves it. Whatever is fifteen minutes or an hour away is compared with
// Now when it matters; nothing waits for it. Identifiers carry the time of the same clock.
//
// # End
//
// Serve returns when its context ended and nothing runs any more. Goroutines that outlive a request are started by
// Server.wg and watch Server.done.
package discordsim
