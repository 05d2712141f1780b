package discordsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// maxControl bounds an order, in bytes.
const maxControl = 1 << 20

// Control lets another process break this Discord and mend it again, over HTTP; bodies and answers are JSON, times are
// written as in "300ms". It belongs on an address of its own that nobody else reaches.
//
//	POST /break    {"route", "times", "for", "wait", "linger", "status", "code", "text", "retry", "done"}: see Fault
//	POST /gateway  {"say", "hosts", "no_acks", "no_hello", "down", "resume"}: see GatewayFaults and SayGateway
//	POST /repeat   {"n"}: see Repeat
//	POST /block    {"words"}: see Block
//	POST /deny     {"channel", "permissions"}: see Deny
//	POST /mend     ends all of them
//	POST /delete   {"message"}: as a moderator does
//	POST /people   {"n"}: more people, members of the guild; answers {"ids"}
//	POST /channels {"n", "guild"}: more channels of the guild; answers {"ids"}
//	POST /mark     {"name"}: see Mark
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	for name, do := range map[string]func(controlOrder) (any, error){
		"break": s.controlBreak, "gateway": s.controlGateway, "repeat": s.controlRepeat, "block": s.controlBlock,
		"deny": s.controlDeny, "mend": s.controlMend, "delete": s.controlDelete, "people": s.controlPeople,
		"channels": s.controlChannels, "mark": s.controlMark,
	} {
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
			var o controlOrder
			d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControl))
			d.DisallowUnknownFields()
			if err := d.Decode(&o); err != nil {
				pageAnswer(w, http.StatusBadRequest, Object{"error": err.Error()})
				return
			}
			answer, err := do(o)
			if err != nil {
				pageAnswer(w, http.StatusUnprocessableEntity, Object{"error": err.Error()})
				return
			}
			pageAnswer(w, http.StatusOK, answer)
		})
	}
	return mux
}

// controlOrder is any of the orders. Which fields matter depends on the route.
type controlOrder struct {
	Route  string      `json:"route"`
	Times  int         `json:"times"`
	For    controlTime `json:"for"`
	Wait   controlTime `json:"wait"`
	Linger controlTime `json:"linger"`
	Status int         `json:"status"`
	Code   int         `json:"code"`
	Text   string      `json:"text"`
	Retry  controlTime `json:"retry"`
	Done   bool        `json:"done"`

	Say     string   `json:"say"`
	Hosts   []string `json:"hosts"`
	NoAcks  bool     `json:"no_acks"`
	NoHello bool     `json:"no_hello"`
	Down    bool     `json:"down"`
	Resume  []string `json:"resume"`

	N           int        `json:"n"`
	Words       []string   `json:"words"`
	Channel     ID         `json:"channel"`
	Guild       ID         `json:"guild"`
	Message     ID         `json:"message"`
	Permissions Permission `json:"permissions"`
	Name        string     `json:"name"`
}

// controlTime is a duration as time.ParseDuration reads it.
type controlTime time.Duration

// UnmarshalText reads it.
func (t *controlTime) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*t = controlTime(d)
	return err
}

func (s *Server) controlBreak(o controlOrder) (any, error) {
	f := Fault{
		Route: o.Route, Times: o.Times, Wait: time.Duration(o.Wait), Linger: time.Duration(o.Linger), Status: o.Status, Code: o.Code,
		Text: o.Text, Retry: time.Duration(o.Retry), Done: o.Done,
	}
	if o.For > 0 {
		f.Until = s.Now().Add(time.Duration(o.For))
	}
	s.Break(f)
	return Object{}, nil
}

// gatewayAnswers are the answers by name.
func gatewayAnswers() map[string]GatewayAnswer {
	return map[string]GatewayAnswer{
		"reconnect": Reconnect, "invalid_resume": InvalidResume, "invalid": InvalidForGood, "drop": CloseWithoutWord, "silence": Silence,
	}
}

