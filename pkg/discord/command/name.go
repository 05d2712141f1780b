package command

import (
	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/discord/api"
	"discomfy/pkg/workflow"
)

// Name is the name of a command.
type Name string

// The commands.
const (
	Generate Name = "generate"
	Edit     Name = "edit"
	Upscale  Name = "upscale"
	Animate  Name = "animate"
	Queue    Name = "queue"
	Cancel   Name = "cancel"
	Show     Name = "show"
	Status   Name = "status"
	Loras    Name = "loras"
	Models   Name = "models"
	Help     Name = "help"
)

// The message commands: a right click on a message with a picture.
const (
	UpscaleMessage Name = "Upscale"
	EditMessage    Name = "Edit"
	AnimateMessage Name = "Animate"
)

// Of is the command of an interaction that names one (a command or its
// autocomplete); "" for every other.
func Of(i api.Interaction) Name {
	return Name(commandData(i).Name)
}

// kind is what the command makes.
func (n Name) kind() workflow.Kind {
	switch n {
	case Edit, EditMessage:
		return workflow.KindEdit
	case Upscale, UpscaleMessage:
		return workflow.KindUpscale
	case Animate, AnimateMessage:
		return workflow.KindVideo
	}
	return workflow.KindImage
}

// commandData is the data of a command or of its autocomplete; empty for every
// other interaction.
func commandData(i api.Interaction) discordgo.ApplicationCommandInteractionData {
	d, _ := dataOf(i).(discordgo.ApplicationCommandInteractionData)
	return d
}
