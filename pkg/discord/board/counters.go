package board

import "sync/atomic"

// counters count since the Board was made.
type counters struct {
	edits, refusals, repeated, ends, told, parked, dropped, skipped, panics atomic.Uint64
}

// Stats is what a Board did since it was made.
type Stats struct {
	Open     int    `json:"open"`     // cards, now
	Edits    uint64 `json:"edits"`    // of cards whose job had not ended
	Refusals uint64 `json:"refusals"` // by Discord, of any kind
	Skipped  uint64 `json:"skipped"`  // edits that another replica had just made
	Repeated uint64 `json:"repeated"` // ends shown once more
	Ends     uint64 `json:"ends"`     // that Discord accepted
	Told     uint64 `json:"told"`     // of these, by a new message
	Parked   uint64 `json:"parked"`   // ends that wait for a click
	Dropped  uint64 `json:"dropped"`  // ends that had no place left to go to; the record has them
	Panics   uint64 `json:"panics"`   // faults of ours that a job has found
}

// Stats reads the counters.
func (b *Board) Stats() Stats {
	n := &b.count
	return Stats{
		Open: b.Open(), Edits: n.edits.Load(), Refusals: n.refusals.Load(), Skipped: n.skipped.Load(), Repeated: n.repeated.Load(),
		Ends: n.ends.Load(), Told: n.told.Load(), Parked: n.parked.Load(), Dropped: n.dropped.Load(), Panics: n.panics.Load(),
	}
}
