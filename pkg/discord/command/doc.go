// Package command turns what a person does on Discord into what is ordered: it
// defines the commands, reads their options, answers autocomplete, makes and
// reads modals, and keeps the card on which an order is put together by
// clicking.
//
// It owns the convention by which an option means a parameter of a manifest.
// Everything it needs comes as a value: the Menu holds the catalog, which is
// another one for every call, so that a new workflow file is a choice at once.
//
// It is pure: no input or output, no clock, no goroutine, nothing to stop. All
// errors are *job.Error, in words for the person who asked.
package command
