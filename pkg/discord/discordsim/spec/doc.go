// Package spec judges request bodies by Discord's own OpenAPI file and by the rules that the file does not express.
//
// The file (openapi/, MIT licence beside it) is discord/discord-api-spec at 74fda0f of 2026-07-18; it is a preview that
// Discord calls subordinate to its documentation. What it refuses although Discord takes it is in exempt.go, what it
// takes although Discord refuses it is in the rule files, one function for each rule.
//
// Spec may be used by any number of goroutines. It compiles the schema of an operation when it is first needed.
package spec
