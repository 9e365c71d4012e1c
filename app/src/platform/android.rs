//! Android. Type-checked for it, not run on a device.
//!
//! What Android only says in Kotlin is in `ParlorBridge` (`android/MainActivity.kt`): methods that
//! take one string and give one, lists joined by NUL, which no path can hold. They may wait for the
//! person, and throw what went wrong.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;

use dioxus_desktop::wry::prelude::{dispatch, find_class};
use jni::objects::{GlobalRef, JObject, JString, JValue};
use jni::{JNIEnv, JavaVM};

use super::{Abilities, Later, Platform, PlatformError, Shared};
use crate::given::Given;

/// The Kotlin side; `dx` gives every class of the activity's file this package.
const BRIDGE: &str = "dev.dioxus.main.ParlorBridge";

/// One string in, one string out.
const SIGNATURE: &str = "(Ljava/lang/String;)Ljava/lang/String;";

/// Between the entries of a list.
const BETWEEN: char = '\0';

/// How long the thread of the activity may take to find a class.
const FIND_MAX: Duration = Duration::from_secs(10);

/// References to Java objects in one call: its strings, and what an error brings along.
const REFERENCES_MAX: i32 = 16;

/// An Android device.
#[derive(Debug)]
pub(super) struct Android;

/// The Kotlin side, found once: only the activity's class loader knows classes of the app.
struct Bridge {
    vm: JavaVM,
    class: GlobalRef,
}

static FOUND: OnceLock<Bridge> = OnceLock::new();

impl Platform for Android {
    fn abilities(&self) -> Abilities {
        Abilities {
            can_reveal: false,
            can_scan: true,
        }
    }

    fn given(&self) -> Given {
        let given = call("given", "").unwrap_or_else(|error| {
            tracing::warn!(%error, "what another app gave is lost");
            String::new()
        });
        let (links, files) = split(&given).partition::<Vec<_>, _>(|given| given.contains("://"));
        Given {
            link: links.into_iter().next().map(str::to_owned),
            files: files.into_iter().map(PathBuf::from).collect(),
        }
    }

    fn data_folder(&self) -> Result<PathBuf, PlatformError> {
        call("dataFolder", "").map(PathBuf::from)
    }

    fn download_folder(&self) -> Result<PathBuf, PlatformError> {
        call("receivedFolder", "").map(PathBuf::from)
    }

    fn pick_files(&self, _: String, photos: bool) -> Later<Vec<PathBuf>> {
        let what = if photos { "photos" } else { "files" };
        Box::pin(async move {
            let picked = wait("pick", what.to_owned()).await;
            let picked = picked.unwrap_or_else(|error| {
                tracing::warn!(%error, "nothing is picked");
                String::new()
            });
            split(&picked).map(PathBuf::from).collect()
        })
    }

    /// Apps write into their own folders only.
    fn pick_folder(&self, _: String) -> Later<Option<PathBuf>> {
        Box::pin(async { None })
    }

    fn copy(&self, text: &str) -> Result<(), PlatformError> {
        call("copy", text).map(drop)
    }

    fn paste_picture(&self, folder: &Path) -> Result<Option<PathBuf>, PlatformError> {
        call("pastePicture", path(folder)?).map(some_path)
    }

    fn visit(&self, link: &str) -> Result<(), PlatformError> {
        call("visit", link).map(drop)
    }

    fn open(&self, file: &Path) -> Result<(), PlatformError> {
        call("open", path(file)?).map(drop)
    }

    fn reveal(&self, file: &Path) -> Result<(), PlatformError> {
        self.open(file)
    }

    fn save(&self, _: String, paths: Vec<PathBuf>) -> Later<Result<bool, PlatformError>> {
        Box::pin(async move { wait("save", joined(&paths)?).await.map(|_| true) })
    }

    fn share_out(&self, paths: &[PathBuf]) -> Result<Shared, PlatformError> {
        call("shareOut", &joined(paths)?).map(|_| Shared::Sheet)
    }

    fn scan(&self) -> Later<Result<Option<PathBuf>, PlatformError>> {
        Box::pin(async { wait("scan", String::new()).await.map(some_path) })
    }

    fn keep_awake(&self, is_awake: bool) -> Result<(), PlatformError> {
        call("keepAwake", if is_awake { "yes" } else { "no" }).map(drop)
    }

