//! Following the log: backfill, then live, with no gap and no duplicate.

use std::pin::pin;
use std::sync::Arc;

use futures_util::{FutureExt, Stream, StreamExt};
use latchkey::event_log::{DatabaseError, FeedItem, Filter, Position};
use tokio::time::timeout;

use crate::log_support::{NoModels, PATIENCE, TestLog, backend, named, secret_stream};

/// More than the feed keeps in memory.
const BEYOND_MEMORY: u32 = 4_096 + 512;

async fn next(feed: &mut (impl Stream<Item = Result<FeedItem, DatabaseError>> + Unpin)) -> FeedItem {
    timeout(PATIENCE, feed.next()).await.expect("nothing came").expect("the feed ended").unwrap()
}

/// Positions up to and with `last`.
async fn positions_until(
    feed: &mut (impl Stream<Item = Result<FeedItem, DatabaseError>> + Unpin),
    last: Position,
) -> Vec<Position> {
    let mut positions = Vec::new();
    while positions.last() != Some(&last) {
        if let FeedItem::Event(event) = next(feed).await {
            positions.push(event.position);
        }
    }
    positions
}

async fn fill(test: &TestLog, events: u32) {
    let mut left = events;
    while left > 0 {
        let now = left.min(500);
        test.add(&secret_stream("fill"), (0..now).map(|_| named("x")).collect()).await;
        left -= now;
    }
}

#[tokio::test]
async fn a_follower_gets_what_is_there_then_that_it_caught_up_then_what_comes() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    fill(&test, 3).await;
    let mut feed = pin!(test.log.feed().follow(0, Filter::default()));
    assert_eq!(positions_until(&mut feed, 3).await, [1, 2, 3]);
    assert!(matches!(next(&mut feed).await, FeedItem::CaughtUp(3)));
    assert!(feed.next().now_or_never().is_none(), "nothing more until something happens");
    fill(&test, 2).await;
    assert_eq!(positions_until(&mut feed, 5).await, [4, 5]);
}

#[tokio::test]
async fn a_follower_of_an_empty_log_has_caught_up_at_once() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    let mut feed = pin!(test.log.feed().follow(0, Filter::default()));
    assert!(matches!(next(&mut feed).await, FeedItem::CaughtUp(0)));
    fill(&test, 1).await;
    assert_eq!(positions_until(&mut feed, 1).await, [1]);
}

#[tokio::test]
async fn a_follower_that_starts_in_the_middle_of_a_log_of_an_earlier_process_misses_nothing() {
    let backend = backend();
    let earlier = backend.log_with(Arc::new(NoModels));
    fill(&earlier, 10).await;
    earlier.log.close().await;
    // This process has none of it in memory.
    let test = backend.log_with(Arc::new(NoModels));
    let mut feed = pin!(test.log.feed().follow(4, Filter::default()));
    fill(&test, 2).await;
    assert_eq!(positions_until(&mut feed, 12).await, (5..=12).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_see_every_event_once_while_others_append() {
    let backend = backend();
    let test = Arc::new(backend.log_with(Arc::new(NoModels)));
    fill(&test, 700).await;
    let followers: Vec<_> = [0, 1, 350, 699, 700]
        .into_iter()
        .map(|after| {
            let feed = test.log.feed().follow(after, Filter::default());
            tokio::spawn(async move {
                let mut feed = pin!(feed);
                (after, positions_until(&mut feed, 1_100).await)
            })
        })
        .collect();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let test = Arc::clone(&test);
            tokio::spawn(async move {
                for _ in 0..100 {
                    test.add(&secret_stream(&format!("s{writer}")), vec![named("x")]).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    for follower in followers {
        let (after, positions) = follower.await.unwrap();
        assert_eq!(positions, (after + 1..=1_100).collect::<Vec<_>>(), "behind {after}");
    }
}

#[tokio::test]
async fn a_filter_leaves_out_the_rest_in_the_backfill_and_live() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    let (wanted, other) = (secret_stream("wanted"), secret_stream("other"));
    for _ in 0..300 {
        test.add(&other, vec![named("x"), named("x")]).await;
        test.add(&wanted, vec![named("x")]).await;
    }
    let earlier: Vec<Position> = (1..=300).map(|round| round * 3).collect();
    let filter = Filter { streams: vec![wanted.to_string()], ..Filter::default() };
    let mut feed = pin!(test.log.feed().follow(0, filter));
    assert_eq!(positions_until(&mut feed, 900).await, earlier);
    assert!(matches!(next(&mut feed).await, FeedItem::CaughtUp(900)));
    test.add(&other, vec![named("x")]).await;
    test.add(&wanted, vec![named("x")]).await;
    assert_eq!(positions_until(&mut feed, 902).await, [902]);
}

#[tokio::test]
async fn a_filter_that_nothing_passes_still_catches_up() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    fill(&test, 600).await;
    let filter = Filter { types: Some(vec!["connection.created.v1".to_owned()]), ..Filter::default() };
    let mut feed = pin!(test.log.feed().follow(0, filter));
    assert!(matches!(next(&mut feed).await, FeedItem::CaughtUp(600)));
}

#[tokio::test]
async fn a_follower_that_fell_behind_the_memory_reads_the_table_and_loses_nothing() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    let mut slow = pin!(test.log.feed().follow(0, Filter::default()));
    assert!(matches!(next(&mut slow).await, FeedItem::CaughtUp(0)));
    fill(&test, 1).await;
    assert_eq!(positions_until(&mut slow, 1).await, [1]);

    // The slow one sleeps; nobody waits for it.
    let mut quick = pin!(test.log.feed().follow(1, Filter::default()));
    fill(&test, BEYOND_MEMORY).await;
    let all: Vec<Position> = (2..=u64::from(BEYOND_MEMORY) + 1).collect();
    assert_eq!(positions_until(&mut quick, u64::from(BEYOND_MEMORY) + 1).await, all);

    assert_eq!(positions_until(&mut slow, u64::from(BEYOND_MEMORY) + 1).await, all);
    assert!(matches!(next(&mut slow).await, FeedItem::CaughtUp(at) if at == u64::from(BEYOND_MEMORY) + 1));
}

#[tokio::test]
async fn what_another_process_appended_in_between_is_not_skipped() {
    let backend = backend();
    let ours = backend.log_with(Arc::new(NoModels));
    let theirs = backend.log_with(Arc::new(NoModels));
    ours.add(&secret_stream("a"), vec![named("1")]).await;
    theirs.add(&secret_stream("a"), vec![named("2")]).await;
    ours.add(&secret_stream("a"), vec![named("3")]).await;
    let mut feed = pin!(ours.log.feed().follow(0, Filter::default()));
    assert_eq!(positions_until(&mut feed, 3).await, [1, 2, 3]);
}
