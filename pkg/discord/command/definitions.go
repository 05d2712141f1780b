package command

import (
	"github.com/bwmarrin/discordgo"

	"discomfy/pkg/workflow"
)

// Options says where commands are offered: in guilds always.
type Options struct {
	DirectMessages bool // also in direct messages with the bot
	UserInstall    bool // also where a user installed it for themselves: in any channel
	Guild          bool // they are registered for one guild, where Discord keeps neither of the above
}

// Definitions are the commands to register. Their names and options are fixed;
// of the catalog they have the ranges, the widest over all workflows that the
// command can mean: what an option may be is decided when it is used.
func Definitions(c workflow.Catalog, o Options) []*discordgo.ApplicationCommand {
	commands := []*discordgo.ApplicationCommand{
		slash(Generate, "Make a picture from words", generateOptions(definer{c.Offers})...),
		slash(Edit, "Change a picture", editOptions(of(c, workflow.KindEdit))...),
		slash(Upscale, "Make a picture larger", upscaleOptions(of(c, workflow.KindUpscale))...),
		slash(Animate, "Make a video, of a picture or of words alone", animateOptions(of(c, workflow.KindVideo))...),
		slash(Queue, "What runs, and who waits"),
		slash(Cancel, "Stop one of your jobs", jobOption("Which of your jobs; start to type what it shows")),
		slash(Show, "Show a job with its pictures and buttons", jobOption("One of your jobs, or the id of any")),
		slash(Status, "Whether everything works, and how busy it is"),
		slash(Loras, "The LoRAs that there are", searchOptions("A part of its name")...),
		slash(Models, "The models that there are", searchOptions("A part of its name")...),
		slash(Help, "What this bot can do, and how"),
		onMessage(UpscaleMessage), onMessage(EditMessage), onMessage(AnimateMessage),
	}
	for _, cmd := range commands {
		o.place(cmd)
	}
	return commands
}

// place says where the command is offered.
func (o Options) place(cmd *discordgo.ApplicationCommand) {
	if o.Guild {
		return
	}
	contexts := []discordgo.InteractionContextType{discordgo.InteractionContextGuild}
	types := []discordgo.ApplicationIntegrationType{discordgo.ApplicationIntegrationGuildInstall}
	if o.DirectMessages || o.UserInstall {
		contexts = append(contexts, discordgo.InteractionContextBotDM)
	}
	if o.UserInstall {
		contexts = append(contexts, discordgo.InteractionContextPrivateChannel)
		types = append(types, discordgo.ApplicationIntegrationUserInstall)
	}
	cmd.Contexts, cmd.IntegrationTypes = &contexts, &types
}

func slash(n Name, description string, options ...*discordgo.ApplicationCommandOption) *discordgo.ApplicationCommand {
	return &discordgo.ApplicationCommand{Type: discordgo.ChatApplicationCommand, Name: string(n),
		Description: description, Options: options}
}

func onMessage(n Name) *discordgo.ApplicationCommand {
	return &discordgo.ApplicationCommand{Type: discordgo.MessageApplicationCommand, Name: string(n)}
}

// of are the workflows of one kind, and those of kinds that have no command.
func of(c workflow.Catalog, kind workflow.Kind) definer {
	var d definer
	for _, o := range c.Offers {
		if o.Kind == kind {
			d.offers = append(d.offers, o)
		}
	}
	return d
}

