// Package api speaks Discord's REST as the ingress uses it, by way of discordgo: it
// builds the bodies, keeps the rate limits, knows which tokens are dead, and says in
// one kind what a refusal means.
//
// Every target (an interaction's token, the edits of a channel, …) has a rate limit of
// its own, and one call at a time. Calls to different targets never wait for each
// other: discordgo alone would send all edits of the process one after another. A call
// waits for its limit as long as its context allows, and fails with the kind Limited
// and the time to wait where it does not. A 429 is never answered by another call on
// the spot.
//
// All methods may be called from any goroutine. Nothing runs in the background, so that
// there is nothing to stop. Contexts end every wait, of which there is none without a
// bound.
package api
