package api

// Stats counts since the Client was made, unless it says otherwise.
type Stats struct {
	Calls   int64 // that reached Discord
	Limited int64 // answers of 429
	Global  int64 // of these, limits of the bot or the address
	Dead    int64 // refused here because the token is dead
	Refused int64 // answers of 50027 or 401 to an interaction's token
	Failed  int64 // answers of 5xx, and none
	Retried int64
	Invalid int64 // answers of 401, 403 and 429 in the last ten minutes: 10,000 of an address are a ban
	Targets int   // rate limits that are kept now
	Bodies  int64 // bytes of requests that are in memory now
}

// Stats reads the counters.
func (c *Client) Stats() Stats { panic("stub") }
