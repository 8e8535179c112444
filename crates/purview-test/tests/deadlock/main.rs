//! A program that cannot go on is reported with the tree of its scopes: who waits, by name, and for what.

mod elsewhere;
mod scopes;
mod tree;
