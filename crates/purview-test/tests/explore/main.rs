//! `explore` finds what the plain schedule hides, leaves correct programs alone, and says how to replay a failure.

mod programs;
mod reports;
mod schedules;
