//! Files that are not what they are said to be, taken by both.

use bytes::Bytes;
use parlor_core::room::notice::Notice;

use crate::attacks::Attack;
use crate::eve::Serves;
use crate::scene::{Scene, files_below};

impl Serves {
    /// What Eve sends for a chunk of that length, with its proof.
    pub(crate) fn chunk(&self, len: u64) -> Option<(Vec<[u8; 32]>, Bytes)> {
        Some(match self {
            Self::Nothing => return None,
            Self::Lies => {
                let data = vec![1; usize::try_from(len).unwrap()];
                (vec![[7; 32]; 3], data.into())
            }
            Self::Bytes(bytes) => (Vec::new(), bytes.clone()),
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_that_do_not_match_the_file_cut_her_off() {
    let mut scene = Scene::that_takes_her_files(Attack::LyingHashes).await;
    scene.attack();
    scene.all_is_well().await;
    scene.she_is_cut_off(&["do not match the file"]).await;
    scene.all_is_well().await;
    scene.it_cost_little();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_beyond_the_end_of_its_file_cuts_her_off() {
    let mut scene = Scene::that_takes_her_files(Attack::ChunkBeyondTheEnd).await;
    scene.attack();
    scene.all_is_well().await;
    scene.she_is_cut_off(&["does not fit its file"]).await;
    scene.all_is_well().await;
    scene.it_cost_little();
}

/// Nobody is cut off for having a large file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_a_pebibyte_is_refused_for_lack_of_space() {
    let mut scene = Scene::that_takes_her_files(Attack::LyingSize).await;
    scene.attack();
    for member in [&scene.ada, &scene.bob] {
        let reason = member.told("end of the file", not_received).await;
        assert!(
            reason.starts_with("not enough space: the file needs"),
            "{reason}"
        );
        assert!(!files_below(&member.inbox).contains(&"all.zip".to_owned()));
    }
    scene.all_is_well().await;
    scene.it_cost_little();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_file_with_the_hash_of_another_is_refused() {
    let mut scene = Scene::that_takes_her_files(Attack::EmptyLie).await;
    scene.attack();
    for member in [&scene.ada, &scene.bob] {
        let reason = member.told("end of the file", not_received).await;
        assert!(
            reason.contains("its hash is not that of nothing"),
            "{reason}"
        );
        assert!(!files_below(&member.inbox).contains(&"empty.txt".to_owned()));
    }
    scene.all_is_well().await;
    scene.it_cost_little();
}

fn not_received(notice: &Notice) -> Option<String> {
    match notice {
        Notice::FileNotReceived { reason, .. } => Some(reason.clone()),
        _ => None,
    }
}

/// The core stores what it is sent and looks at no picture.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_would_fill_the_memory_is_stored_and_not_decoded() {
    let mut scene = Scene::that_takes_her_files(Attack::ImageBomb).await;
    scene.attack();
    for member in [&scene.ada, &scene.bob] {
        member
            .told("picture", |notice| match notice {
                Notice::FileReceived { stored_as, .. } => {
                    stored_as.ends_with("bomb.png").then_some(())
                }
                _ => None,
            })
            .await;
    }
    scene.all_is_well().await;
    scene.it_cost_little();
}
