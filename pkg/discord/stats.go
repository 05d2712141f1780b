package discord

import (
	"discomfy/pkg/discord/api"
	"discomfy/pkg/discord/board"
	"discomfy/pkg/discord/desk"
	"discomfy/pkg/discord/source"
)

// Stats is what a replica did since it was made.
type Stats struct {
	API      api.Stats             `json:"api"`
	Board    board.Stats           `json:"board"`
	Desk     desk.Stats            `json:"desk"`
	Gateway  *source.GatewayStats  `json:"gateway,omitempty"`
	Endpoint *source.EndpointStats `json:"endpoint,omitempty"`
	// Faults is how many files have made the code that reads them panic.
	Faults uint64 `json:"faults"`
}

// Stats reads the counters.
func (in *Ingress) Stats() Stats {
	s := Stats{API: in.cfg.Client.Stats(), Board: in.board.Stats(), Desk: in.desk.Stats(), Faults: in.preparer.Faults()}
	if g := in.gateway.Load(); g != nil {
		n := g.Stats()
		s.Gateway = &n
	}
	if e := in.endpoint.Load(); e != nil {
		n := e.Stats()
		s.Endpoint = &n
	}
	return s
}
