package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"discomfy/pkg/discord/discordsim"
)

// limitsOf reads what is different from Discord's limits, as name=value; nil where nothing is.
func limitsOf(changes []string) (*discordsim.Limits, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	l := discordsim.DefaultLimits()
	setters := setters(&l)
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		set, ok := setters[name]
		if !ok {
			return nil, fmt.Errorf("limit %q: want one of %s", name, strings.Join(slices.Sorted(maps.Keys(setters)), ", "))
		}
		if err := set(value); err != nil {
			return nil, fmt.Errorf("limit %s: %w", name, err)
		}
	}
	return &l, nil
}

// setters are the limits by name.
func setters(l *discordsim.Limits) map[string]func(string) error {
	return map[string]func(string) error{
		"ack": duration(&l.AckWithin), "token-lives": duration(&l.TokenLives), "old-after": duration(&l.OldAfter),
		"link-lives": duration(&l.LinkLives),
		"global":     bucket(&l.Global), "token": bucket(&l.Token), "callback": bucket(&l.Callback), "send": bucket(&l.Send),
		"edit": bucket(&l.Edit), "old-edit": bucket(&l.OldEdit), "delete": bucket(&l.Delete), "other": bucket(&l.Other),
		"identify": number(&l.Identify), "concurrency": number(&l.Concurrency), "followups": number(&l.Followups),
		"commands-a-day": number(&l.CommandsADay),
	}
}

func duration(to *time.Duration) func(string) error {
	return func(value string) (err error) {
		*to, err = time.ParseDuration(value)
		return err
	}
}

func number(to *int) func(string) error {
	return func(value string) (err error) {
		*to, err = strconv.Atoi(value)
		return err
	}
}

// bucket reads requests in a time, as in 5/2s; "none" does not limit.
func bucket(to *discordsim.Bucket) func(string) error {
	return func(value string) error {
		if value == "none" {
			*to = discordsim.Bucket{}
			return nil
		}
		burst, per, _ := strings.Cut(value, "/")
		n, err := strconv.Atoi(burst)
		if err != nil || n < 1 {
			return fmt.Errorf("%q: want requests in a time, as in 5/2s, or none", value)
		}
		d, err := time.ParseDuration(per)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q: want requests in a time, as in 5/2s, or none", value)
		}
		*to = discordsim.Bucket{Burst: n, Per: d}
		return nil
	}
}
