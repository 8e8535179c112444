//! What random programs showed, each as the smallest program that does.

mod orders;
mod stops;
mod timeouts;
