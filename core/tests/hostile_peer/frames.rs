//! Single frames that nobody sends, and messages beyond what the channel is said to take.

use crate::attacks::Attack;
use crate::scene::Scene;

async fn is_cut_off(attack: Attack, why: &str) {
    let mut scene = Scene::with_eve(attack).await;
    scene.attack();
    scene.all_is_well().await;
    scene.she_is_cut_off(&[why]).await;
    scene.all_is_well().await;
    scene.it_cost_little();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_of_one_byte_too_many_cuts_her_off() {
    is_cut_off(Attack::FrameOverTheLimit, "65537 bytes is over the limit").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_as_large_as_a_message_may_be_cut_her_off() {
    is_cut_off(Attack::FrameOfAMessage, "262144 bytes is over the limit").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bulk_frames_as_large_as_a_message_may_be_cut_her_off() {
    is_cut_off(
        Attack::BulkFrameOfAMessage,
        "262144 bytes is over the limit",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_a_length_beyond_all_memory_cuts_her_off() {
    is_cut_off(Attack::HugeClaims, "malformed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_hello_cuts_her_off() {
    is_cut_off(Attack::HelloTwice, "said hello twice").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_for_a_handshake_keeps_her_out() {
    is_cut_off(Attack::HandshakeGarbage, "not prove").await;
}