func generateOptions(d definer) []*discordgo.ApplicationCommandOption {
	return []*discordgo.ApplicationCommandOption{
		d.text(rolePrompt, "What the picture shows; left out, you put the order together by clicking"),
		find(optionWorkflow, "The way to make it; each takes other options"),
		find(string(roleModel), "The model that paints"),
		find(string(roleLora), "A small addition to the model"),
		d.number(roleLoraStrength, "How much the LoRA counts"),
		d.text(roleNegative, "What the picture must not show"),
		aspect(),
		d.whole(roleWidth, "In pixels"),
		d.whole(roleHeight, "In pixels"),
		d.whole(roleSteps, "More steps take longer and give finer pictures"),
		d.number(roleCfg, "Guidance: how closely the picture follows the prompt"),
		d.whole(roleBatch, "How many pictures"),
		seed(),
		d.number(roleStrength, "How much a picture that you attach is changed"),
		file(optionImage, "A picture to begin with, where the workflow takes one", false),
		file(optionImage2, "A second picture, where the workflow takes two", false),
		file(optionMask, "White is painted anew, black is kept", false),
		private(), spoiler(), more(),
	}
}

func editOptions(d definer) []*discordgo.ApplicationCommandOption {
	return []*discordgo.ApplicationCommandOption{
		file(optionImage, "The picture to change", true),
		d.text(rolePrompt, "What to change, or what it shall show"),
		file(optionImage2, "A second picture, where the workflow takes two", false),
		file(optionImage3, "A third picture, where the workflow takes three", false),
		file(optionMask, "White is painted anew; without a mask, what is transparent in the picture", false),
		find(optionWorkflow, "The way to change it; each takes other options"),
		find(string(roleModel), "The model that paints"),
		find(string(roleLora), "A small addition to the model"),
		d.number(roleLoraStrength, "How much the LoRA counts"),
		d.number(roleStrength, "How much is changed"),
		d.text(roleNegative, "What the picture must not show"),
		aspect(),
		d.whole(roleWidth, "In pixels"),
		d.whole(roleHeight, "In pixels"),
		d.whole(roleSteps, "More steps take longer and give finer pictures"),
		d.number(roleCfg, "Guidance: how closely the picture follows the prompt"),
		seed(), private(), spoiler(), more(),
	}
}

func upscaleOptions(d definer) []*discordgo.ApplicationCommandOption {
	return []*discordgo.ApplicationCommandOption{
		file(optionImage, "The picture to make larger", true),
		d.factor("How many times as wide and high"),
		find(optionWorkflow, "The way to make it larger; each takes other options"),
		find(string(roleModel), "The model that makes up the pixels"),
		d.text(rolePrompt, "What the picture shows, where the workflow wants to know"),
		d.text(roleNegative, "What the picture must not show"),
		d.number(roleStrength, "How much may be made up"),
		d.whole(roleSteps, "More steps take longer and give finer pictures"),
		d.number(roleCfg, "Guidance: how closely the picture follows the prompt"),
		seed(), private(), spoiler(), more(),
	}
}

func animateOptions(d definer) []*discordgo.ApplicationCommandOption {
	return []*discordgo.ApplicationCommandOption{
		file(optionImage, "The picture that begins to move, where the workflow takes one", false),
		d.text(rolePrompt, "What happens"),
		find(optionWorkflow, "The way to make it; each takes other options"),
		file(optionImage2, "The picture it ends with, where the workflow takes two", false),
		d.whole(roleFrames, "How many pictures the video has"),
		d.number(roleFPS, "How many pictures a second"),
		d.number(roleStrength, "How much may move"),
		find(string(roleModel), "The model that paints"),
		find(string(roleLora), "A small addition to the model"),
		d.number(roleLoraStrength, "How much the LoRA counts"),
		d.text(roleNegative, "What the video must not show"),
		aspect(),
		d.whole(roleWidth, "In pixels"),
		d.whole(roleHeight, "In pixels"),
		d.whole(roleSteps, "More steps take longer and give finer pictures"),
		d.number(roleCfg, "Guidance: how closely the video follows the prompt"),
		seed(), private(), spoiler(), more(),
	}
}

func searchOptions(part string) []*discordgo.ApplicationCommandOption {
	return []*discordgo.ApplicationCommandOption{
		{Type: discordgo.ApplicationCommandOptionString, Name: optionSearch, Description: part, MaxLength: 100},
		find(optionWorkflow, "Only those that this workflow offers"),
	}
}
