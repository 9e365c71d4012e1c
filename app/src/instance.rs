//! One app for one data folder: what a second start was given goes to the first.
//!
//! The first listens on a local socket. A second one that finds somebody there hands over its link
//! and files and ends; its person sees the window they know come to the front.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::traits::tokio::{Listener as _, Stream as _};
use interprocess::local_socket::{ListenerOptions, Name};
use parlor_app_model::msg::Msg;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::mpsc;

use crate::bridge::Closing;
use crate::given::Given;

/// What is handed over, in bytes, at most: thousands of paths.
const MESSAGE_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// How long handing over may take.
const HAND_OVER_MAX: Duration = Duration::from_secs(2);

/// How long an app may take to close: more than it does.
const END_MAX: Duration = Duration::from_secs(10);

/// Said to who comes while this app closes.
const CLOSING: u8 = b'c';

/// Starts that wait for the end of this one.
const WAITING_MAX: usize = 16;

/// The socket's name in the data folder.
#[cfg(unix)]
const SOCKET: &str = "parlor.sock";

#[cfg(unix)]
fn name(folder: &Path) -> io::Result<Name<'static>> {
    use interprocess::local_socket::{GenericFilePath, ToFsName as _};
    folder.join(SOCKET).to_fs_name::<GenericFilePath>()
}

#[cfg(windows)]
fn name(folder: &Path) -> io::Result<Name<'static>> {
    use interprocess::local_socket::{GenericNamespaced, ToNsName as _};
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    format!("parlor-{:016x}", hasher.finish()).to_ns_name::<GenericNamespaced>()
}

/// Hands what this app was started with to one that runs already; `false` if there is none. For one
/// that is just closing, this waits.
///
/// # Errors
/// What the system says when somebody is there and does not take it.
pub async fn hand_over(folder: &Path, given: &Given) -> io::Result<bool> {
    let Ok(mut stream) = Stream::connect(name(folder)?).await else {
        return Ok(false);
    };
    let mut line = serde_json::to_vec(given).map_err(io::Error::other)?;
    line.push(b'\n');
    let handed = async {
        stream.write_all(&line).await?;
        stream.flush().await?;
        // The other side ends this when it has taken it.
        stream.read(&mut [0]).await
    };
    let answer = tokio::time::timeout(HAND_OVER_MAX, handed).await??;
    if answer == 0 {
        return Ok(true);
    }
    // It is closing and takes nothing. Its end is the end of this, and this one's turn.
    let _ = tokio::time::timeout(END_MAX, stream.read(&mut [0])).await;
    Ok(false)
}

/// Takes what later starts are given, for as long as the app runs.
pub(crate) async fn listen(
    folder: PathBuf,
    messages: mpsc::Sender<Msg>,
    raise: mpsc::Sender<()>,
    closing: Closing,
) {
    let listener = name(&folder).and_then(|name| {
        let options = ListenerOptions::new().name(name);
        // Left behind by an app that was killed: the lock of the home says that nobody has it.
        options.try_overwrite(true).create_tokio()
    });
    let listener = match listener {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(%error, "a second start will not find this one");
            return;
        }
    };
    // Who waits for the end of this app.
    let mut waiting = Vec::new();
    loop {
        let Ok(mut stream) = listener.accept().await else {
            continue;
        };
        let Ok(Ok(given)) = tokio::time::timeout(HAND_OVER_MAX, take(&mut stream)).await else {
            continue;
        };
        if closing.has_begun() {
            if waiting.len() < WAITING_MAX && stream.write_all(&[CLOSING]).await.is_ok() {
                waiting.push(stream);
            }
            continue;
        }
        let _ = raise.try_send(());
        for intent in given.intents() {
            if messages.send(Msg::Intent(intent)).await.is_err() {
                return;
            }
        }
    }
}

async fn take(stream: &mut Stream) -> io::Result<Given> {
    let mut bytes = Vec::new();
    let mut limited = BufReader::new(stream.take(MESSAGE_MAX_BYTES));
    limited.read_until(b'\n', &mut bytes).await?;
    serde_json::from_slice(&bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use parlor_app_model::msg::Intent;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::bridge::tests::ending;

    /// An app that listens.
    struct First {
        folder: tempfile::TempDir,
        queue: mpsc::Receiver<Msg>,
        raised: mpsc::Receiver<()>,
        is_closing: Arc<AtomicBool>,
        listening: JoinHandle<()>,
    }

    impl First {
        fn start() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let (messages, queue) = mpsc::channel(4);
            let (raise, raised) = mpsc::channel(1);
            let (is_closing, closing) = ending();
            let listening = listen(folder.path().to_owned(), messages, raise, closing);
            Self {
                folder,
                queue,
                raised,
                is_closing,
                listening: tokio::spawn(listening),
            }
        }

        /// Hands over as soon as it listens.
        async fn is_handed(&self, given: &Given) {
            while !hand_over(self.folder.path(), given).await.unwrap() {
                tokio::task::yield_now().await;
            }
        }
    }

    fn linked(link: &str) -> Given {
        Given {
            link: Some(link.to_owned()),
            files: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_start_while_the_first_one_closes_waits_for_its_end() {
        let mut first = First::start();
        let given = linked("first");
        first.is_handed(&given).await;
        first.queue.recv().await.unwrap();
        first.is_closing.store(true, Ordering::Release);
        let second = hand_over(first.folder.path(), &given);
        tokio::pin!(second);
        let early = tokio::time::timeout(Duration::from_millis(200), &mut second).await;
        assert!(early.is_err(), "it does not wait");
        first.listening.abort();
        assert!(!second.await.unwrap(), "it starts by itself");
        assert!(
            first.queue.recv().await.is_none(),
            "nothing was given to the first"
        );
    }

    #[tokio::test]
    async fn a_second_start_hands_its_link_to_the_first() {
        let mut first = First::start();
        let given = linked("parlor://j");
        first.is_handed(&given).await;
        let msg = first.queue.recv().await.unwrap();
        assert!(matches!(msg, Msg::Intent(Intent::OpenLink(link)) if link == "parlor://j"));
        assert!(first.raised.recv().await.is_some());
        first.listening.abort();
    }

    #[tokio::test]
    async fn the_first_start_finds_nobody() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!hand_over(folder.path(), &Given::default()).await.unwrap());
    }

    #[tokio::test]
    async fn what_is_no_message_is_passed_over() {
        let mut first = First::start();
        let mut stream = loop {
            match Stream::connect(name(first.folder.path()).unwrap()).await {
                Ok(stream) => break stream,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        stream.write_all(b"{not json\n").await.unwrap();
        let _ = stream.read(&mut [0]).await;
        let given = linked("after");
        assert!(hand_over(first.folder.path(), &given).await.unwrap());
        let msg = first.queue.recv().await.unwrap();
        assert!(matches!(msg, Msg::Intent(Intent::OpenLink(link)) if link == "after"));
        first.listening.abort();
    }
}
