package terminal

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/iterm2"
	"github.com/charmbracelet/x/ansi/kitty"
	"golang.org/x/image/draw"
)

// Bounds of a picture shown in the terminal.
const (
	maxSide    = 640 // pixels that are sent, on the longer side
	maxColumns = 40  // cells; a cell counts as twice as high as wide
	maxRows    = 16
	indent     = 2
)

// show is the escape sequence that draws the picture file where the cursor
// is, at most width cells wide.
func (p Protocol) show(file string, width int) (string, error) {
	m, err := loadPicture(file)
	if err != nil {
		return "", err
	}
	m = shrink(m)
	columns, rows := cells(m.Bounds(), min(maxColumns, width-indent))
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", indent))
	switch p {
	case Kitty:
		err = kitty.EncodeGraphics(&b, m, &kitty.Options{
			Action: kitty.TransmitAndPut, Format: kitty.PNG, Transmission: kitty.Direct,
			Chunk: true, Quiet: 2, Columns: columns, Rows: rows,
		})
	case ITerm2:
		err = writeITerm2(&b, m, columns, rows)
	default:
		return "", fmt.Errorf("show picture: the terminal takes none")
	}
	if err != nil {
		return "", fmt.Errorf("show picture: %w", err)
	}
	return b.String() + "\n", nil
}

func writeITerm2(w io.Writer, m image.Image, columns, rows int) error {
	var data bytes.Buffer
	if err := png.Encode(&data, m); err != nil {
		return err
	}
	content := base64.StdEncoding.AppendEncode(nil, data.Bytes())
	_, err := io.WriteString(w, ansi.ITerm2(iterm2.File{
		Inline: true, Size: int64(data.Len()), Content: content,
		Width: iterm2.Cells(columns), Height: iterm2.Cells(rows),
	}))
	return err
}

// loadPicture decodes a file after a look at its header has shown that it is
// a picture of bearable size.
func loadPicture(file string) (image.Image, error) {
	f, err := openPicture(file)
	if err != nil {
		return nil, fmt.Errorf("show picture: %w", err)
	}
	defer f.Close()
	m, _, err := image.Decode(io.LimitReader(f, maxInput))
	if err != nil {
		return nil, fmt.Errorf("show picture: %w", err)
	}
	return m, nil
}

// shrink scales a picture down to maxSide.
func shrink(m image.Image) image.Image {
	size := m.Bounds().Size()
	longer := max(size.X, size.Y)
	if longer <= maxSide {
		return m
	}
	to := image.Rect(0, 0, max(1, size.X*maxSide/longer), max(1, size.Y*maxSide/longer))
	small := image.NewRGBA(to)
	draw.ApproxBiLinear.Scale(small, to, m, m.Bounds(), draw.Src, nil)
	return small
}

// cells is the picture's place in the terminal, its shape kept.
func cells(r image.Rectangle, most int) (columns, rows int) {
	most = max(most, 1)
	w, h := float64(max(r.Dx(), 1)), float64(max(r.Dy(), 1))/2
	scale := min(float64(most)/w, maxRows/h)
	return max(1, int(w*scale)), max(1, int(h*scale))
}
