//! What a component shows of the model.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use dioxus::prelude::*;
use parlor_app_model::model::Model;

/// A function that says what is shown panicked, which is a bug. The window goes on, and the
/// boundary around it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is to be shown cannot be told")]
pub(crate) struct NotShown;

/// What `view` says of the model and of `of`; asked again when one of them changes, and the
/// component made anew only when the answer is another.
///
/// # Errors
/// [`NotShown`]: Dioxus catches what panics in a component, and not what does in a memo.
pub(crate) fn use_view<O, T>(
    of: O,
    view: impl Fn(&Model, O) -> T + 'static,
) -> Result<Rc<T>, NotShown>
where
    O: Clone + PartialEq + 'static,
    T: PartialEq + 'static,
{
    let model = use_context::<Signal<Model>>();
    let shown = use_memo(use_reactive((&of,), move |(of,)| {
        let model = model.read();
        let shown = catch_unwind(AssertUnwindSafe(|| view(&model, of)));
        shown.map(Rc::new).map_err(|_| NotShown)
    }));
    let shown = shown.read();
    shown.clone()
}
