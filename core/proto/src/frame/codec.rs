//! How types of this crate stand in CBOR where they have no form of their own.

pub(super) mod display_name {
    use minicbor::decode::Error;
    use minicbor::encode::Write;
    use minicbor::{Decoder, Encoder, encode::Error as EncodeError};

    use crate::text::DisplayName;

    pub(crate) fn encode<C, W: Write>(
        name: &DisplayName,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.str(name.as_str())?.ok()
    }

    pub(crate) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<DisplayName, Error> {
        d.str().map(DisplayName::sanitise)
    }
}

pub(super) mod safe_path {
    use minicbor::decode::Error;
    use minicbor::encode::Write;
    use minicbor::{Decoder, Encoder, encode::Error as EncodeError};

    use crate::limits::PATH_MAX_BYTES;
    use crate::name::SafePath;

    pub(crate) fn encode<C, W: Write>(
        path: &SafePath,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.str(&path.to_string())?.ok()
    }

    pub(crate) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<SafePath, Error> {
        let text = d.str()?;
        // A hostile name is made safe rather than refused: the person decides on the offer.
        if text.len() > PATH_MAX_BYTES * 4 {
            return Err(Error::message("path too long"));
        }
        Ok(SafePath::sanitise(text))
    }
}
