//! How a person wants to be shown: a colour and a picture, to choose from.

use dioxus::prelude::*;
use lucide_dioxus::{Check, Type};
use parlor_proto::avatar::{AVATAR_COLOURS, AVATAR_EMBLEMS, Avatar as Chosen};

use super::avatar::hue;
use crate::t;
use crate::words::use_words;

/// Colours and pictures, of which one each is chosen.
#[component]
pub(crate) fn AvatarPicker(chosen: Chosen, onchoose: EventHandler<Chosen>) -> Element {
    let words = use_words();
    rsx! {
        div { class: "picker",
            div { class: "colours", role: "radiogroup", "aria-label": t!(words, "avatar-colour"),
                for colour in 1..=AVATAR_COLOURS {
                    button {
                        key: "{colour}",
                        class: "swatch",
                        r#type: "button",
                        role: "radio",
                        style: "--h: {hue(colour - 1)}",
                        "aria-label": t!(words, "avatar-colour-number", number = colour),
                        "aria-checked": "{chosen.colour == colour}",
                        onclick: move |_| onchoose.call(Chosen { colour, ..chosen }),
                        if chosen.colour == colour {
                            Check { size: 18 }
                        }
                    }
                }
            }
            div { class: "emblems", role: "radiogroup", "aria-label": t!(words, "avatar-picture"),
                button {
                    class: "emblem",
                    r#type: "button",
                    role: "radio",
                    "aria-label": t!(words, "avatar-letter"),
                    "aria-checked": "{chosen.emblem().is_none()}",
                    onclick: move |_| onchoose.call(Chosen { emblem: 0, ..chosen }),
                    Type { size: 20 }
                }
                for (emblem, (symbol, name)) in (1..).zip(AVATAR_EMBLEMS) {
                    button {
                        key: "{emblem}",
                        class: "emblem",
                        r#type: "button",
                        role: "radio",
                        "aria-label": words.emblem(name),
                        "aria-checked": "{chosen.emblem == emblem}",
                        onclick: move |_| onchoose.call(Chosen { emblem, ..chosen }),
                        "{symbol}"
                    }
                }
            }
        }
    }
}
