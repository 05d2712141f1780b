package spec

import "slices"

// report adds a complaint; at is a JSON pointer.
type report func(at, format string, args ...any)

// A rule of Discord's that the file does not express.
type rule struct {
	name  string
	of    func(*request) bool
	check func(*request, report)
}

// rules are all of them. The sentence behind each is in its function.
var rules = []rule{
	{"embeds have 6000 characters in all", messages, embedSum},
	{"embeds show something", messages, emptyEmbeds},
	{"embeds of bots have no video", messages, embedVideo},
	{"fields have a name and a value", messages, emptyFields},
	{"addresses have a scheme", messages, embedSchemes},
	{"content has 2000 characters", messages, contentLength},
	{"a new message has something in it", messages, emptyMessage},
	{"flags fit the message", messages, messageFlags},
	{"mentions are allowed one way", messages, allowedMentions},

	{"five rows without the flag", messages, rowCount},
	{"components of the second form have the flag", messages, secondForm},
	{"the second form stands alone", messages, secondFormAlone},
	{"forty components in all", messages, componentCount},
	{"4000 characters of text in all", messages, textSum},
	{"buttons have what their style needs", components, buttonStyle},
	{"rows hold buttons or one select", components, rowMix},
	{"custom_ids are unique", components, uniqueCustomIDs},
	{"selects offer what they ask for", components, selectValues},

	{"attachments have their files", messages, attachmentFiles},
	{"embeds show files that are there", messages, embedFiles},
	{"files have names", messages, fileNames},

	{"a deferral is ephemeral or nothing", answers(answerDeferred, answerDeferredUpdate), deferral},
	{"choices are there", answers(answerChoices), choicesPresent},
	{"choices are short", answers(answerChoices), choiceValues},
	{"modals have five components", answers(answerModal), modalCount},
	{"modals ask for something", answers(answerModal), modalInputs},

	{"command names are lower case and without spaces", commands, commandNames},
	{"command names are unique", commands, uniqueCommands},
	{"a hundred commands, fifteen of the others", commands, commandCount},
	{"descriptions are where they belong", commands, commandDescriptions},
	{"locales are Discord's", commands, commandLocales},
	{"a command has 8000 characters", commands, commandLength},
	{"option names are unique", commands, uniqueOptions},
	{"required options come first", commands, requiredFirst},
	{"options of a kind", commands, mixedOptions},
	{"autocomplete or choices", commands, autocompleteChoices},
	{"choices of an option are short and unique", commands, optionChoices},
	{"the least is not more than the most", commands, optionRange},
}

func messages(r *request) bool { return r.changes }

func components(r *request) bool { return r.changes || r.answer == answerModal }

func commands(r *request) bool { return r.kind.commands() }

func answers(types ...int) func(*request) bool {
	return func(r *request) bool { return slices.Contains(types, r.answer) }
}
