package comfy

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// address is where a server is: parsed once, without credentials.
type address struct {
	http string // scheme, host and base path, without a trailing slash
	ws   string // the same for the WebSocket
	user *url.Userinfo
}

func parseAddress(raw string) (address, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return address{}, fmt.Errorf("comfyui URL: %w (want something like http://127.0.0.1:8188)", withoutURL(err))
	}
	wsScheme := map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	switch {
	case wsScheme == "":
		return address{}, errors.New("comfyui URL: must begin with http:// or https://, as in http://127.0.0.1:8188")
	case u.Hostname() == "":
		return address{}, errors.New("comfyui URL: names no host, want something like http://127.0.0.1:8188")
	case u.RawQuery != "" || u.Fragment != "":
		return address{}, errors.New("comfyui URL: must end with the path, without ? and #")
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	root := func(scheme string) string { return (&url.URL{Scheme: scheme, Host: u.Host}).String() + path }
	a := address{http: root(u.Scheme), ws: root(wsScheme), user: u.User}
	if _, err := url.Parse(a.http); err != nil { // a host that cannot be written again
		return address{}, fmt.Errorf("comfyui URL: %w", withoutURL(err))
	}
	return a, nil
}

// at is the URL of a route; each segment is one part of the path.
func (a address) at(query url.Values, segments ...string) string {
	return join(a.http, query, segments)
}

func (a address) socket(clientID string) string {
	return join(a.ws, url.Values{"clientId": {clientID}}, []string{"ws"})
}

func join(root string, query url.Values, segments []string) string {
	var b strings.Builder
	b.WriteString(root)
	for _, s := range segments {
		b.WriteString("/" + url.PathEscape(s))
	}
	if len(query) > 0 {
		b.WriteString("?" + query.Encode())
	}
	return b.String()
}

// withoutURL drops the address from an error of net/http or net/url: it may hold a
// password, and the operation says enough.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
