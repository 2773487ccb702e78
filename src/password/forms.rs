//! The forms in which other programs write password hashes.

use base64ct::{Base64, Base64Bcrypt, Base64ShaCrypt, Base64Unpadded, Encoding};

use super::scheme::{Algorithm, Before, Prf, Scheme};
use crate::hashing::{Cost, OldArgon2};

/// A part of a text, or why there is none.
type Read<T> = Result<T, &'static str>;

/// A longer text is none of these.
const MOST_TEXT: usize = 512;
const MOST_SALT: usize = 128;
/// The most expensive computations, each some seconds long.
const MOST_BCRYPT: u32 = 15;
const MOST_SHA_ROUNDS: u32 = 5_000_000;
const MOST_PHPASS: u32 = 22;
/// Blocks of scrypt, N times r, in memory: 256 MiB.
const MOST_SCRYPT_BLOCKS: u64 = 1 << 21;
/// N times r times p: the time.
const MOST_SCRYPT_WORK: u64 = 1 << 22;
const MOST_SCRYPT_LANES: u32 = 64;

const LENGTH: &str = "it is truncated, or longer than this form: export it again";
const NUMBER: &str = "a number of its cost is missing, or is not plain digits: export it again";
const BASE64: &str = "its salt or its tag is not in the Base64 of this form: export it again";
const TAG: &str = "its tag is truncated, or longer than this form: export it again";
const SALT: &str = "its salt is missing, or longer than 128 bytes: export it again";
const NO_FORM: &str = "it is of no algorithm that can be imported: create the account without it, and let the customer set a \
    new password";

/// Reads a hash. Nothing is computed.
pub(super) fn read(text: &str) -> Read<Scheme> {
    if text.len() > MOST_TEXT {
        return Err(LENGTH);
    }
    let Some((name, rest)) = text.strip_prefix('$').unwrap_or(text).split_once('$') else {
        return Err(without_form(text));
    };
    if !text.starts_with('$') {
        return django(name, rest);
    }
    match name {
        "2a" | "2b" | "2y" => bcrypt(rest, Before::Nothing),
        "2x" => Err(
            "it is bcrypt of `$2x$`, made with a known bug: let the customer set a new password",
        ),
        "wp" => match rest.split_once('$') {
            Some(("2y", rest)) => bcrypt(rest, Before::WordPress),
            _ => Err("it begins with `$wp$`, and is not bcrypt of `$2y$`: export it again"),
        },
        "P" | "H" => phpass(rest),
        "scrypt" => scrypt(rest),
        "pbkdf2" => pbkdf2(rest, Prf::Sha1),
        "pbkdf2-sha1" => pbkdf2(rest, Prf::Sha1),
        "pbkdf2-sha256" => pbkdf2(rest, Prf::Sha256),
        "pbkdf2-sha512" => pbkdf2(rest, Prf::Sha512),
        "argon2i" => argon2i(rest),
        _ => Err(without_form(text)),
    }
}

/// Reads what stands behind the name of an algorithm in Django.
fn django(name: &str, rest: &str) -> Read<Scheme> {
    let bcrypt = |before| match rest.strip_prefix('$').and_then(|rest| rest.split_once('$')) {
        Some(("2a" | "2b" | "2y", rest)) => bcrypt(rest, before),
        _ => Err("it names bcrypt, and no `$2b$` follows: export it again"),
    };
    match name {
        "pbkdf2_sha1" => django_pbkdf2(rest, Prf::Sha1),
        "pbkdf2_sha256" => django_pbkdf2(rest, Prf::Sha256),
        "bcrypt_sha256" => bcrypt(Before::Sha256),
        "bcrypt" => bcrypt(Before::Nothing),
        "scrypt" => django_scrypt(rest),
        "argon2" => match rest.strip_prefix("argon2i$") {
            Some(rest) => argon2i(rest),
            None => Err(NO_FORM),
        },
        _ => Err(NO_FORM),
    }
}

fn without_form(text: &str) -> &'static str {
    if text.starts_with('!') || text.starts_with('*') {
        return "it marks an account without a password: create the account without it";
    }
    NO_FORM
}

