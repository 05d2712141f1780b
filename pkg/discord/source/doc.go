// Package source receives interactions from Discord: by the gateway, over a socket that
// Gateway keeps open, or by the HTTP endpoint, where Discord calls Endpoint. Both hand
// each interaction to one Handler.
//
// Any number of replicas may hold a gateway with the same token and shard. Each gets
// every interaction, so that the Handler must claim it; a resumed connection may also
// bring one twice. Interactions are handed over side by side, each in a goroutine of
// its own, at most so many at once; what comes beyond is dropped and counted.
//
// Gateway.Run returns when its context has ended, the connection is closed and all
// handlers have returned, or when there is something that only a person can mend. An
// Endpoint handles inside the request: the server's Shutdown waits for it.
//
// discordgo's session locks itself up for ever where Discord answers IDENTIFY or RESUME
// by "invalid session" or "reconnect" (bwmarrin/discordgo #1694). A watchdog sees that,
// closes the socket under it and begins another session. One goroutine of discordgo
// stays behind each time, which nothing can end; Run gives up after so many of them.
package source
