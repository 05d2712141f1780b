// Package discord is the Discord ingress: it turns what people do on Discord
// into jobs, and shows there what becomes of them.
//
// Its rooms: source receives interactions, desk answers them, command and card
// know the words and shapes of what goes in and out, reply is where a job is
// answered, board keeps the cards true, delivery makes files fit, catalog knows
// what can be ordered, and api speaks Discord's REST. Here they are put
// together, the commands are registered, and the beginning and the end have
// their order.
//
// Ingress.Run returns when its context has ended and everything that it started
// has too: first no interaction is taken any more, then what was begun is
// answered, then the cards are left to the other replicas.
package discord
