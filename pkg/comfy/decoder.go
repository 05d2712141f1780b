package comfy

// Decoder turns the frames of one socket into events. It remembers which prompt
// executes, and fills it in where a frame leaves it out: previews without metadata,
// and servers from before 2024. The zero value is that of a new socket.
type Decoder struct {
	prompt PromptID // executing; empty where none does or its id was not heard
	node   string   // executing node, also where the prompt's id was not heard
}

// Text parses a text frame, as DecodeText does.
func (d *Decoder) Text(frame []byte) (Event, error) { return d.fill(DecodeText(frame)) }

// Binary parses a binary frame, as DecodeBinary does.
func (d *Decoder) Binary(frame []byte) (Event, error) { return d.fill(DecodeBinary(frame)) }

func (d *Decoder) fill(e Event, err error) (Event, error) {
	switch e := e.(type) {
	case ExecutionStart:
		d.prompt, d.node = e.Prompt, ""
	case Executing:
		return d.executing(e), err
	case StepProgress:
		e.Prompt = d.or(e.Prompt)
		if e.Node == "" {
			e.Node = d.node
		}
		return e, err
	case NodeStates:
		e.Prompt = d.or(e.Prompt)
		return e, err
	case Cached:
		e.Prompt = d.or(e.Prompt)
		return e, err
	case Executed:
		e.Prompt = d.or(e.Prompt)
		return e, err
	case Preview:
		e.Prompt = d.or(e.Prompt)
		if e.Node == "" {
			e.Node = d.node
		}
		return e, err
	}
	return e, err
}

func (d *Decoder) executing(e Executing) Executing {
	e.Prompt = d.or(e.Prompt)
	d.prompt, d.node = e.Prompt, e.Node
	if e.Node == "" {
		d.prompt = ""
	}
	return e
}

func (d *Decoder) or(id PromptID) PromptID {
	if id != "" {
		return id
	}
	return d.prompt
}
