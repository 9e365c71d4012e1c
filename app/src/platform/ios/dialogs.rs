//! The dialogs of iOS. Not run on a device.

use std::cell::RefCell;
use std::future::Future;
use std::path::{Path, PathBuf};

use dispatch2::DispatchQueue;
use objc2::rc::{Allocated, Retained};
use objc2::runtime::{AnyObject, NSObject, ProtocolObject};
use objc2::{MainThreadMarker, MainThreadOnly, extern_class, extern_methods};
use objc2_foundation::{NSArray, NSString, NSURL};
use objc2_photos_ui::{PHPickerConfiguration, PHPickerConfigurationAssetRepresentationMode};
use objc2_ui_kit::{
    UIActivityViewController, UIApplication, UIDocumentInteractionController,
    UIDocumentPickerViewController, UIImagePickerController, UIImagePickerControllerSourceType,
    UIResponder, UIViewController,
};
use objc2_uniform_type_identifiers::UTType;
use tokio::sync::oneshot;

use super::listener::Listener;
use super::{PlatformError, words};

/// Every kind of file.
const ANY_FILE: &str = "public.item";

extern_class!(
    /// The system's photo picker; the bindings know only that of macOS.
    #[unsafe(super(UIViewController, UIResponder, NSObject))]
    #[thread_kind = MainThreadOnly]
    #[name = "PHPickerViewController"]
    pub(super) struct PhotoPicker;
);

impl PhotoPicker {
    extern_methods!(
        #[unsafe(method(initWithConfiguration:))]
        #[unsafe(method_family = init)]
        fn init_with(
            this: Allocated<Self>,
            configuration: &PHPickerConfiguration,
        ) -> Retained<Self>;

        /// # Safety
        /// The delegate must have the methods of one, and is not kept alive by this.
        #[unsafe(method(setDelegate:))]
        #[unsafe(method_family = none)]
        unsafe fn set_delegate(&self, delegate: Option<&AnyObject>);
    );
}

/// What nobody else keeps alive while a dialog is shown: its delegate, and what shows a file.
struct Shown {
    _listener: Retained<Listener>,
    _preview: Option<Retained<UIDocumentInteractionController>>,
}

thread_local! {
    /// The one dialog there is, on the main thread.
    static SHOWN: RefCell<Option<Shown>> = const { RefCell::new(None) };
}

/// Shows a dialog on the main thread; what the person chose comes later.
pub(super) fn ask(
    show: impl FnOnce(MainThreadMarker, &Listener) -> Result<(), PlatformError> + Send + 'static,
) -> impl Future<Output = Result<Vec<PathBuf>, PlatformError>> + Send {
    let (tell, told) = oneshot::channel();
    DispatchQueue::main().exec_async(move || {
        let Some(mtm) = MainThreadMarker::new() else {
            return;
        };
        let listener = Listener::new(mtm, Some(tell));
        if let Err(error) = show(mtm, &listener) {
            listener.answer(Err(error));
        }
        SHOWN.set(Some(Shown {
            _listener: listener,
            _preview: None,
        }));
    });
    // Nobody answers for a dialog that another one took the place of: nothing was chosen.
    async move { told.await.unwrap_or_else(|_| Ok(Vec::new())) }
}

pub(super) fn pick_files(mtm: MainThreadMarker, listener: &Listener) -> Result<(), PlatformError> {
    let any = UTType::typeWithIdentifier(&NSString::from_str(ANY_FILE));
    let kinds = NSArray::from_retained_slice(any.as_slice());
    let picker = UIDocumentPickerViewController::initForOpeningContentTypes_asCopy(
        UIDocumentPickerViewController::alloc(mtm),
        &kinds,
        true,
    );
    picker.setAllowsMultipleSelection(true);
    picker.setDelegate(Some(ProtocolObject::from_ref(listener)));
    present(mtm, &picker)
}

