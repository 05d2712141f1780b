// Package api speaks Discord's REST as the ingress uses it, by way of discordgo.
package api
