package bridge

import "time"

// alarm is a timer that is set to a moment, once or several times.
type alarm struct {
	at    time.Time
	timer *time.Timer
}

func newAlarm() *alarm { return &alarm{} }

// set moves the alarm; the same moment again changes nothing.
func (a *alarm) set(at time.Time) {
	if a.at.Equal(at) {
		return
	}
	a.stop()
	a.at, a.timer = at, time.NewTimer(time.Until(at))
}

// c receives when the moment has come; nil, which never does, while none is set.
func (a *alarm) c() <-chan time.Time {
	if a.timer == nil {
		return nil
	}
	return a.timer.C
}

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
