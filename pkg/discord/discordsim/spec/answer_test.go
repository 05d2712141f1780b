package spec_test

import "testing"

func TestAnswers(t *testing.T) {
	t.Parallel()
	const user = `{"id":"1","username":"a","global_name":null,"primary_guild":null,"avatar":null,"discriminator":"0","public_flags":0,"flags":0}`
	tests := []struct {
		name, method, path string
		status             int
		body               string
		fine               bool
	}{
		{"gateway", "GET", "/api/v9/gateway", 200, `{"url":"wss://gateway.discord.gg"}`, true},
		{"gateway without an address", "GET", "/api/v9/gateway", 200, `{}`, false},
		{"user", "GET", "/users/1", 200, user, true},
		{"user with a number for an id", "GET", "/users/1", 200, `{"id":1}`, false},
		{"deletion", "DELETE", "/channels/1/messages/2", 204, ``, true},
		{"deletion that talks", "DELETE", "/channels/1/messages/2", 204, `{}`, false},
		{"status that it does not have", "DELETE", "/channels/1/messages/2", 202, ``, false},
		{"refusal", "GET", "/users/1", 404, `{"message":"Unknown User","code":10013}`, true},
		{"no route", "GET", "/nothing", 200, `{}`, false},
		{"no JSON", "GET", "/gateway", 200, `<html>`, false},
	}
	s := load(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := s.CheckAnswer(tt.method, tt.path, tt.status, []byte(tt.body)); (len(got) == 0) != tt.fine {
				t.Errorf("complaints: %q", got)
			}
		})
	}
}