/// Reads bcrypt behind its version: the cost in two digits, a salt of 22 characters, a tag of 31.
fn bcrypt(rest: &str, before: Before) -> Read<Scheme> {
    let (cost, both) = rest.split_once('$').ok_or(LENGTH)?;
    let (salt, tag) = both.split_at_checked(22).ok_or(LENGTH)?;
    if cost.len() != 2 || tag.len() != 31 {
        return Err(LENGTH);
    }
    let cost = cost
        .parse()
        .ok()
        .filter(|_| is_digits(cost))
        .ok_or(NUMBER)?;
    if !(4..=MOST_BCRYPT).contains(&cost) {
        return Err("its bcrypt cost must be 4 to 15: let the customer set a new password");
    }
    // Four bits behind the salt are spare. Some programs fill them, and all ignore them.
    let mut salt = decoded::<Base64Bcrypt>(&format!("{salt}.."))?;
    salt.truncate(Scheme::BCRYPT_SALT);
    let tag = decoded::<Base64Bcrypt>(tag)?;
    exact(&tag, Scheme::BCRYPT_TAG)?;
    Ok(Scheme {
        before,
        algorithm: Algorithm::Bcrypt { cost },
        salt,
        tag,
    })
}

/// Reads phpass: a character of cost, a salt of eight, a tag of 22.
fn phpass(rest: &str) -> Read<Scheme> {
    const DIGITS: &str = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let (cost, both) = rest.split_at_checked(1).ok_or(LENGTH)?;
    let (salt, tag) = both.split_at_checked(8).ok_or(LENGTH)?;
    if tag.len() != 22 {
        return Err(LENGTH);
    }
    let log_rounds = DIGITS
        .find(cost)
        .and_then(|place| u32::try_from(place).ok());
    let log_rounds = log_rounds.ok_or(NUMBER)?;
    if !(7..=MOST_PHPASS).contains(&log_rounds) {
        return Err("its rounds of MD5 must be 2^7 to 2^22: let the customer set a new password");
    }
    let tag = decoded::<Base64ShaCrypt>(tag)?;
    exact(&tag, 16)?;
    Ok(Scheme {
        before: Before::Nothing,
        algorithm: Algorithm::Phpass { log_rounds },
        salt: salted(salt.as_bytes().to_vec())?,
        tag,
    })
}

/// Reads scrypt in the format of PHC: `ln=16,r=8,p=1$salt$tag`.
fn scrypt(rest: &str) -> Read<Scheme> {
    let [cost, salt, tag] = parts(rest)?;
    let [log_n, r, p] = named(cost, ["ln", "r", "p"])?;
    let tag = unpadded(tag)?;
    exact(&tag, 32)?;
    scrypt_of(log_n, (r, p), unpadded(salt)?, tag)
}

/// Reads scrypt of Django: `N$salt$r$p$tag`. The salt is text.
fn django_scrypt(rest: &str) -> Read<Scheme> {
    let [n, salt, r, p, tag] = parts(rest)?;
    let n = number(n)?;
    if !n.is_power_of_two() {
        return Err("its N of scrypt must be a power of two: export it again");
    }
    let tag = decoded::<Base64>(tag)?;
    exact(&tag, 64)?;
    scrypt_of(
        n.trailing_zeros(),
        (number(r)?, number(p)?),
        salt.as_bytes().to_vec(),
        tag,
    )
}

fn scrypt_of(log_n: u32, (r, p): (u32, u32), salt: Vec<u8>, tag: Vec<u8>) -> Read<Scheme> {
    let blocks = 1_u64
        .checked_shl(log_n)
        .and_then(|n| n.checked_mul(u64::from(r)));
    let work = blocks.and_then(|blocks| blocks.checked_mul(u64::from(p)));
    let is_bearable = blocks.is_some_and(|blocks| blocks <= MOST_SCRYPT_BLOCKS)
        && work.is_some_and(|work| work <= MOST_SCRYPT_WORK)
        && (1..=MOST_SCRYPT_LANES).contains(&p)
        && (1..=MOST_SCRYPT_LANES).contains(&r)
        && (1..=32).contains(&log_n);
    if !is_bearable {
        return Err(
            "its cost of scrypt must be 256 MiB, r and p of 64, and N r p of 2^22 at most: let the customer set a new password",
        );
    }
    let log_n = u8::try_from(log_n).map_err(|_| NUMBER)?;
    Ok(Scheme {
        before: Before::Nothing,
        algorithm: Algorithm::Scrypt { log_n, r, p },
        salt: salted(salt)?,
        tag,
    })
}

/// Reads PBKDF2 in the format of PHC, `i=600000,l=32$salt$tag`, or of passlib, `29000$salt$tag`.
fn pbkdf2(rest: &str, prf: Prf) -> Read<Scheme> {
    let [cost, salt, tag] = parts(rest)?;
    if !cost.starts_with("i=") {
        // passlib writes a full stop for a plus.
        let plus = |text: &str| unpadded(&text.replace('.', "+"));
        return pbkdf2_of(prf, number(cost)?, plus(salt)?, plus(tag)?);
    }
    let tag = unpadded(tag)?;
    if let Ok([rounds, length]) = named(cost, ["i", "l"]) {
        // A shorter tag is the beginning of a longer one, so the stated length shows that it is whole.
        if usize::try_from(length) != Ok(tag.len()) || tag.len() < 32 || tag.len() > 64 {
            return Err(TAG);
        }
        return Ok(Scheme {
            tag,
            ..pbkdf2_of(prf, rounds, unpadded(salt)?, vec![0; full(prf)])?
        });
    }
    let [rounds] = named(cost, ["i"])?;
    pbkdf2_of(prf, rounds, unpadded(salt)?, tag)
}

