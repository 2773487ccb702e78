//! CBOR that the derive does not write: arrays of fields, bytes of a fixed length, and types that are written by hand.
//!
//! What every check reads and writes is an [`as_array`]. The derive reads each field into a place of its own first, and takes
//! arrays of other lengths. This one reads fields in their places, and takes one length.

use minicbor::{Decoder, decode};

/// Writes a struct as an array of its fields, in this order. A field is read and written by its own type, or by the module
/// that it names.
macro_rules! as_array {
    ($type:ident { $($field:ident $(by $with:ident)?),+ $(,)? }) => {
        crate::cbor::write_array!($type { $($field $(by $with)?),+ });

        impl<'b, C> minicbor::Decode<'b, C> for $type {
            fn decode(
                from: &mut minicbor::Decoder<'b>,
                context: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                crate::cbor::expect_array(from, Self::CBOR_FIELDS)?;
                Ok(Self {
                    $($field: crate::cbor::read_field!(from, context $(, $with)?),)+
                })
            }
        }
    };
}
pub(crate) use as_array;

/// Writes a large struct as [`as_array`] does. It is read over a value that stands where it is to stay, so nothing is moved.
macro_rules! as_array_in_place {
    ($type:ident { $($field:ident $(by $with:ident)?),+ $(,)? }) => {
        crate::cbor::write_array!($type { $($field $(by $with)?),+ });

        impl $type {
            /// Reads every field. After an error some of them are read.
            fn read(&mut self, from: &mut minicbor::Decoder<'_>) -> Result<(), minicbor::decode::Error> {
                let context = &mut ();
                crate::cbor::expect_array(from, Self::CBOR_FIELDS)?;
                $(self.$field = crate::cbor::read_field!(from, context $(, $with)?);)+
                Ok(())
            }
        }
    };
}
pub(crate) use as_array_in_place;

macro_rules! write_array {
    ($type:ident { $($field:ident $(by $with:ident)?),+ }) => {
        impl $type {
            /// The array has so many fields.
            const CBOR_FIELDS: u64 = [$(stringify!($field)),+].len() as u64;
        }

        impl<C> minicbor::Encode<C> for $type {
            fn encode<W: minicbor::encode::Write>(
                &self,
                to: &mut minicbor::Encoder<W>,
                context: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                to.array(Self::CBOR_FIELDS)?;
                $(crate::cbor::write_field!(to, context, &self.$field $(, $with)?);)+
                Ok(())
            }
        }
    };
}
pub(crate) use write_array;

macro_rules! write_field {
    ($to:ident, $context:ident, $field:expr) => {
        minicbor::Encode::encode($field, $to, $context)?
    };
    ($to:ident, $context:ident, $field:expr, $with:ident) => {
        $with::encode($field, $to, $context)?
    };
}
pub(crate) use write_field;

macro_rules! read_field {
    ($from:ident, $context:ident) => {
        minicbor::Decode::decode($from, $context)?
    };
    ($from:ident, $context:ident, $with:ident) => {
        $with::decode($from, $context)?
    };
}
pub(crate) use read_field;

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

/// Reads the head of an array of so many items.
#[inline]
pub(crate) fn expect_array(from: &mut Decoder<'_>, items: u64) -> Result<(), decode::Error> {
    let start = from.position();
    if array_length(from)? == items {
        return Ok(());
    }
    Err(decode::Error::message("an array of another length").at(start))
}

/// Reads the head of an array that says its length.
#[inline]
fn array_length(from: &mut Decoder<'_>) -> Result<u64, decode::Error> {
    let start = from.position();
    // Most heads are one byte.
    if let Some(head @ 0x80..=0x97) = from.input().get(start) {
        from.set_position(start.saturating_add(1));
        return Ok(u64::from(head & 0x1f));
    }
    let other = || decode::Error::message("an array without its length").at(start);
    from.array()?.ok_or_else(other)
}

/// Reads `N` bytes.
pub(crate) fn fixed<const N: usize>(from: &mut Decoder<'_>) -> Result<[u8; N], decode::Error> {
    let start = from.position();
    let other = |_| decode::Error::message("bytes of another length").at(start);
    from.bytes()?.try_into().map_err(other)
}

