//! Frames that are right by themselves, as fast as the channel takes them.

use crate::attacks::Attack;
use crate::scene::Scene;

async fn is_cut_off(attack: Attack, why: &str) {
    let mut scene = Scene::with_eve(attack).await;
    scene.attack();
    scene.all_is_well().await;
    // Where frames come faster than they can be counted, the transport is first to say so.
    let by_transport = ["floods the connection", "sends more at once than it may"];
    scene
        .she_is_cut_off(&[&[why], &by_transport[..]].concat())
        .await;
    scene.all_is_well().await;
    scene.it_cost_little();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_small_frames_cut_her_off() {
    is_cut_off(Attack::UnknownKinds, "frames that mean nothing").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_pings_cuts_her_off() {
    is_cut_off(Attack::Pings, "flood of pings").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_messages_cuts_her_off() {
    is_cut_off(Attack::Messages, "more messages than anybody writes").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_long_messages_cuts_her_off() {
    is_cut_off(Attack::LongMessages, "more text than anybody writes").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_the_longest_offers_cuts_her_off() {
    is_cut_off(Attack::LongestOffers, "offers more files than").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_answers_cuts_her_off() {
    is_cut_off(Attack::Answers, "answers the same offers").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_wants_cuts_her_off() {
    is_cut_off(Attack::Wants, "asks for more than there is").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_on_the_channel_without_a_use_cuts_her_off() {
    is_cut_off(Attack::Live, "frames that mean nothing").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_chunks_that_nobody_asked_for_cut_her_off() {
    is_cut_off(Attack::SmallChunksOfNothing, "files that nobody asked for").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_chunks_that_nobody_asked_for_cut_her_off() {
    is_cut_off(Attack::ChunksOfNothing, "files that nobody asked for").await;
}
