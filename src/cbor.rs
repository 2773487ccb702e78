//! Bytes of a fixed length in CBOR, and types that are written by hand. Plain fields take `minicbor::bytes`; secrets and hand-written readers take these.

use minicbor::{Decoder, decode};

/// Writes a type by an expression of its value and an encoder.
macro_rules! encode_by {
    ($type:ty, |$value:ident, $to:ident| $body:expr) => {
        impl<C> minicbor::Encode<C> for $type {
            fn encode<W: minicbor::encode::Write>(
                &self,
                $to: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                let $value = self;
                $body
            }
        }
    };
}
pub(crate) use encode_by;

/// Reads `N` bytes.
pub(crate) fn fixed<const N: usize>(from: &mut Decoder<'_>) -> Result<[u8; N], decode::Error> {
    let start = from.position();
    let other = |_| decode::Error::message("bytes of another length").at(start);
    from.bytes()?.try_into().map_err(other)
}

/// A key that is wiped when dropped: `#[cbor(with = "crate::cbor::wiped")]`.
pub(crate) mod wiped {
    use minicbor::encode::Write;
    use minicbor::{Decoder, Encoder};
    use zeroize::Zeroizing;

    pub(crate) fn encode<C, W: Write, const N: usize>(
        key: &Zeroizing<[u8; N]>,
        to: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        to.bytes(key.as_slice())?.ok()
    }

    pub(crate) fn decode<C, const N: usize>(
        from: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<Zeroizing<[u8; N]>, minicbor::decode::Error> {
        super::fixed(from).map(Zeroizing::new)
    }
}
