package broker

import "context"

// The failpoints at which Config.Hook is called: a test blocks, freezes or
// kills there. Each Before is the moment before a durable write is sent, each
// After the moment after it was answered, whatever the answer was.
const (
	BeforeSubmit  = "broker.submit.before" // the publish of a job
	AfterSubmit   = "broker.submit.after"
	BeforeAcquire = "broker.lease.acquire.before" // the first publish of a lease
	AfterAcquire  = "broker.lease.acquire.after"
	BeforeRenew   = "broker.lease.renew.before"
	AfterRenew    = "broker.lease.renew.after"
	BeforeRelease = "broker.lease.release.before"
	AfterRelease  = "broker.lease.release.after"
	BeforeEpoch   = "broker.epoch.before"
	AfterEpoch    = "broker.epoch.after"
	BeforeReset   = "broker.consumer.reset.before" // the consumer is reset at take-over and after each reconnect
	AfterReset    = "broker.consumer.reset.after"
	BeforeState   = "broker.state.before" // an open state
	AfterState    = "broker.state.after"
	BeforeEnd     = "broker.end.before" // a terminal state
	AfterEnd      = "broker.end.after"
	BeforeDone    = "broker.done.before" // the acknowledgement that takes a job out of the queue
	AfterDone     = "broker.done.after"
	BeforeValue   = "broker.value.before" // client id, catalog, memory
	AfterValue    = "broker.value.after"
	BeforeChunk   = "broker.object.chunk.before" // each piece of a stored file
	BeforeMeta    = "broker.object.meta.before"  // the entry that makes a file visible
	AfterMeta     = "broker.object.meta.after"
)

// at calls the failpoint hook.
func (b *Broker) at(ctx context.Context, point string) {
	if b.cfg.Hook != nil {
		b.cfg.Hook(ctx, point)
	}
}
