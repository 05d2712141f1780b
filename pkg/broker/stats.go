package broker

import "sync/atomic"

// Keys of log attributes.
const (
	keyError   = "error"
	keySubject = "subject"
	keyServer  = "server"
	keyQueue   = "queue"
	keyEpoch   = "epoch"
	keyJob     = "job_id"
	keyStream  = "stream"
	keyReason  = "reason"
)

// Stats counts what a Broker dropped, refused and repeated since it connected.
type Stats struct {
	Reconnects  uint64 `json:"reconnects"`
	AsyncErrors uint64 `json:"async_errors"` // reported outside of any call: slow consumers, refused permissions
	Foreign     uint64 `json:"foreign"`      // messages in the queue that were not ours, terminated
	Redelivered uint64 `json:"redelivered"`  // of jobs that were held: only the ack handle was replaced
	Returned    uint64 `json:"returned"`     // messages given back because they came without the lease
	Terms       uint64 `json:"terms"`        // times that this process became the active one
	Lost        uint64 `json:"lost"`         // terms that ended because the lease was lost
	Fenced      uint64 `json:"fenced"`       // writes that the server refused
	Replaced    uint64 `json:"replaced"`     // live messages that a newer one replaced before they were sent
	Dropped     uint64 `json:"dropped"`      // live messages that could not be sent, or not be read
	Repeated    uint64 `json:"repeated"`     // durable writes that were sent again
}

type counters struct {
	reconnects, asyncErrors, foreign, redelivered, returned atomic.Uint64
	terms, lost, fenced, replaced, dropped, repeated        atomic.Uint64
}

// Stats reads the counters.
func (b *Broker) Stats() Stats {
	c := &b.count
	return Stats{
		Reconnects: c.reconnects.Load(), AsyncErrors: c.asyncErrors.Load(), Foreign: c.foreign.Load(),
		Redelivered: c.redelivered.Load(), Returned: c.returned.Load(), Terms: c.terms.Load(),
		Lost: c.lost.Load(), Fenced: c.fenced.Load(), Replaced: c.replaced.Load(),
		Dropped: c.dropped.Load(), Repeated: c.repeated.Load(),
	}
}