/// Reads PBKDF2 of Django: `rounds$salt$tag`. The salt is text.
fn django_pbkdf2(rest: &str, prf: Prf) -> Read<Scheme> {
    let [rounds, salt, tag] = parts(rest)?;
    pbkdf2_of(
        prf,
        number(rounds)?,
        salt.as_bytes().to_vec(),
        decoded::<Base64>(tag)?,
    )
}

fn pbkdf2_of(prf: Prf, rounds: u32, salt: Vec<u8>, tag: Vec<u8>) -> Read<Scheme> {
    if !(1..=MOST_SHA_ROUNDS).contains(&rounds) {
        return Err(
            "its rounds of PBKDF2 must be 1 to 5,000,000: let the customer set a new password",
        );
    }
    exact(&tag, full(prf))?;
    Ok(Scheme {
        before: Before::Nothing,
        algorithm: Algorithm::Pbkdf2 { prf, rounds },
        salt: salted(salt)?,
        tag,
    })
}

/// Bytes of the output of one block.
const fn full(prf: Prf) -> usize {
    match prf {
        Prf::Sha1 => 20,
        Prf::Sha256 => 32,
        Prf::Sha512 => 64,
    }
}

/// Reads Argon2i: `v=19$m=65536,t=4,p=1$salt$tag`. The oldest have no version.
fn argon2i(rest: &str) -> Read<Scheme> {
    let (kind, rest) = match rest.split_once('$') {
        Some(("v=19", rest)) => (OldArgon2::I, rest),
        Some(("v=16", rest)) => (OldArgon2::IVersion16, rest),
        _ => (OldArgon2::IVersion16, rest),
    };
    let [cost, salt, tag] = parts(rest)?;
    let [memory, passes, lanes] = named(cost, ["m", "t", "p"])?;
    let cost = Cost::bearable(memory, passes, lanes).ok_or(
        "its cost of Argon2i must be 1 GiB, 16 passes and 16 lanes at most: let the customer set a new password",
    )?;
    let (salt, tag) = (unpadded(salt)?, unpadded(tag)?);
    if !(16..=64).contains(&tag.len()) {
        return Err(TAG);
    }
    if salt.len() < 8 {
        return Err("its salt of Argon2i must have 8 bytes or more: export it again");
    }
    Ok(Scheme {
        before: Before::Nothing,
        algorithm: Algorithm::Argon2(kind, cost),
        salt: salted(salt)?,
        tag,
    })
}

/// Parts a text at its dollars.
fn parts<const N: usize>(text: &str) -> Read<[&str; N]> {
    let parts: Vec<&str> = text.split('$').collect();
    parts.try_into().map_err(|_| LENGTH)
}

/// Reads parameters in this order, each once.
fn named<const N: usize>(text: &str, names: [&str; N]) -> Read<[u32; N]> {
    let mut values = [0; N];
    let mut fields = text.split(',');
    for (value, name) in values.iter_mut().zip(names) {
        let (found, digits) = fields
            .next()
            .and_then(|field| field.split_once('='))
            .ok_or(NUMBER)?;
        if found != name {
            return Err(
                "a parameter of its cost is missing, unknown or out of order: export it again",
            );
        }
        *value = number(digits)?;
    }
    if fields.next().is_some() {
        return Err("a parameter of its cost is missing, unknown or out of order: export it again");
    }
    Ok(values)
}

/// Reads a number of plain digits. One that no `u32` holds is as large as it can be.
fn number(digits: &str) -> Read<u32> {
    if !is_digits(digits) || (digits.len() > 1 && digits.starts_with('0')) {
        return Err(NUMBER);
    }
    Ok(digits.parse().unwrap_or(u32::MAX))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn decoded<E: Encoding>(text: &str) -> Read<Vec<u8>> {
    E::decode_vec(text).map_err(|_| BASE64)
}

fn unpadded(text: &str) -> Read<Vec<u8>> {
    decoded::<Base64Unpadded>(text)
}

fn exact(tag: &[u8], length: usize) -> Read<()> {
    if tag.len() == length {
        Ok(())
    } else {
        Err(TAG)
    }
}

fn salted(salt: Vec<u8>) -> Read<Vec<u8>> {
    if (1..=MOST_SALT).contains(&salt.len()) {
        Ok(salt)
    } else {
        Err(SALT)
    }
}
