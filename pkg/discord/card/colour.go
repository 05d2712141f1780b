package card

// colour says at a glance how a job stands. Each has one meaning, and the
// title's mark and words say the same to those who do not see it.
type colour int

const (
	waits   colour = 0x95A5A6 // grey: its turn will come
	held    colour = 0xF0B232 // amber: something keeps it from going on as it should
	runs    colour = 0x3498DB // blue: the GPU works on it
	good    colour = 0x2ECC71 // green: the result is there
	bad     colour = 0xED4245 // red: it ended without a result
	ended   colour = 0x4E5058 // dark grey: somebody wanted it so
	neutral colour = 0x5865F2 // Discord's own: an answer that is about no one job
)
