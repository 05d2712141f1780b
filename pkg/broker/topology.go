package broker

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"discomfy/pkg/job"
)

// Names of the assets. A queue other than the default one has a stream of its
// own for its jobs.
const (
	jobsStream     = "DISCOMFY_JOBS"
	stateStream    = "DISCOMFY_STATE"
	progressStream = "DISCOMFY_PROGRESS"
	inputsBucket   = "DISCOMFY_INPUTS"
	resultsBucket  = "DISCOMFY_RESULTS"
	bridgeConsumer = "bridge"

	bucketPrefix = "OBJ_" // an object store is a stream of this name (ADR-20)
)

const (
	day = 24 * time.Hour

	stateAge    = 90 * day
	progressAge = time.Hour
	fileAge     = 7 * day
	ackWait     = 5 * time.Minute

	// statesPerJob bounds how much of a job's history is kept.
	statesPerJob = 8

	defaultMaxJobs      = 2000
	defaultResultsBytes = 8 << 30
	defaultInputsBytes  = 2 << 30
	// minBucketBytes is where the search for a size that fits the server's
	// store ends.
	minBucketBytes = 64 << 20
)

// schema is raised when stored data changes its meaning.
const schema = "1"

func jobsStreamOf(q job.Queue) string {
	if q == job.DefaultQueue {
		return jobsStream
	}
	return jobsStream + "_" + string(q)
}

// asset is a stream as it shall be, with its consumers.
type asset struct {
	stream    jetstream.StreamConfig
	consumers []jetstream.ConsumerConfig
	shrinks   bool // its size is a wish: less is taken where the server has less
}

func topology(c InitConfig) []asset {
	assets := []asset{
		stateAsset(),
		progressAsset(),
		bucketAsset(resultsBucket, "Files that jobs produced: <job id>/<epoch>-<n>.<ext>", c.ResultsBytes, defaultResultsBytes),
		bucketAsset(inputsBucket, "Pictures that users attached, named by their content", c.InputsBytes, defaultInputsBytes),
	}
	for _, q := range c.Queues {
		assets = append(assets, jobsAsset(q, c.MaxJobs))
	}
	if c.Discord {
		assets = withDiscord(assets)
	}
	return assets
}

func jobsAsset(q job.Queue, maxJobs int) asset {
	s := base(jobsStreamOf(q), "Jobs of queue "+string(q)+": exactly those that wait or run", jobsOf(q))
	s.Retention = jetstream.WorkQueuePolicy
	s.Discard = jetstream.DiscardNew
	s.MaxMsgsPerSubject = 1
	s.DiscardNewPerSubject = true
	s.MaxMsgs = int64(maxJobs)
	s.MaxMsgSize = job.MaxRequest + 1<<10 // and its headers
	s.Duplicates = time.Hour
	s.Metadata["app.queue"] = string(q)
	return asset{stream: s, consumers: []jetstream.ConsumerConfig{{
		Durable:       bridgeConsumer,
		Description:   "The active bridge of queue " + string(q) + "; it holds every job unacknowledged until the job has ended",
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxAckPending: maxJobs,
		MaxDeliver:    -1, // deliveries count bridges that restarted, not attempts of the job
		Metadata:      metadata(),
	}}}
}

// stateAsset has neither MaxMsgs nor MaxBytes: they would evict the epoch, and
// every fenced write would fail from then on. Direct reads are off because
// they may be stale in a cluster.
func stateAsset() asset {
	s := base(stateStream, "States of jobs; per queue the lease, the epoch that fences, client id, catalog and learned durations",
		allOf(KindState, 2), allOf(KindLease, 1), allOf(KindEpoch, 1),
		allOf(KindBridge, 1), allOf(KindCatalog, 1), allOf(KindMemory, 1))
	s.MaxMsgsPerSubject = statesPerJob
	s.MaxAge = stateAge
	s.AllowMsgTTL = true
	s.Duplicates = time.Hour
	return asset{stream: s}
}

func progressAsset() asset {
	s := base(progressStream, "Last progress and preview of each job, last snapshot of each queue; lossy",
		allOf(KindProgress, 2), allOf(KindPreview, 2), allOf(KindQueue, 1))
	s.MaxMsgsPerSubject = 1
	s.MaxAge = progressAge
	s.NoAck = true
	s.AllowDirect = true
	s.PersistMode = jetstream.AsyncPersistMode // it is lossy: thousands of ticks a second must not wait for the disk
	return asset{stream: s}
}

// bucketAsset is the stream of an object store, in the form of ADR-20.
func bucketAsset(bucket, description string, bytes, standard int64) asset {
	s := base(bucketPrefix+bucket, description, "$O."+bucket+".C.>", "$O."+bucket+".M.>")
	s.Discard = jetstream.DiscardNew
	s.MaxAge = fileAge
	s.MaxBytes = bytes
	s.AllowRollup = true
	s.AllowDirect = true
	if bytes == 0 {
		s.MaxBytes = standard
	}
	return asset{stream: s, shrinks: bytes == 0}
}

// base is what all streams have in common. All are files: a memory stream
// vanishes with its configuration when a single server restarts.
func base(name, description string, subjects ...string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: name, Description: description, Subjects: subjects, Metadata: metadata(),
		Storage:   jetstream.FileStorage,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		MaxMsgs: -1, MaxBytes: -1, MaxMsgsPerSubject: -1, MaxMsgSize: -1, MaxConsumers: -1,
		Duplicates: 2 * time.Minute,
	}
}

func metadata() map[string]string {
	return map[string]string{"app": "discomfy", "app.schema": schema}
}
