//! A person: the first letter of the name on a colour of the device.

use dioxus::prelude::*;
use parlor_app_model::view::LinkState;
use parlor_proto::id::DeviceId;

/// A person.
#[component]
pub(crate) fn Avatar(
    name: String,
    device: Option<DeviceId>,
    #[props(default)] size: &'static str,
    #[props(default)] link: Option<LinkState>,
) -> Element {
    let letter: String = name.chars().next().unwrap_or('?').to_uppercase().collect();
    let hue = hue(device);
    rsx! {
        span { class: "avatar {size}", style: "--h: {hue}", "aria-hidden": "true",
            "{letter}"
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

/// Colours that can be told from each other, in degrees.
const HUES: u16 = 12;

fn hue(device: Option<DeviceId>) -> u16 {
    let first = device.map_or(5, |DeviceId([first, ..])| u16::from(first));
    first % HUES * (360 / HUES) + 10
}
