// Package house keeps the rules of the house: what every file and package of
// this repository must hold to, as tests. It has no code of its own and nobody
// imports it.
//
// A rule is a function from a tree of files to complaints. Each comes with a
// control, a small tree that breaks the rule, and the test fails also when the
// rule finds nothing wrong with its control: a rule that cannot fail guards
// nothing. A complaint says where and what to do.
//
// What golangci-lint can see is left to it; here is what it cannot: who may
// import whom along whole paths, whether the README still says the truth, and
// what belongs at the top level.
package house
