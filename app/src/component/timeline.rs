//! The timeline, of which only what is near the window is made.
//!
//! Rows are as high as they are, so they are made in blocks whose heights are measured once they
//! are there and guessed before. The scroller counts from the bottom (`column-reverse`): what
//! is put in or turns out higher above does not move what the person reads.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use dioxus::prelude::*;
use parlor_app_model::model::Model;
use parlor_app_model::msg::{Intent, RoomIntent};
use parlor_app_model::view::rows::rows;
use parlor_proto::id::RoomId;

use super::entry::EntryRow;
use crate::bridge::use_courier;
use crate::shown::use_view;
use crate::words::use_words;
use crate::{format, t};

/// Entries in a block.
const BLOCK: i64 = 32;

/// Height of a block before it is measured, in pixels.
const BLOCK_GUESS: f64 = BLOCK as f64 * 52.0;

/// Blocks made at once: far more than fit into any window.
const BLOCKS_MAX: i64 = 12;

/// What is made beyond the edges of the window, in pixels.
const MARGIN: f64 = 900.0;

/// Heights of blocks and where the window is.
#[derive(Debug, Clone, PartialEq)]
struct Layout {
    heights: BTreeMap<i64, f64>,
    from_bottom: f64,
    window: f64,
}

impl Layout {
    fn height(&self, block: i64) -> f64 {
        self.heights.get(&block).copied().unwrap_or(BLOCK_GUESS)
    }

    /// The blocks to be made, and the heights of what is left out above and below.
    fn visible(&self, blocks: RangeInclusive<i64>) -> (RangeInclusive<i64>, f64, f64) {
        let (oldest, newest) = (*blocks.start(), *blocks.end());
        let mut last = newest;
        let mut below = 0.0;
        while last > oldest && below + self.height(last) < self.from_bottom - MARGIN {
            below += self.height(last);
            last -= 1;
        }
        let mut first = last;
        let mut made = below + self.height(last);
        while first > oldest
            && made < self.from_bottom + self.window + MARGIN
            && last - first + 1 < BLOCKS_MAX
        {
            first -= 1;
            made += self.height(first);
        }
        let above = (oldest..first).map(|block| self.height(block)).sum();
        (first..=last, above, below)
    }
}

/// The timeline of a room: `entries` of them are loaded, `prepended` of those before the first.
#[component]
pub(crate) fn Timeline(room: RoomId, entries: usize, prepended: usize, has_older: bool) -> Element {
    let words = use_words();
    let courier = use_courier();
    let mut layout = use_signal(|| Layout {
        heights: BTreeMap::new(),
        from_bottom: 0.0,
        window: 900.0,
    });
    let origin = -i64::try_from(prepended).unwrap_or(0);
    let end = origin + i64::try_from(entries).unwrap_or(0);
    let blocks = origin.div_euclid(BLOCK)..=(end - 1).max(origin).div_euclid(BLOCK);
    let (visible, above, below) = layout.read().visible(blocks.clone());
    let is_at_top = visible.start() == blocks.start();
    let for_older = courier.clone();
    use_effect(use_reactive(
        (&is_at_top, &has_older, &prepended),
        move |(at_top, older, _)| {
            if at_top && older {
                for_older.send(Intent::Room(room, RoomIntent::ShowOlder));
            }
        },
    ));
    rsx! {
        div {
            class: "timeline",
            role: "log",
            tabindex: "0",
            "aria-label": t!(words, "room-menu"),
            onscroll: move |event| {
                let data = event.data();
                let mut layout = layout.write();
                layout.from_bottom = (-data.scroll_top()).max(0.0);
                layout.window = f64::from(data.client_height());
            },
            div { class: "all",
                div { class: "spacer", style: "height: {above}px" }
                for block in visible {
                    Block {
                        key: "{block}",
                        room,
                        first: block * BLOCK - origin,
                        onheight: move |height| {
                            let is_new = layout.peek().heights.get(&block) != Some(&height);
                            if is_new {
                                layout.write().heights.insert(block, height);
                            }
                        },
                    }
                }
                div { class: "spacer", style: "height: {below}px" }
            }
        }
    }
}

/// A block of entries; `first` is the index of its first one, below zero where it is not loaded.
#[component]
fn Block(room: RoomId, first: i64, onheight: EventHandler<f64>) -> Element {
    let model = use_context::<Signal<Model>>();
    let words = use_words();
    let index = |at: i64| usize::try_from(at.max(0)).unwrap_or(0);
    let shown = use_view((room, first), move |model, (room, first)| {
        rows(model, room, index(first)..index(first + BLOCK))
    })?;
    // The day is another one at midnight; until then nothing here is made anew.
    let today = use_memo(move || model.read().now_ms / 60_000);
    let now_ms = *today.read() * 60_000;
    rsx! {
        div {
            class: "block",
            onresize: move |event| {
                if let Ok(size) = event.get_border_box_size() {
                    onheight.call(size.height);
                }
            },
            for row in shown.iter().cloned() {
                div { key: "{row.key:?}",
                    if row.before_ms.is_none_or(|before| format::is_another_day(before, row.at_ms)) {
                        div { class: "day", {format::day(&words, row.at_ms, now_ms)} }
                    }
                    EntryRow { room, row }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(from_bottom: f64) -> Layout {
        Layout {
            heights: BTreeMap::new(),
            from_bottom,
            window: 800.0,
        }
    }

    fn total(blocks: i64) -> f64 {
        blocks as f64 * BLOCK_GUESS
    }

    #[test]
    fn at_the_bottom_the_newest_blocks_are_made() {
        let (visible, above, below) = layout(0.0).visible(-100..=5);
        assert_eq!(*visible.end(), 5);
        assert!(visible.clone().count() <= 3);
        assert!((below - 0.0).abs() < f64::EPSILON);
        let made = total(i64::try_from(visible.count()).unwrap());
        assert!((above + made - total(106)).abs() < 1.0);
    }

    #[test]
    fn far_up_only_what_is_near_is_made_and_the_rest_keeps_its_height() {
        let far = total(50);
        let (visible, above, below) = layout(far).visible(0..=99);
        assert!(visible.clone().count() <= 5, "{visible:?}");
        assert!(below <= far && far - below <= MARGIN + BLOCK_GUESS);
        let made = total(i64::try_from(visible.count()).unwrap());
        assert!((above + below + made - total(100)).abs() < 1.0);
    }

    #[test]
    fn measured_heights_take_the_place_of_guesses() {
        let mut layout = layout(0.0);
        layout.heights.insert(9, 40.0);
        let (visible, _, _) = layout.visible(0..=9);
        assert!(visible.contains(&8) && visible.contains(&9));
    }

    #[test]
    fn a_room_without_entries_has_one_empty_block() {
        let (visible, above, below) = layout(0.0).visible(0..=0);
        assert_eq!(visible, 0..=0);
        assert!((above + below).abs() < f64::EPSILON);
    }

    #[test]
    fn heights_that_make_no_sense_do_not_make_everything() {
        let mut layout = layout(1e12);
        for block in 0..2000 {
            layout.heights.insert(block, 0.0);
        }
        let (visible, _, _) = layout.visible(0..=1999);
        assert!(i64::try_from(visible.count()).unwrap() <= BLOCKS_MAX);
    }
}
