package discordsim

// Faults are what goes wrong on purpose.
type Faults struct{}
