//! The three hashes as their compression functions see them (FIPS 180-4): a state, and a block that changes it.
//!
//! The functions themselves are those of `sha1` and `sha2`. This file adds where a hash begins, how its digest is
//! written, and which of its bits become a code.

use zeroize::Zeroize;

/// A hash that works on its input block by block.
pub(super) trait Hash {
    /// The state between two blocks. In the end it is the digest.
    type State: Copy + Zeroize;
    /// The input that is hashed at once.
    type Block: Copy + AsRef<[u8]> + AsMut<[u8]>;
    /// The state before the first block.
    const START: Self::State;
    /// A block of zeros.
    const BLANK: Self::Block;
    /// The last block after one other, for eight bytes in front.
    const COUNTER: Self::Block;
    /// The last block after one other, for a digest in front.
    const DIGEST: Self::Block;
    /// How many bytes of the last block hold the length of the input.
    const LENGTH_BYTES: usize;
    /// How many bytes a digest has.
    const DIGEST_BYTES: usize;

    fn compress(state: &mut Self::State, block: &Self::Block);

    /// Writes the digest to the front of `out`.
    fn write(state: &Self::State, out: &mut [u8]);

    /// The digest cut to 31 bits: see [`truncate`].
    fn truncated(state: &Self::State) -> u32;
}

/// FIPS 180-4 6.1.
pub(super) struct Sha1;

impl Hash for Sha1 {
    type State = [u32; 5];
    type Block = [u8; 64];
    /// FIPS 180-4 5.3.1.
    const START: Self::State = [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    const BLANK: Self::Block = [0; 64];
    const COUNTER: Self::Block = last_block(8);
    const DIGEST: Self::Block = last_block(Self::DIGEST_BYTES);
    const LENGTH_BYTES: usize = 8;
    const DIGEST_BYTES: usize = 20;

    #[inline]
    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha1::block_api::compress(state, core::slice::from_ref(block));
    }

    #[inline]
    fn write(state: &Self::State, out: &mut [u8]) {
        write_words(state, out);
    }

    #[inline]
    fn truncated(state: &Self::State) -> u32 {
        let [.., last] = *state;
        truncate(*state, last)
    }
}

/// FIPS 180-4 6.2.
pub(super) struct Sha256;

impl Hash for Sha256 {
    type State = [u32; 8];
    type Block = [u8; 64];
    /// FIPS 180-4 5.3.3.
    const START: Self::State = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    const BLANK: Self::Block = [0; 64];
    const COUNTER: Self::Block = last_block(8);
    const DIGEST: Self::Block = last_block(Self::DIGEST_BYTES);
    const LENGTH_BYTES: usize = 8;
    const DIGEST_BYTES: usize = 32;

    #[inline]
    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha2::block_api::compress256(state, core::slice::from_ref(block));
    }

    #[inline]
    fn write(state: &Self::State, out: &mut [u8]) {
        write_words(state, out);
    }

    #[inline]
    fn truncated(state: &Self::State) -> u32 {
        let [a, b, c, d, e, .., last] = *state;
        truncate([a, b, c, d, e], last)
    }
}

/// FIPS 180-4 6.4.
pub(super) struct Sha512;

impl Hash for Sha512 {
    type State = [u64; 8];
    type Block = [u8; 128];
    /// FIPS 180-4 5.3.5.
    const START: Self::State = [
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ];
    const BLANK: Self::Block = [0; 128];
    const COUNTER: Self::Block = last_block(8);
    const DIGEST: Self::Block = last_block(Self::DIGEST_BYTES);
    const LENGTH_BYTES: usize = 16;
    const DIGEST_BYTES: usize = 64;

    #[inline]
    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha2::block_api::compress512(state, core::slice::from_ref(block));
    }

    #[inline]
    fn write(state: &Self::State, out: &mut [u8]) {
        for (bytes, word) in out.as_chunks_mut().0.iter_mut().zip(state) {
            *bytes = word.to_be_bytes();
        }
    }

    #[inline]
    fn truncated(state: &Self::State) -> u32 {
        let [ab, cd, ef, .., last] = *state;
        let high = |pair: u64| (pair >> 32) as u32;
        let low = |pair: u64| pair as u32;
        truncate([high(ab), low(ab), high(cd), low(cd), high(ef)], low(last))
    }
}

