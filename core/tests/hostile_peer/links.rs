//! Members who do not read, and members who come again and again.

use parlor_core::room::notice::Notice;

use crate::attacks::Attack;
use crate::scene::Scene;

/// Larger than all that may be under way to somebody.
const LARGE_BYTES: u64 = 300_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_asks_for_all_and_then_falls_silent_is_given_up() {
    let mut scene = Scene::with_eve(Attack::FallsSilent).await;
    scene.attack();
    scene.over().await;
    let large = scene.large_file(LARGE_BYTES);
    scene.ada.room.share(vec![large]).await.unwrap();
    let is_lost = |notice: &Notice| match notice {
        Notice::PeerLost { name, reason, .. } if name.as_str() == "Eve" => Some(reason.clone()),
        _ => None,
    };
    let reason = scene.ada.told("loss of Eve", is_lost).await;
    assert!(reason.contains("fell silent"), "{reason}");
    scene.it_cost_little();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_talks_and_never_reads_slows_nobody_else() {
    let mut scene = Scene::with_eve(Attack::TalksAndNeverReads).await;
    scene.attack();
    let large = scene.large_file(LARGE_BYTES);
    scene.ada.room.share(vec![large]).await.unwrap();
    for _ in 0..3 {
        scene.all_is_well().await;
    }
    scene.it_cost_little();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_was_cut_off_does_not_get_in_as_somebody_new() {
    let mut scene = Scene::with_eve(Attack::ComesBack).await;
    let is_eve = |notice: &Notice| matches!(notice, Notice::PeerConnected { name, .. } if name.as_str() == "Eve");
    let is_refusal = |notice: &Notice| matches!(notice, Notice::PeerRefused { .. });
    scene.attack();
    scene
        .she_is_cut_off(&["flood of pings", "floods the connection"])
        .await;
    scene.over().await;
    for member in [&scene.ada, &scene.bob] {
        assert_eq!(member.count(is_eve), 1, "let in again");
        assert_eq!(member.count(is_refusal), 1, "told again and again");
    }
    scene.all_is_well().await;
    scene.it_cost_little();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_strangers_who_come_and_go_cost_little() {
    let mut scene = Scene::with_eve(Attack::ManyStrangers).await;
    scene.attack();
    scene.all_is_well().await;
    scene.over().await;
    scene.all_is_well().await;
    scene.it_cost_little();
}