/// A list whose memory is taken once: a list that grows would leave copies of secrets behind.
pub(crate) mod list {
    use minicbor::decode::Error;
    use minicbor::encode::Write;
    use minicbor::{Decode, Decoder, Encode, Encoder};

    pub(crate) fn encode<C, W: Write, T: Encode<C>>(
        list: &[T],
        to: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        to.array(list.len() as u64)?;
        list.iter().try_for_each(|item| item.encode(to, context))
    }

    pub(crate) fn decode<'b, C, T: Decode<'b, C>>(
        from: &mut Decoder<'b>,
        context: &mut C,
    ) -> Result<Vec<T>, Error> {
        let start = from.position();
        let long = |_| Error::message("a list that is too long").at(start);
        let length = usize::try_from(super::array_length(from)?).map_err(long)?;
        // An item takes a byte or more. So hostile bytes reserve no more places than there are bytes.
        let rest = from.input().len().saturating_sub(from.position());
        if length > rest {
            return Err(Error::end_of_input().at(start));
        }
        let mut list = Vec::with_capacity(length);
        for _ in 0..length {
            list.push(T::decode(from, context)?);
        }
        Ok(list)
    }
}

/// A field that may be absent. It is written as null then.
pub(crate) mod optional {
    use minicbor::decode::Error;
    use minicbor::encode::Write;
    use minicbor::{Decode, Decoder, Encode, Encoder};

    const NULL: u8 = 0xf6;

    pub(crate) fn encode<C, W: Write, T: Encode<C>>(
        field: &Option<T>,
        to: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match field {
            Some(field) => field.encode(to, context),
            None => to.null()?.ok(),
        }
    }

    pub(crate) fn decode<'b, C, T: Decode<'b, C>>(
        from: &mut Decoder<'b>,
        context: &mut C,
    ) -> Result<Option<T>, Error> {
        let place = from.position();
        if from.input().get(place) == Some(&NULL) {
            from.set_position(place.saturating_add(1));
            return Ok(None);
        }
        T::decode(from, context).map(Some)
    }
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

#[cfg(test)]
mod tests {
    use super::{list, optional};

    #[derive(Debug, Default, PartialEq)]
    struct Three {
        number: u8,
        perhaps: Option<u8>,
        several: Vec<u8>,
    }
    as_array_in_place!(Three { number, perhaps by optional, several by list });

    fn read(bytes: &[u8]) -> Option<Three> {
        let mut three = Three::default();
        let mut decoder = minicbor::Decoder::new(bytes);
        three.read(&mut decoder).ok()?;
        (decoder.position() == bytes.len()).then_some(three)
    }

    #[test]
    fn an_array_of_fields_is_read_as_it_is_written() {
        for perhaps in [None, Some(9)] {
            let three = Three {
                number: 7,
                perhaps,
                several: vec![1, 2],
            };
            let bytes = minicbor::to_vec(&three).unwrap();
            assert_eq!(bytes.first(), Some(&0x83));
            assert_eq!(read(&bytes), Some(three));
        }
    }

    #[test]
    fn an_array_of_another_length_is_refused() {
        assert!(read(&[0x83, 7, 0xf6, 0x80]).is_some());
        let others: [&[u8]; 5] = [
            &[0x82, 7, 0xf6],
            &[0x84, 7, 0xf6, 0x80, 0],
            &[0x9f, 7, 0xf6, 0x80, 0xff],
            &[0x83, 7, 0xf6],
            &[],
        ];
        for other in others {
            assert_eq!(read(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_list_reserves_no_more_places_than_there_are_bytes() {
        let claims: [&[u8]; 4] = [
            &[
                0x83, 7, 0xf6, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            ],
            &[0x83, 7, 0xf6, 0x9b, 0, 0, 0, 0x80, 0, 0, 0, 0, 1],
            &[0x83, 7, 0xf6, 0x82, 1],
            &[0x83, 7, 0xf6, 0x9f, 1, 0xff],
        ];
        for claim in claims {
            assert_eq!(read(claim), None, "{claim:?}");
        }
    }
}