/// The second and last block of an input of `filled` bytes before it: a one bit, zeros, and the number of all bits (FIPS
/// 180-4 5.1).
const fn last_block<const BYTES: usize>(filled: usize) -> [u8; BYTES] {
    let mut block = [0; BYTES];
    if let Some((_, [first, ..])) = block.split_at_mut_checked(filled) {
        *first = END;
    }
    if let Some(length) = block.last_chunk_mut() {
        let bytes = BYTES.wrapping_add(filled) as u64;
        *length = bytes.wrapping_mul(8).to_be_bytes();
    }
    block
}

/// The bit after an input, with seven zeros (FIPS 180-4 5.1).
pub(super) const END: u8 = 0x80;

#[inline]
fn write_words(state: &[u32], out: &mut [u8]) {
    for (bytes, word) in out.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
}

/// Dynamic truncation (RFC 4226 5.3): the low four bits of a digest's last word say at which of its bytes the 31 bits
/// begin.
///
/// It shifts, and does not read at that place: neither a branch nor an address depends on the digest.
#[inline]
const fn truncate(first: [u32; 5], last: u32) -> u32 {
    let [a, b, c, d, e] = first;
    let rest = (b as u128) << 96 | (c as u128) << 64 | (d as u128) << 32 | e as u128;
    // At most 120 bits.
    let skipped = (last & 0x0f).wrapping_mul(8);
    let of_rest = (rest >> 8).wrapping_shr(120_u32.wrapping_sub(skipped));
    let of_first = (a as u128).wrapping_shl(skipped);
    (of_rest | of_first) as u32 & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o02_truncation_follows_the_rfc() {
        // RFC 4226 5.4, the worked example.
        let mac = [
            0x1f86_9869,
            0x0e02_ca16,
            0x6185_50ef,
            0x7f19_da8e,
            0x945b_555a,
        ];
        assert_eq!(truncate(mac, mac[4]), 0x50ef_7f19);
        assert_eq!(Sha1::truncated(&mac), 0x50ef_7f19);
        // The sign bit goes, and the furthest offset still has its four bytes.
        assert_eq!(truncate([u32::MAX; 5], 0xff), 0x7fff_ffff);
        assert_eq!(truncate([0xf0f0_f0f0; 5], 0xf0), 0x70f0_f0f0);
    }

    #[test]
    fn every_offset_reads_its_four_bytes() {
        let bytes: [u8; 20] = core::array::from_fn(|place| 0x11 + 3 * place as u8);
        let words = bytes
            .as_chunks()
            .0
            .iter()
            .map(|word| u32::from_be_bytes(*word));
        let words: Vec<u32> = words.collect();
        let words: [u32; 5] = words.try_into().unwrap();
        for last in 0..=255_u32 {
            let offset = (last & 0x0f) as usize;
            let there = bytes[offset..offset + 4].try_into().unwrap();
            let expected = u32::from_be_bytes(there) & 0x7fff_ffff;
            assert_eq!(truncate(words, last), expected, "{last}");
        }
    }

    /// The digest of one padded block, against the hashes of `sha1` and `sha2` themselves.
    #[track_caller]
    fn hashes_abc<H: Hash>(expected: &[u8]) {
        let mut block = H::BLANK;
        block.as_mut()[..4].copy_from_slice(b"abc\x80");
        *block.as_mut().last_mut().unwrap() = 24;
        let mut state = H::START;
        H::compress(&mut state, &block);
        let mut digest = vec![0; H::DIGEST_BYTES];
        H::write(&state, &mut digest);
        assert_eq!(digest, expected);
        let offset = usize::from(digest.last().unwrap() & 0x0f);
        let there = digest[offset..offset + 4].try_into().unwrap();
        assert_eq!(
            H::truncated(&state),
            u32::from_be_bytes(there) & 0x7fff_ffff
        );
        state.zeroize();
        H::write(&state, &mut digest);
        assert!(digest.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn the_constants_are_those_of_the_standard() {
        use sha1::Digest;
        hashes_abc::<Sha1>(&sha1::Sha1::digest(b"abc"));
        hashes_abc::<Sha256>(&sha2::Sha256::digest(b"abc"));
        hashes_abc::<Sha512>(&sha2::Sha512::digest(b"abc"));
    }
}
