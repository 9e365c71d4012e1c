//! What dialogs tell, for all of them. Not run on a device.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use block2::RcBlock;
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, NSObject, NSObjectProtocol};
use objc2::{DefinedClass as _, MainThreadMarker, MainThreadOnly, define_class, msg_send};
use objc2_foundation::{NSArray, NSDictionary, NSError, NSString, NSURL};
use objc2_photos_ui::PHPickerResult;
use objc2_ui_kit::{
    UIDocumentInteractionController, UIDocumentInteractionControllerDelegate,
    UIDocumentPickerDelegate, UIDocumentPickerViewController, UIImage, UIImagePickerController,
    UIImagePickerControllerDelegate, UIImagePickerControllerInfoKey,
    UIImagePickerControllerOriginalImage, UINavigationControllerDelegate, UIViewController,
};
use tokio::sync::oneshot;

use super::dialogs::{PhotoPicker, top};
use super::{PlatformError, words};

/// Kinds of what a photo picker gives, the picture first of what may have both.
const KINDS: [&str; 2] = ["public.image", "public.movie"];

/// Of a picture of a QR: enough for its modules.
const JPEG_QUALITY: f64 = 0.9;

/// Where copies go that the system removes some day.
const COPIES: &str = "picked";

type Answer = Result<Vec<PathBuf>, PlatformError>;

/// Whom to tell, once.
#[derive(Debug)]
pub(super) struct Ivars {
    tell: RefCell<Option<oneshot::Sender<Answer>>>,
}

define_class!(
    // SAFETY: NSObject asks nothing of its heirs, and this has no `Drop`.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[name = "ParlorListener"]
    #[ivars = Ivars]
    #[derive(Debug)]
    pub(super) struct Listener;

    unsafe impl NSObjectProtocol for Listener {}

    unsafe impl UIDocumentPickerDelegate for Listener {
        #[unsafe(method(documentPicker:didPickDocumentsAtURLs:))]
        fn picked(&self, _: &UIDocumentPickerViewController, urls: &NSArray<NSURL>) {
            let paths = urls.iter().filter_map(|url| url.to_file_path());
            self.answer(Ok(paths.collect()));
        }

        #[unsafe(method(documentPickerWasCancelled:))]
        fn picked_nothing(&self, _: &UIDocumentPickerViewController) {
            self.answer(Ok(Vec::new()));
        }
    }

    // The one method of a delegate of the photo picker.
    impl Listener {
        #[unsafe(method(picker:didFinishPicking:))]
        fn picked_photos(&self, picker: &PhotoPicker, results: &NSArray<PHPickerResult>) {
            picker.dismissViewControllerAnimated_completion(true, None);
            let gathering = Arc::new(Gathering {
                paths: Mutex::new(Vec::new()),
                tell: Mutex::new(self.ivars().tell.take()),
            });
            for result in results {
                gather(&result, &gathering);
            }
        }
    }

    unsafe impl UINavigationControllerDelegate for Listener {}

    unsafe impl UIImagePickerControllerDelegate for Listener {
        #[unsafe(method(imagePickerController:didFinishPickingMediaWithInfo:))]
        fn taken(
            &self,
            picker: &UIImagePickerController,
            info: &NSDictionary<UIImagePickerControllerInfoKey, AnyObject>,
        ) {
            picker.dismissViewControllerAnimated_completion(true, None);
            // SAFETY: a constant of the framework.
            let original = unsafe { UIImagePickerControllerOriginalImage };
            let picture = info.objectForKey(original);
            let picture = picture.and_then(|picture| picture.downcast::<UIImage>().ok());
            let written = picture
                .ok_or_else(|| PlatformError("it gave no picture".to_owned()))
                .and_then(|picture| write(&picture));
            self.answer(written.map(|path| vec![path]));
        }

        #[unsafe(method(imagePickerControllerDidCancel:))]
        fn taken_nothing(&self, picker: &UIImagePickerController) {
            picker.dismissViewControllerAnimated_completion(true, None);
            self.answer(Ok(Vec::new()));
        }
    }

    unsafe impl UIDocumentInteractionControllerDelegate for Listener {
        #[unsafe(method_id(documentInteractionControllerViewControllerForPreview:))]
        fn above(&self, _: &UIDocumentInteractionController) -> Retained<UIViewController> {
            // Without a window nobody could have tapped a file.
            top(self.mtm()).unwrap_or_else(|_| UIViewController::new(self.mtm()))
        }
    }
);

