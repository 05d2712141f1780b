package bridge

// The points at which Config.Hook is called: before and after each durable
// step of a job, so that a fault test can stop the process exactly there.
const (
	PointBeforeQueued    = "bridge.queued.before"
	PointAfterQueued     = "bridge.queued.after"
	PointBeforeUpload    = "bridge.upload.before"
	PointBeforeSubmitted = "bridge.submitted.before"
	PointAfterSubmitted  = "bridge.submitted.after"
	PointBeforePost      = "bridge.post.before" // after the lease was checked
	PointAfterPost       = "bridge.post.after"  // the answer is known, nothing else has happened
	PointBetweenLooks    = "bridge.looks.between"
	PointBeforeRunning   = "bridge.running.before"
	PointBeforeStopping  = "bridge.stopping.before"
	PointAfterStopping   = "bridge.stopping.after"
	PointBeforeDownload  = "bridge.download.before"
	PointAfterDownload   = "bridge.download.after" // the results are stored, the end is not written
	PointBeforeEnd       = "bridge.end.before"
	PointAfterEnd        = "bridge.end.after"
	PointBeforeAck       = "bridge.ack.before"
)
