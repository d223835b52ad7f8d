//! What the event log promises, held against a real database: the same suite for every database that it runs on.

mod appending;
mod batches;
mod feed;
mod golden;
mod leaves;
mod opening;
mod personal;
mod reading;
mod searching;
mod specification;
mod writer;
