//! The control frames of the committed snapshot, with their fields.

use data_encoding::HEXLOWER;
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use parlor_proto::frame::Frame;

use crate::check;
use crate::json::{Json, hex};

const DESCRIPTION: &str = "Control frames (docs/protocol.md, 6). `fields` is the CBOR map by its \
    integer keys, byte strings as lower-case hex.";

/// Where the bytes of a frame of each kind are kept under review already.
const SNAPSHOT: &str = include_str!(
    "../../../proto/src/frame/snapshots/parlor_proto__frame__tests__the_bytes_of_every_frame_are_the_documented_ones.snap"
);

#[test]
fn control_frames() {
    let (_, lines) = SNAPSHOT.rsplit_once("---\n").expect("a snapshot's head");
    let vectors = object! {
        "description": DESCRIPTION,
        "frames": lines.lines().map(frame).collect::<Vec<_>>(),
    };
    check("frames.json", &vectors);
}

fn frame(line: &str) -> Json {
    let (name, bytes) = line.split_once(": ").expect("a name and its bytes");
    let bytes = HEXLOWER.decode(bytes.as_bytes()).expect("hex");
    let frame = Frame::decode(&bytes).expect(name);
    assert_eq!(frame.encode(), bytes, "{name}");
    let (kind, body) = bytes.split_first().expect("a kind");
    let mut decoder = Decoder::new(body);
    let fields = value(&mut decoder).expect(name);
    assert_eq!(decoder.position(), body.len(), "{name}");
    object! {
        "name": name,
        "kind": *kind,
        "fields": fields,
        "bytes": hex(&bytes),
    }
}

/// Any CBOR of the kinds that frames are made of.
fn value(decoder: &mut Decoder<'_>) -> Result<Json, Error> {
    Ok(match decoder.datatype()? {
        Type::Map => {
            let len = decoder.map()?.unwrap_or_default();
            let fields = (0..len).map(|_| Ok((decoder.u64()?.to_string(), value(decoder)?)));
            Json::Object(fields.collect::<Result<_, Error>>()?)
        }
        Type::Array => {
            let len = decoder.array()?.unwrap_or_default();
            let values = (0..len).map(|_| value(decoder));
            Json::List(values.collect::<Result<_, _>>()?)
        }
        Type::Bytes => hex(decoder.bytes()?),
        Type::String => decoder.str()?.into(),
        Type::Bool => decoder.bool()?.into(),
        Type::Null => {
            decoder.null()?;
            Json::Null
        }
        _ => decoder.u64()?.into(),
    })
}
