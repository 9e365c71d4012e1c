//! How the person wants to be shown.

use dioxus::prelude::*;
use parlor_app_model::model::Model;
use parlor_app_model::msg::Intent;
use parlor_app_model::settings::Profile;

use crate::app::own_device;
use crate::bridge::use_courier;
use crate::component::avatar::Avatar as Shown;
use crate::component::avatar_picker::AvatarPicker;
use crate::component::frame::SheetFrame;
use crate::t;
use crate::words::use_words;

/// Shows what others will see, and keeps it when the person says so: every change is told to
/// everybody who is connected.
#[component]
pub(crate) fn Avatar() -> Element {
    let model = use_context::<Signal<Model>>();
    let words = use_words();
    let courier = use_courier();
    let profile = use_hook(|| model.peek().profile.clone());
    let mut chosen = use_signal(|| profile.avatar());
    let device = own_device();
    let name = profile.name.clone();
    rsx! {
        SheetFrame { title: t!(words, "avatar-title"),
            div { class: "avatar-sheet",
                Shown { name, device, chosen: chosen(), size: "large" }
                AvatarPicker { chosen: chosen(), onchoose: move |now| chosen.set(now) }
                button {
                    class: "button main wide",
                    r#type: "button",
                    onclick: move |_| {
                        let now = *chosen.peek();
                        courier.send(Intent::CallMe(Profile {
                            colour: now.colour,
                            emblem: now.emblem,
                            ..profile.clone()
                        }));
                    },
                    {t!(words, "save")}
                }
            }
        }
    }
}