func gatewayAnswer(name string) (GatewayAnswer, error) {
	a, ok := gatewayAnswers()[name]
	if !ok {
		return 0, fmt.Errorf("the gateway does not say %q", name)
	}
	return a, nil
}

// controlGateway sets the lasting faults, and says something to the sockets of the hosts, or to all.
func (s *Server) controlGateway(o controlOrder) (any, error) {
	var resume []GatewayAnswer
	for _, name := range o.Resume {
		a, err := gatewayAnswer(name)
		if err != nil {
			return nil, err
		}
		resume = append(resume, a)
	}
	s.FaultGateway(func(f *GatewayFaults) {
		f.NoAcks, f.NoHello, f.Down, f.AnswerResume = o.NoAcks, o.NoHello, o.Down, resume
	})
	if o.Say == "" {
		return Object{"sockets": 0}, nil
	}
	sessions := s.SocketsOf(o.Hosts...)
	if len(o.Hosts) > 0 && len(sessions) == 0 {
		return Object{"sockets": 0}, nil
	}
	if o.Say == "thaw" {
		return Object{"sockets": s.Thaw(sessions...)}, nil
	}
	a, err := gatewayAnswer(o.Say)
	if err != nil {
		return nil, err
	}
	return Object{"sockets": s.SayGateway(a, sessions...)}, nil
}

func (s *Server) controlRepeat(o controlOrder) (any, error) {
	s.Repeat(o.N)
	return Object{}, nil
}

func (s *Server) controlBlock(o controlOrder) (any, error) {
	s.Block(o.Words...)
	return Object{}, nil
}

func (s *Server) controlDeny(o controlOrder) (any, error) {
	s.Deny(o.Channel, o.Permissions)
	return Object{}, nil
}

func (s *Server) controlMend(controlOrder) (any, error) {
	s.Mend()
	s.Block()
	s.Repeat(0)
	s.FaultGateway(func(f *GatewayFaults) { *f = GatewayFaults{} })
	s.Thaw()
	return Object{}, nil
}

func (s *Server) controlDelete(o controlOrder) (any, error) {
	if s.Message(o.Message) == nil {
		return nil, fmt.Errorf("there is no message %s", o.Message)
	}
	s.DeleteMessage(o.Message)
	return Object{}, nil
}

// errNoName is returned for a mark that nobody could find.
var errNoName = errors.New("a mark needs a name")

func (s *Server) controlMark(o controlOrder) (any, error) {
	if strings.TrimSpace(o.Name) == "" {
		return nil, errNoName
	}
	s.Mark(o.Name)
	return Object{}, nil
}

// mostMade bounds how many people or channels one order makes.
const mostMade = 1000

func (s *Server) controlPeople(o controlOrder) (any, error) {
	guild, err := s.guildOf(o)
	if err != nil {
		return nil, err
	}
	ids := []ID{}
	for n := range o.N {
		u := s.AddUser(NewUser{Name: fmt.Sprintf("person-%d", n+1)})
		s.AddMember(guild, u.ID)
		ids = append(ids, u.ID)
	}
	return Object{"ids": ids}, nil
}

func (s *Server) controlChannels(o controlOrder) (any, error) {
	guild, err := s.guildOf(o)
	if err != nil {
		return nil, err
	}
	ids := []ID{}
	for n := range o.N {
		ids = append(ids, s.AddChannel(NewChannel{Guild: guild, Name: fmt.Sprintf("channel-%d", n+1)}).ID)
	}
	return Object{"ids": ids}, nil
}

// guildOf is the guild that is meant: the first with the bot, unless one is named.
func (s *Server) guildOf(o controlOrder) (ID, error) {
	if o.N < 1 || o.N > mostMade {
		return 0, fmt.Errorf("n is %d: want 1 to %d", o.N, mostMade)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range sortedKeys(s.world.guilds) {
		if g := s.world.guilds[id]; g.Installed && (o.Guild == 0 || o.Guild == id) {
			return id, nil
		}
	}
	return 0, errors.New("there is no such guild with the bot")
}
