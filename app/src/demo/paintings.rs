//! Photos for the scenes, painted: hills in the light of different hours.
#![expect(clippy::cast_precision_loss, reason = "pixels are counted in hundreds")]

use std::io;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;

/// Hills, one behind the other.
const HILLS: usize = 4;

/// The light of one picture: sky above, sky at the horizon, the nearest hill, and where the sun is.
struct Light {
    name: &'static str,
    zenith: [f32; 3],
    horizon: [f32; 3],
    near: [f32; 3],
    sun: (f32, f32),
}

const LIGHTS: [Light; 6] = [
    Light {
        name: "Hut at dawn.jpg",
        zenith: [86.0, 110.0, 168.0],
        horizon: [255.0, 196.0, 150.0],
        near: [38.0, 50.0, 62.0],
        sun: (0.7, 0.52),
    },
    Light {
        name: "Fog below us.jpg",
        zenith: [150.0, 178.0, 205.0],
        horizon: [236.0, 238.0, 236.0],
        near: [60.0, 84.0, 86.0],
        sun: (0.3, 0.2),
    },
    Light {
        name: "Larches.jpg",
        zenith: [70.0, 140.0, 205.0],
        horizon: [220.0, 235.0, 240.0],
        near: [168.0, 108.0, 34.0],
        sun: (0.85, 0.18),
    },
    Light {
        name: "Last light.jpg",
        zenith: [58.0, 44.0, 98.0],
        horizon: [250.0, 130.0, 92.0],
        near: [30.0, 22.0, 44.0],
        sun: (0.42, 0.56),
    },
    Light {
        name: "Lake.jpg",
        zenith: [60.0, 150.0, 170.0],
        horizon: [214.0, 240.0, 228.0],
        near: [20.0, 92.0, 90.0],
        sun: (0.15, 0.25),
    },
    Light {
        name: "Above the pass.jpg",
        zenith: [40.0, 92.0, 160.0],
        horizon: [255.0, 226.0, 190.0],
        near: [52.0, 66.0, 54.0],
        sun: (0.62, 0.4),
    },
];

/// Paints the photos into a folder; gives their paths.
pub(super) fn hang(folder: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let paint = |(at, light): (usize, &Light)| {
        let path = folder.join(light.name);
        painting(light, at as f32)
            .save(&path)
            .map_err(io::Error::other)?;
        Ok(path)
    };
    LIGHTS.iter().enumerate().map(paint).collect()
}

fn painting(light: &Light, seed: f32) -> RgbImage {
    let ridges: Vec<[f32; HILLS]> = (0..WIDTH)
        .map(|x| {
            let x = x as f32 / WIDTH as f32;
            std::array::from_fn(|hill| ridge(x, depth(hill), seed))
        })
        .collect();
    RgbImage::from_fn(WIDTH, HEIGHT, |column, y| {
        let ridges = &ridges[column as usize];
        let (x, y) = (column as f32 / WIDTH as f32, y as f32 / HEIGHT as f32);
        let mut color = mix(light.zenith, light.horizon, (y / 0.65).min(1.0));
        let (dx, dy) = ((x - light.sun.0) * 1.33, y - light.sun.1);
        let glow = (1.0 - (dx * dx + dy * dy).sqrt() / 0.42).max(0.0).powi(3);
        color = mix(color, [255.0, 246.0, 226.0], glow);
        for (hill, ridge) in ridges.iter().enumerate() {
            if y > *ridge {
                color = mix(
                    mix(light.horizon, light.near, 0.35),
                    light.near,
                    depth(hill),
                );
            }
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a colour is between 0 and 255"
        )]
        Rgb(color.map(|part| part as u8))
    })
}

/// How near a hill is, from 0 to 1.
fn depth(hill: usize) -> f32 {
    hill as f32 / (HILLS - 1) as f32
}

/// The height of a hill's edge, from the top.
fn ridge(x: f32, depth: f32, seed: f32) -> f32 {
    let rough = 0.11 - depth * 0.05;
    let wave = |frequency: f32, shift: f32| (x * frequency + seed * 1.7 + shift).sin();
    let height = wave(4.0, depth * 9.0) + 0.5 * wave(9.0, depth * 5.0) + 0.22 * wave(23.0, depth);
    0.5 + depth * 0.3 - height * rough * 0.6
}

fn mix(from: [f32; 3], to: [f32; 3], part: f32) -> [f32; 3] {
    let part = part.clamp(0.0, 1.0);
    [0, 1, 2].map(|at| from[at] + (to[at] - from[at]) * part)
}