pub(super) fn pick_photos(mtm: MainThreadMarker, listener: &Listener) -> Result<(), PlatformError> {
    // SAFETY: plain settings of an object of our own; zero is no limit.
    let configuration = unsafe {
        let configuration = PHPickerConfiguration::new();
        configuration.setSelectionLimit(0);
        configuration.setPreferredAssetRepresentationMode(
            PHPickerConfigurationAssetRepresentationMode::Current,
        );
        configuration
    };
    let picker = PhotoPicker::init_with(PhotoPicker::alloc(mtm), &configuration);
    // SAFETY: the listener has the method, and is kept in `SHOWN`.
    unsafe { picker.set_delegate(Some(listener)) };
    present(mtm, &picker)
}

pub(super) fn photograph(mtm: MainThreadMarker, listener: &Listener) -> Result<(), PlatformError> {
    let camera = UIImagePickerControllerSourceType::Camera;
    if !UIImagePickerController::isSourceTypeAvailable(camera, mtm) {
        return Err(PlatformError("there is none".to_owned()));
    }
    let picker = UIImagePickerController::new(mtm);
    picker.setSourceType(camera);
    // SAFETY: the listener is a delegate of both kinds that are wanted, and is kept in `SHOWN`.
    unsafe { picker.setDelegate(Some(listener)) };
    present(mtm, &picker)
}

pub(super) fn export(
    mtm: MainThreadMarker,
    listener: &Listener,
    paths: &[PathBuf],
) -> Result<(), PlatformError> {
    let picker = UIDocumentPickerViewController::initForExportingURLs_asCopy(
        UIDocumentPickerViewController::alloc(mtm),
        &NSArray::from_retained_slice(&urls(paths)?),
        true,
    );
    picker.setDelegate(Some(ProtocolObject::from_ref(listener)));
    present(mtm, &picker)
}

pub(super) fn share_out(mtm: MainThreadMarker, paths: &[PathBuf]) -> Result<(), PlatformError> {
    let items = urls(paths)?.into_iter().map(|url| {
        let item: Retained<AnyObject> = url.into();
        item
    });
    let items: Vec<_> = items.collect();
    // SAFETY: URLs of files are items that every activity knows.
    let sheet = unsafe {
        UIActivityViewController::initWithActivityItems_applicationActivities(
            UIActivityViewController::alloc(mtm),
            &NSArray::from_retained_slice(&items),
            None,
        )
    };
    // On an iPad the sheet points at something; without that the app would be ended.
    if let (Some(popover), Some(view)) = (sheet.popoverPresentationController(), top(mtm)?.view()) {
        popover.setSourceView(Some(&view));
        popover.setSourceRect(view.bounds());
    }
    present(mtm, &sheet)
}

/// Shows a file above the app.
pub(super) fn preview(mtm: MainThreadMarker, path: &Path) -> Result<(), PlatformError> {
    let url = url(path)?;
    let controller = UIDocumentInteractionController::interactionControllerWithURL(&url, mtm);
    let listener = Listener::new(mtm, None);
    controller.setDelegate(Some(ProtocolObject::from_ref(&*listener)));
    let is_shown = controller.presentPreviewAnimated(true);
    SHOWN.set(Some(Shown {
        _listener: listener,
        _preview: Some(controller),
    }));
    if is_shown {
        Ok(())
    } else {
        Err(PlatformError("nothing here shows such a file".to_owned()))
    }
}

fn url(path: &Path) -> Result<Retained<NSURL>, PlatformError> {
    let url = NSURL::from_file_path(path);
    url.ok_or_else(|| words(format!("{} is no path", path.display())))
}

fn urls(paths: &[PathBuf]) -> Result<Vec<Retained<NSURL>>, PlatformError> {
    paths.iter().map(|path| url(path)).collect()
}

fn present(mtm: MainThreadMarker, dialog: &UIViewController) -> Result<(), PlatformError> {
    top(mtm)?.presentViewController_animated_completion(dialog, true, None);
    Ok(())
}

/// What is above everything else of the app.
pub(super) fn top(mtm: MainThreadMarker) -> Result<Retained<UIViewController>, PlatformError> {
    #[expect(
        deprecated,
        reason = "the window is made without scenes, so there is just this one"
    )]
    let window = UIApplication::sharedApplication(mtm).keyWindow();
    let root = window.and_then(|window| window.rootViewController());
    let mut top = root.ok_or_else(|| PlatformError("there is no window".to_owned()))?;
    while let Some(above) = top.presentedViewController() {
        top = above;
    }
    Ok(top)
}
