package main

import "discomfy/pkg/job"

// farewell says what was seen and what to try next, with commands that work as
// they stand.
func (d *demo) farewell(requests []job.Request, states []job.State) {
	done := 0
	for _, s := range states {
		if s.Phase == job.Done {
			done++
		}
	}
	d.say("")
	d.say("%d of %d jobs are done; the pictures are in %s.", done, len(states), d.out)
	d.say("")
	url := d.nats.server.ClientURL()
	if !d.command.Keep {
		d.say("Try next:")
		d.say("  %s demo --keep        # stays up, to look inside with the NATS CLI", self())
		d.say("  %s up                 # the real thing, with your ComfyUI at http://127.0.0.1:8188", self())
		d.say("  %s --help", self())
		return
	}
	d.say("Staying up until Ctrl-C. Try in another terminal:")
	d.say("  %s submit txt2img prompt=\"a paper boat\" --nats %s", self(), url)
	d.say("  %s queue --watch --nats %s", self(), url)
	d.say("  %s show %s --nats %s", self(), requests[0].ID, url)
	d.say("  nats --server %s stream ls", url)
	d.say("  nats --server %s sub 'discomfy.>'", url)
}