impl Listener {
    /// Tells what was chosen, if anybody wants to know.
    pub(super) fn new(
        mtm: MainThreadMarker,
        tell: Option<oneshot::Sender<Answer>>,
    ) -> Retained<Self> {
        let tell = RefCell::new(tell);
        let this = Self::alloc(mtm).set_ivars(Ivars { tell });
        // SAFETY: the signature of NSObject's `init`.
        unsafe { msg_send![super(this), init] }
    }

    pub(super) fn answer(&self, answer: Answer) {
        if let Some(tell) = self.ivars().tell.take() {
            let _ = tell.send(answer);
        }
    }
}

/// Photos that come one by one; whoever has the last share in it tells of all.
struct Gathering {
    paths: Mutex<Vec<PathBuf>>,
    tell: Mutex<Option<oneshot::Sender<Answer>>>,
}

impl Drop for Gathering {
    fn drop(&mut self) {
        let paths = self.paths.get_mut().unwrap_or_else(PoisonError::into_inner);
        let tell = self.tell.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(tell) = tell.take() {
            let _ = tell.send(Ok(std::mem::take(paths)));
        }
    }
}

fn gather(result: &PHPickerResult, gathering: &Arc<Gathering>) {
    // SAFETY: a plain property.
    let provider = unsafe { result.itemProvider() };
    let kinds = KINDS.map(NSString::from_str);
    let kind = kinds
        .iter()
        .find(|kind| provider.hasItemConformingToTypeIdentifier(kind));
    let Some(kind) = kind else {
        return;
    };
    let gathering = gathering.clone();
    let block = RcBlock::new(move |url: *mut NSURL, _: *mut NSError| {
        // SAFETY: null or a URL that is there as long as this block runs.
        let path = unsafe { url.as_ref() }.and_then(NSURL::to_file_path);
        // The file is gone when this returns.
        let copied = path.map(|path| copy(&path));
        match copied {
            Some(Ok(copy)) => gathering
                .paths
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(copy),
            Some(Err(error)) => tracing::warn!(%error, "a photo cannot be read"),
            None => tracing::warn!("a photo cannot be loaded"),
        }
    });
    // SAFETY: the block holds nothing but what may go to another thread.
    unsafe {
        provider.loadFileRepresentationForTypeIdentifier_completionHandler(kind, &block);
    }
}

/// A file that the system copied for this app, in a place where it does not stay for good.
pub(super) fn moved(from: PathBuf) -> PathBuf {
    let to = new_folder().map(|folder| folder.join(from.file_name().unwrap_or_default()));
    match to {
        Ok(to) if std::fs::rename(&from, &to).is_ok() => to,
        _ => from,
    }
}

fn copy(from: &Path) -> Result<PathBuf, PlatformError> {
    let to = new_folder()?.join(from.file_name().unwrap_or_default());
    std::fs::copy(from, &to).map_err(words)?;
    Ok(to)
}

fn write(picture: &UIImage) -> Result<PathBuf, PlatformError> {
    let bytes = picture
        .jpeg_representation(JPEG_QUALITY)
        .ok_or_else(|| PlatformError("the picture is damaged".to_owned()))?;
    let path = new_folder()?.join("qr.jpg");
    std::fs::write(&path, bytes.to_vec()).map_err(words)?;
    Ok(path)
}

/// A folder of its own for each file, so that names stay as they are.
fn new_folder() -> Result<PathBuf, PlatformError> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let now = chrono::Utc::now().timestamp_micros();
    let count = MADE.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir()
        .join(COPIES)
        .join(format!("{now}-{count}"));
    std::fs::create_dir_all(&folder).map_err(words)?;
    Ok(folder)
}
