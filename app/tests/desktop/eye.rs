//! What is to be seen on a screen, for what a screen reader does not tell.

use std::path::Path;
use std::process::Command;

use image::{Rgb, RgbImage};

use crate::desk::Window;
use crate::process::until;

/// The colour in the middle of a picture.
pub(crate) fn center(picture: &Path) -> [u8; 3] {
    let picture = image::open(picture).unwrap().into_rgb8();
    picture
        .get_pixel(picture.width() / 2, picture.height() / 2)
        .0
}

impl Window<'_> {
    /// What is on the screen.
    pub(crate) fn picture(&self) -> RgbImage {
        let mut command = Command::new("import");
        command
            .args(["-window", "root", "png:-"])
            .env("DISPLAY", self.display());
        let shot = command.output().expect("imagemagick is installed");
        image::load_from_memory(&shot.stdout).unwrap().into_rgb8()
    }

    /// What is on the screen once nothing moves there: sheets rise.
    pub(crate) fn still_picture(&self) -> RgbImage {
        let mut before = self.picture();
        let still = until(|| {
            let one = std::mem::replace(&mut before, self.picture());
            (one == before).then_some(one)
        });
        still.expect("the window stands still")
    }

    /// Waits until a large part of the screen has a colour.
    pub(crate) fn shows_color(&self, color: [u8; 3]) {
        self.shows_much_of(color, 20_000);
    }

    /// Waits until so many pixels of the screen have a colour.
    pub(crate) fn shows_much_of(&self, color: [u8; 3], pixels: usize) {
        let is_near = |pixel: &Rgb<u8>| pixel.0.iter().zip(color).all(|(a, b)| a.abs_diff(b) < 12);
        let shown = until(|| {
            let count = self
                .picture()
                .pixels()
                .filter(|pixel| is_near(pixel))
                .count();
            (count > pixels).then_some(())
        });
        assert!(
            shown.is_some(),
            "{} shows no {color:?}: {}",
            self.name(),
            self.told()
        );
    }
}
