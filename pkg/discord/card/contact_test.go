package card_test

import (
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
)

// contactSheet shows all messages in a row, about as a phone does, for people
// to read. Its clock stands at now.
func contactSheet(all map[string]api.Message) []byte {
	var b strings.Builder
	b.WriteString(contactHead)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		m := all[name]
		fmt.Fprintf(&b, "<section><h2>%s</h2>\n", html.EscapeString(name))
		if m.Ephemeral {
			b.WriteString("<p class=eph>Only you can see this</p>\n")
		}
		if m.Content != "" {
			fmt.Fprintf(&b, "<p>%s</p>\n", markdown(m.Content))
		}
		for _, e := range m.Embeds {
			contactEmbed(&b, e)
		}
		for _, row := range m.Components {
			contactRow(&b, row)
		}
		b.WriteString("</section>\n")
	}
	b.WriteString("</body></html>\n")
	return []byte(b.String())
}

const contactHead = `<!doctype html>
<html lang=en><head><meta charset=utf-8><title>Cards</title><style>
body{background:#313338;color:#dbdee1;font:16px/1.375 sans-serif;display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start;margin:12px}
section{width:328px;border:1px solid #444;padding:8px;overflow-wrap:anywhere}
h2{font:12px monospace;color:#949ba4;margin:0 0 6px} p{margin:0 0 6px} .eph{font-size:12px;color:#949ba4}
.embed{background:#2b2d31;border-left:4px solid;border-radius:4px;padding:8px 12px;font-size:14px}
.title{font-weight:600;font-size:16px;margin-bottom:6px} .foot{font-size:12px;color:#949ba4;margin-top:8px}
blockquote{border-left:4px solid #4e5058;margin:0;padding-left:8px} code{background:#1e1f22;padding:0 3px}
i{background:#3c4270;color:#c9cdfb;font-style:normal;border-radius:3px} u{background:#404249;text-decoration:none} a{color:#00a8fc}
.img{background:#111;height:160px;margin-top:8px;text-align:center;line-height:160px}
.row{display:flex;flex-wrap:wrap;gap:8px;margin-top:8px} .row span{padding:6px 12px;border-radius:4px;font-size:14px;background:#4e5058}
.row .b1{background:#5865f2} .row .b4{background:#da373c} .row .off{opacity:.4} .row .sel{background:#1e1f22;width:100%}
</style></head><body>
`

func contactEmbed(b *strings.Builder, e *discordgo.MessageEmbed) {
	fmt.Fprintf(b, "<div class=embed style=\"border-color:#%06x\">", e.Color)
	if e.Title != "" {
		fmt.Fprintf(b, "<div class=title>%s</div>", html.EscapeString(e.Title))
	}
	for line := range strings.SplitSeq(e.Description, "\n") {
		switch quoted, ok := strings.CutPrefix(line, "> "); {
		case ok:
			fmt.Fprintf(b, "<blockquote>%s</blockquote>", markdown(quoted))
		case line == "":
			b.WriteString("<br>\n")
		default:
			fmt.Fprintf(b, "<div>%s</div>\n", markdown(line))
		}
	}
	if e.Image != nil {
		fmt.Fprintf(b, "<div class=img>%s</div>", html.EscapeString(e.Image.URL))
	}
	if e.Footer != nil {
		fmt.Fprintf(b, "<div class=foot>%s</div>", html.EscapeString(e.Footer.Text))
	}
	b.WriteString("</div>\n")
}

func contactRow(b *strings.Builder, row discordgo.MessageComponent) {
	b.WriteString("<div class=row>")
	for _, c := range row.(discordgo.ActionsRow).Components {
		switch c := c.(type) {
		case discordgo.Button:
			class := "b" + strconv.Itoa(int(c.Style))
			if c.Disabled {
				class += " off"
			}
			fmt.Fprintf(b, "<span class=\"%s\" title=\"%s\">%s</span>", class, c.CustomID, html.EscapeString(c.Label))
		case discordgo.SelectMenu:
			fmt.Fprintf(b, "<span class=sel>%s ▾ (%d)</span>", html.EscapeString(c.Placeholder), len(c.Options))
		}
	}
	b.WriteString("</div>\n")
}

// tokens are the markup that the package makes; a backslash takes the meaning
// from what follows it.
var tokens = regexp.MustCompile("\\\\[!-/:-@[-`{-~]|<t:(\\d+):(\\w)>|<@(\\d+)>|</(\\w+):\\d+>|`([^`]*)`|\\*\\*|\\[((?:\\\\.|[^\\]])*)\\]\\((\\S+?)\\)")

func markdown(s string) string {
	var b strings.Builder
	bold := false
	for {
		m := tokens.FindStringSubmatchIndex(s)
		if m == nil {
			return b.String() + html.EscapeString(s)
		}
		b.WriteString(html.EscapeString(s[:m[0]]))
		tok := s[m[0]:m[1]]
		s = s[m[1]:]
		if tok == "**" {
			bold = !bold
			b.WriteString(map[bool]string{true: "<b>", false: "</b>"}[bold])
			continue
		}
		b.WriteString(token(tokens.FindStringSubmatch(tok)))
	}
}

// token is one piece of markup that was found by tokens.
func token(m []string) string {
	switch {
	case m[1] != "":
		return "<u>" + moment(m[1], m[2]) + "</u>"
	case m[3] != "":
		return "<i>@" + map[string]string{ann: "Ann", bob: "Bob"}[m[3]] + "</i>"
	case m[4] != "":
		return "<i>/" + m[4] + "</i>"
	case m[5] != "":
		return "<code>" + html.EscapeString(m[5]) + "</code>"
	case m[7] != "":
		return "<a>" + html.EscapeString(strings.ReplaceAll(m[6], `\`, "")) + "</a>"
	}
	return html.EscapeString(m[0][1:])
}

// moment is a Discord timestamp at the moment now.
func moment(unix, style string) string {
	n, _ := strconv.ParseInt(unix, 10, 64)
	at := time.Unix(n, 0).UTC()
	switch d := at.Sub(now()).Round(time.Second); {
	case style == "T":
		return at.Format("15:04:05")
	case style != "R":
		return at.Format("2 January 2006 15:04")
	case d < 0:
		return (-d).String() + " ago"
	default:
		return "in " + d.String()
	}
}
