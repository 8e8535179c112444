//! A program that cannot go on is reported with the tree of its scopes: which tasks wait, by name, and for what.

mod elsewhere;
mod scopes;
mod tree;
