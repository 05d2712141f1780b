package broker

import (
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
)

// What only the Discord ingress needs. Replies hold interaction tokens, so
// that no other role may read their stream.
const (
	repliesStream = "DISCOMFY_REPLIES"
	claimsStream  = "DISCOMFY_CLAIMS"

	replyAge = 14 * day // outlives a job that waits for five days, and its results
	draftAge = day
	orderAge = 20 * time.Minute // longer than Discord takes answers to what asked for it

	// renderWait is how long a state may stay with a replica that is silent.
	renderWait = 30 * time.Second
	// renderPending bounds the states of a partition that are being shown. The
	// state of every job that waits is one of them, so that it is more than any
	// queue is meant to hold: beyond it ends would not be delivered any more.
	renderPending = 20_000
)

// A replica prefers some partitions; groups are what the server calls those
// who share a consumer by preference.
const (
	renderGroup = "render"
	cardGroup   = "card"
)

func renderConsumer(p int) string { return renderGroup + "-" + strconv.Itoa(p) }
func cardConsumer(p int) string   { return cardGroup + "-" + strconv.Itoa(p) }

// withDiscord adds the streams and the consumers of the Discord ingress.
func withDiscord(assets []asset) []asset {
	for i := range assets {
		switch assets[i].stream.Name {
		case stateStream:
			assets[i].consumers = append(assets[i].consumers, perPartitionConsumers(renderOf)...)
		case progressStream:
			assets[i].consumers = append(assets[i].consumers, perPartitionConsumers(cardOf)...)
		}
	}
	return append(assets, repliesAsset(), claimsAsset())
}

func perPartitionConsumers(of func(p int) jetstream.ConsumerConfig) []jetstream.ConsumerConfig {
	var all []jetstream.ConsumerConfig
	for p := range job.Partitions {
		all = append(all, of(p))
	}
	return all
}

// renderOf begins with the last state of each job: what happened before the
// consumer was made, or while it was absent, may still have to be shown.
func renderOf(p int) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:        renderConsumer(p),
		Description:    "States of partition " + strconv.Itoa(p) + " on their way to Discord; one replica at a time shows a job",
		FilterSubject:  perPartition(KindState, p),
		DeliverPolicy:  jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        renderWait,
		MaxAckPending:  renderPending,
		MaxDeliver:     -1,
		PriorityPolicy: jetstream.PriorityPolicyPrioritized,
		PriorityGroups: []string{renderGroup},
		Metadata:       metadata(),
	}
}

// cardOf needs no acknowledgement: the next tick replaces the last.
func cardOf(p int) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:        cardConsumer(p),
		Description:    "Progress of partition " + strconv.Itoa(p) + " on its way to Discord; the next tick goes elsewhere when a replica dies",
		FilterSubject:  perPartition(KindProgress, p),
		DeliverPolicy:  jetstream.DeliverNewPolicy,
		AckPolicy:      jetstream.AckNonePolicy,
		MaxDeliver:     -1,
		PriorityPolicy: jetstream.PriorityPolicyPrioritized,
		PriorityGroups: []string{cardGroup},
		Metadata:       metadata(),
	}
}

func repliesAsset() asset {
	s := base(repliesStream, "Where to answer whom, with Discord's interaction tokens: for the ingress alone; drafts of set-up cards, what replicas are about to answer",
		allOf(KindReply, 1), allOf(KindDraft, 1), allOf(KindOrder, 1))
	s.MaxMsgsPerSubject = 1
	s.MaxAge = replyAge
	s.AllowMsgTTL = true
	return asset{stream: s}
}

// claimsAsset refuses a second message of a subject: the first replica to
// publish has the claim.
func claimsAsset() asset {
	s := base(claimsStream, "Who handles an interaction, and what replicas share for moments; the first to publish has it", allOf(KindClaim, 1))
	s.Discard = jetstream.DiscardNew
	s.MaxMsgsPerSubject = 1
	s.DiscardNewPerSubject = true
	s.MaxAge = LongestClaim
	s.AllowMsgTTL = true
	s.Duplicates = LongestClaim
	return asset{stream: s}
}