    fn notify(&self, title: &str, body: &str) -> Result<(), PlatformError> {
        let text = |text: &str| text.replace(BETWEEN, "");
        let note = format!("{}{BETWEEN}{}", text(title), text(body));
        call("notify", &note).map(drop)
    }
}

fn path(path: &Path) -> Result<&str, PlatformError> {
    let text = path.to_str();
    text.ok_or_else(|| PlatformError(format!("{} is no text", path.display())))
}

fn joined(paths: &[PathBuf]) -> Result<String, PlatformError> {
    let paths: Result<Vec<_>, _> = paths.iter().map(|file| path(file)).collect();
    Ok(paths?.join(&BETWEEN.to_string()))
}

fn split(list: &str) -> impl Iterator<Item = &str> {
    list.split(BETWEEN).filter(|entry| !entry.is_empty())
}

fn some_path(path: String) -> Option<PathBuf> {
    (!path.is_empty()).then(|| path.into())
}

/// Calls a method that waits for the person, on a thread that may.
async fn wait(method: &'static str, argument: String) -> Result<String, PlatformError> {
    let call = tokio::task::spawn_blocking(move || call(method, &argument));
    call.await.unwrap_or_else(|error| Err(words(error)))
}

/// Calls a method of the Kotlin side. Not from the activity's own thread.
fn call(method: &str, argument: &str) -> Result<String, PlatformError> {
    let bridge = bridge()?;
    let mut env = bridge.vm.attach_current_thread().map_err(words)?;
    env.with_local_frame(REFERENCES_MAX, |env| {
        let answer = called(env, &bridge.class, method, argument);
        answer.map_err(|error| Thrown(thrown(env, error)))
    })
    .map_err(|Thrown(error)| error)
}

fn called(
    env: &mut JNIEnv<'_>,
    class: &GlobalRef,
    method: &str,
    argument: &str,
) -> jni::errors::Result<String> {
    let argument = env.new_string(argument)?;
    let arguments = [JValue::Object(&argument)];
    let answer = env.call_static_method(class, method, SIGNATURE, &arguments)?;
    text(env, answer.l()?)
}

fn text(env: &mut JNIEnv<'_>, object: JObject<'_>) -> jni::errors::Result<String> {
    if object.is_null() {
        return Ok(String::new());
    }
    let text = JString::from(object);
    let text = env.get_string(&text)?;
    Ok(text.into())
}

/// An error in the place of what Java threw, which must not be left there.
struct Thrown(PlatformError);

impl From<jni::errors::Error> for Thrown {
    fn from(error: jni::errors::Error) -> Self {
        Self(words(error))
    }
}

/// What was thrown, in its own words.
fn thrown(env: &mut JNIEnv<'_>, error: jni::errors::Error) -> PlatformError {
    if !matches!(error, jni::errors::Error::JavaException) {
        return words(error);
    }
    let thrown = env.exception_occurred();
    let _ = env.exception_clear();
    let said = thrown.and_then(|thrown| {
        let said = env.call_method(&thrown, "toString", "()Ljava/lang/String;", &[])?;
        text(env, said.l()?)
    });
    // Asking may throw, too.
    let _ = env.exception_clear();
    said.map_or_else(|_| words(error), PlatformError)
}

fn bridge() -> Result<&'static Bridge, PlatformError> {
    if let Some(bridge) = FOUND.get() {
        return Ok(bridge);
    }
    let (tell, told) = mpsc::sync_channel(1);
    dispatch(move |env, activity, _| {
        let found = found(env, activity).map_err(|error| thrown(env, error));
        let _ = tell.try_send(found);
    });
    let found = told.recv_timeout(FIND_MAX).map_err(words)??;
    Ok(FOUND.get_or_init(|| found))
}

fn found(env: &mut JNIEnv<'_>, activity: &JObject<'_>) -> jni::errors::Result<Bridge> {
    let class = find_class(env, activity, BRIDGE.to_owned())?;
    Ok(Bridge {
        vm: env.get_java_vm()?,
        class: env.new_global_ref(class)?,
    })
}

fn words(error: impl std::fmt::Display) -> PlatformError {
    PlatformError(error.to_string())
}
