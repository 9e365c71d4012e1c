//! A person: the picture they chose or the first letter of their name, on their colour.

use dioxus::prelude::*;
use parlor_app_model::view::LinkState;
use parlor_proto::avatar::{AVATAR_COLOURS, Avatar as Chosen};
use parlor_proto::id::DeviceId;

/// A person.
#[component]
pub(crate) fn Avatar(
    name: String,
    device: Option<DeviceId>,
    chosen: Chosen,
    #[props(default)] size: &'static str,
    #[props(default)] link: Option<LinkState>,
) -> Element {
    let letter: String = name.chars().next().unwrap_or('?').to_uppercase().collect();
    let hue = hue(chosen.colour().unwrap_or_else(|| colour_of(device)));
    rsx! {
        span { class: "avatar {size}", style: "--h: {hue}", "aria-hidden": "true",
            if let Some(symbol) = chosen.symbol() {
                span { class: "symbol", "{symbol}" }
            } else {
                "{letter}"
            }
            if let Some(link) = link {
                span {
                    class: match link {
                        LinkState::Connected { .. } => "dot on",
                        LinkState::Connecting => "dot soon",
                        LinkState::Away => "dot",
                    }
                }
            }
        }
    }
}

/// A colour in degrees of hue, evenly apart.
pub(crate) const fn hue(colour: u8) -> u16 {
    let (colour, colours) = (colour as u16, AVATAR_COLOURS as u16);
    colour % colours * (360 / colours) + 10
}

/// The colour of somebody who chose none.
fn colour_of(device: Option<DeviceId>) -> u8 {
    device.map_or(5, |DeviceId([first, ..])| first % AVATAR_COLOURS)
}
