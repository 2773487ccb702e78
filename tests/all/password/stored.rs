//! The stored form: what it holds, and what is refused in its place.
use countersign::{
    Error,
    hashing::Cost,
    password::{PasswordHash, PinHash},
};
use minicbor::{decode, to_vec};
use proptest::prelude::*;

use crate::support::passwords::{ELEPHANTS, enrolled, ring, without_pepper};

const OF_PHP: &str = "$argon2id$v=19$m=65536,t=4,p=1$V243VHVNcFVXUHJMcFJlSg$MHIsJm7gMNK79pKlNc+LmWAvFUubNPz4T0n2t2os334";

#[track_caller]
fn refused(phc: &str) -> Error {
    let shown: String = phc.chars().take(99).collect();
    let error = PasswordHash::parse(phc).expect_err(&shown);
    let weak = PasswordHash::parse_weak(phc).expect_err(&shown);
    assert!(weak.is_corrupt(), "{shown}");
    assert!(PinHash::parse(phc).unwrap_err().is_corrupt(), "{shown}");
    assert!(decode::<PasswordHash>(&to_vec(phc).unwrap()).is_err());
    assert!(decode::<PinHash>(&to_vec(phc).unwrap()).is_err());
    error
}

/// Only an import reads it, and what it has read is stored until its first success. A PIN never comes from another program.
#[track_caller]
fn for_import_alone(phc: &str) {
    assert!(PasswordHash::parse(phc).unwrap_err().is_corrupt(), "{phc}");
    assert!(PasswordHash::parse_weak(phc).unwrap_err().is_corrupt());
    assert!(PinHash::parse(phc).unwrap_err().is_corrupt(), "{phc}");
    assert!(decode::<PinHash>(&to_vec(phc).unwrap()).is_err(), "{phc}");
    assert!(PasswordHash::import(phc).unwrap().is_imported(), "{phc}");
    assert!(decode::<PasswordHash>(&to_vec(phc).unwrap()).is_ok());
}

#[test]
fn h02_h03_a_phc_string_with_keyid_salt_and_tag() {
    let hash = enrolled(ELEPHANTS, &ring(258));
    let parts: Vec<&str> = hash.phc().split('$').collect();
    assert_eq!(parts[..3], ["", "argon2id", "v=19"]);
    // The generation, 00 00 01 02, begins the keyid.
    assert!(
        parts[3].starts_with("m=19456,t=2,p=1,keyid=AAABA"),
        "{}",
        parts[3]
    );
    let lengths: Vec<usize> = parts[3..].iter().map(|part| part.len()).collect();
    assert_eq!(lengths, [15 + 1 + 6 + 11, 22, 43], "8, 16 and 32 bytes");
    assert_eq!(hash.phc().len(), 115);
    assert!(hash.phc().is_ascii());
}

#[test]
fn n05_h02_salts_are_drawn_afresh() {
    let (one, two) = (enrolled(ELEPHANTS, &ring(1)), enrolled(ELEPHANTS, &ring(1)));
    let parts = |hash: &PasswordHash| -> Vec<String> {
        let parts = hash.phc().split('$').skip(4);
        parts.map(str::to_owned).collect()
    };
    let (one, two) = (parts(&one), parts(&two));
    assert_ne!(one[0], two[0], "one salt twice");
    assert_ne!(one[1], two[1]);
}

#[test]
fn it_is_read_back_as_it_was_written() {
    let without = without_pepper(ELEPHANTS, Cost::default());
    for hash in [enrolled(ELEPHANTS, &ring(1)), without] {
        let parsed = PasswordHash::parse(hash.phc()).unwrap();
        assert_eq!(parsed.phc(), hash.phc());
        let decoded: PasswordHash = decode(&to_vec(&hash).unwrap()).unwrap();
        assert_eq!(decoded.phc(), hash.phc());
    }
}

#[test]
fn b16_debug_shows_neither_salt_nor_tag() {
    let hash = enrolled(ELEPHANTS, &ring(7));
    assert_eq!(
        format!("{hash:?}"),
        "PasswordHash(19456 KiB, 2 passes, 1 lanes, pepper 7)"
    );
    let foreign = PasswordHash::parse(OF_PHP).unwrap();
    assert_eq!(
        format!("{foreign:?}"),
        "PasswordHash(65536 KiB, 4 passes, 1 lanes, no pepper)"
    );
}

#[test]
fn h01_weak_costs_are_taken_by_name_only() {
    let weak = OF_PHP.replace("m=65536,t=4", "m=4096,t=3");
    let error = PasswordHash::parse(&weak).unwrap_err();
    assert!(error.is_misuse());
    assert_eq!(
        error.to_string(),
        "password hash: must cost OWASP's minimum, or be read by `parse_weak`"
    );
    assert!(PasswordHash::parse_weak(&weak).is_ok());
    let ours = enrolled(ELEPHANTS, &ring(1)).phc().replace("t=2", "t=1");
    assert!(PinHash::parse(&ours).unwrap_err().is_corrupt());
}

#[test]
fn hostile_costs_are_refused_before_any_memory_is_taken() {
    for cost in [
        "m=4294967295,t=4,p=1", // 4 TiB
        "m=4294967296,t=4,p=1",
        "m=1048577,t=4,p=1",
        "m=99999999999999999999,t=4,p=1",
        "m=65536,t=4294967295,p=1",
        "m=65536,t=17,p=1",
        "m=65536,t=4,p=16777216",
        "m=65536,t=4,p=16777215",
        "m=65536,t=4,p=17",
        "m=4294967295,t=4294967295,p=16777216",
        "m=0,t=4,p=1",
        "m=7,t=4,p=1",
        "m=15,t=4,p=2",
        "m=65536,t=0,p=1",
        "m=65536,t=4,p=0",
        "m=-1,t=4,p=1",
    ] {
        assert!(refused(&OF_PHP.replace("m=65536,t=4,p=1", cost)).is_corrupt());
    }
}

#[test]
fn doubled_missing_and_strange_parameters_are_refused() {
    for params in [
        "m=65536,t=4",
        "m=65536,p=1",
        "t=4,p=1",
        "",
        "m=65536,t=4,p=1,p=1",
        "m=65536,m=65536,t=4,p=1",
        "m=65536,m=8,t=4,p=1",
        "m=65536,t=4,p=1,keyid=AAAAAQAAAAA,keyid=AAAAAQAAAAA",
        "m=65536,t=4,p=1,data=AAAA",
        "m=65536,t=4,p=1,x=1",
        "t=4,m=65536,p=1,t=4",
        "p=1,m=65536",
        "t=4,m=65536,p=1,",
        ",t=4,m=65536,p=1",
        "t=4,x=1,m=65536,p=1",
        "t=04,m=65536,p=1",
        "t=4,m=65536,p=1,data=AAAA",
        "keyid=AAAAAQAAAAA,m=65536,t=4,p=1,keyid=AAAAAQAAAAA",
        "m=65536,t=4,p=1,",
        "m=65536,,t=4,p=1",
        "m=065536,t=4,p=1",
        "m=+65536,t=4,p=1",
        "m=65536.0,t=4,p=1",
        "m=0x10000,t=4,p=1",
        "m = 65536,t=4,p=1",
        "m=,t=4,p=1",
        "m,t=4,p=1",
        "m==65536,t=4,p=1",
        "M=65536,t=4,p=1",
        "m=\u{ff16}5536,t=4,p=1",
        // keyid: empty, short, long, not Base64, padded, with bits behind its end.
        "m=65536,t=4,p=1,keyid=",
        "m=65536,t=4,p=1,keyid=AAAAAQAAAA",
        "m=65536,t=4,p=1,keyid=AAAAAQAAAAAA",
        "m=65536,t=4,p=1,keyid=AAAAAQAAAAAAAAAA",
        "m=65536,t=4,p=1,keyid=AAAA.QAAAAA",
        "m=65536,t=4,p=1,keyid=AAAAAQAAAAA=",
        "m=65536,t=4,p=1,keyid=AAAAAQAAAAB",
    ] {
        assert!(refused(&OF_PHP.replace("m=65536,t=4,p=1", params)).is_corrupt());
    }
    let huge = format!("m=65536,t=4,p=1,keyid={}", "A".repeat(1 << 20));
    assert!(refused(&OF_PHP.replace("m=65536,t=4,p=1", &huge)).is_corrupt());
}

#[test]
fn b61_parameters_stand_in_any_order() {
    let of = |params: &str| OF_PHP.replace("m=65536,t=4,p=1", params);
    for params in [
        "m=65536,t=4,p=1",
        "m=65536,p=1,t=4",
        "t=4,m=65536,p=1",
        "t=4,p=1,m=65536",
        "p=1,m=65536,t=4",
        "p=1,t=4,m=65536",
    ] {
        let hash = PasswordHash::parse(&of(params)).unwrap();
        assert_eq!(hash.phc(), OF_PHP, "{params}");
        let decoded: PasswordHash = decode(&to_vec(of(params)).unwrap()).unwrap();
        assert_eq!(decoded.phc(), OF_PHP, "{params}");
    }
    for params in [
        "keyid=AAAAAQAAAAA,m=65536,t=4,p=1",
        "p=1,m=65536,keyid=AAAAAQAAAAA,t=4",
    ] {
        let hash = PasswordHash::parse(&of(params)).unwrap();
        assert_eq!(hash.phc(), of("m=65536,t=4,p=1,keyid=AAAAAQAAAAA"));
    }
    // Salt and tag do not change places, nor does the version.
    let parts: Vec<&str> = OF_PHP.split('$').collect();
    let [_, name, version, params, salt, tag] = parts[..] else {
        panic!("six fields")
    };
    for phc in [
        format!("${name}${params}${version}${salt}${tag}"),
        format!("${version}${name}${params}${salt}${tag}"),
        format!("${name}${version}${salt}${params}${tag}"),
        format!("${name}${version},{params}${salt}${tag}"),
    ] {
        assert!(refused(&phc).is_corrupt());
    }
}

#[test]
fn b61_what_stands_around_a_string_is_named() {
    for end in [
        "\n", "\r\n", "\r", "\0", "\0\0\0\0", " ", "    ", "\t", "\u{feff}", "\u{200b}", "\n\0",
    ] {
        let behind = refused(&format!("{OF_PHP}{end}")).to_string();
        assert!(
            behind.ends_with("a line end, a blank or a NUL stands behind it: cut that off"),
            "{behind}"
        );
        let before = refused(&format!("{end}{OF_PHP}")).to_string();
        assert!(
            before.ends_with("a blank, a line end or a mark stands before it: cut that off"),
            "{before}"
        );
    }
    let pin = format!("{}\n", enrolled(ELEPHANTS, &ring(1)).phc());
    assert!(
        PinHash::parse(&pin)
            .unwrap_err()
            .to_string()
            .contains("line end")
    );
    // A column that is wider than any string.
    let padded = format!("{OF_PHP}{}", "\0".repeat(1 << 20));
    assert!(
        refused(&padded)
            .to_string()
            .ends_with("it is longer than any")
    );
}

#[test]
fn other_algorithms_and_versions_are_refused() {
    for phc in [
        OF_PHP.replace("argon2id", "argon2d"),
        OF_PHP.replace("argon2id", "argon2"),
        OF_PHP.replace("argon2id", "Argon2id"),
        OF_PHP.replace("argon2id", ""),
        OF_PHP.replace("argon2id", "argon2id "),
        OF_PHP.replace("argon2id", &"a".repeat(1 << 20)),
        OF_PHP.replace("argon2id", "pbkdf2-sha256"),
        OF_PHP.replace("v=19$", ""),
        OF_PHP.replace("v=19", "v=16"),
        OF_PHP.replace("v=19", "v=20"),
        OF_PHP.replace("v=19", "v=0x13"),
        OF_PHP.replace("v=19", "v=019"),
        OF_PHP.replace("v=19", "v="),
        OF_PHP.replace("v=19", "v=19,v=19"),
        OF_PHP.replace("v=19", "v=19$v=19"),
        "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D".to_owned(),
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNjnQJuesI68OTLiBFdcbYEdFCoEOfaS35inz1".to_owned(),
        "{ARGON2}".to_owned() + OF_PHP,
    ] {
        assert!(refused(&phc).is_corrupt());
    }
    for phc in [
        OF_PHP.replace("argon2id", "argon2i"),
        "$2y$10$wJ4H9KMzNpLwSvYnbTHiHuzSFpCHpPMmYvs7aR8mcHBmYBYXBnl5e".to_owned(),
        "$2b$12$wJ4H9KMzNpLwSvYnbTHiHuzSFpCHpPMmYvs7aR8mcHBmYBYXBnl5e".to_owned(),
        "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"
            .to_owned(),
    ] {
        for_import_alone(&phc);
    }
}

#[test]
fn salts_and_tags_of_every_wrong_length_are_refused() {
    let of = |salt: usize, tag: usize| {
        let base64 = |bytes: usize| "A".repeat((bytes * 4).div_ceil(3));
        format!(
            "$argon2id$v=19$m=65536,t=4,p=1${}${}",
            base64(salt),
            base64(tag)
        )
    };
    for (salt, tag) in [(8, 16), (8, 64), (16, 32), (48, 16), (48, 64)] {
        assert!(PasswordHash::parse(&of(salt, tag)).is_ok(), "{salt}, {tag}");
    }
    for (salt, tag) in [
        (0, 32),
        (1, 32),
        (7, 32),
        (49, 32),
        (1 << 20, 32),
        (16, 0),
        (16, 1),
        (16, 4),
        (16, 15),
        (16, 65),
        (16, 1 << 20),
        (0, 0),
    ] {
        assert!(refused(&of(salt, tag)).is_corrupt());
    }
}

#[test]
fn another_base64_is_refused() {
    let (salt, tag) = (
        "V243VHVNcFVXUHJMcFJlSg",
        "MHIsJm7gMNK79pKlNc+LmWAvFUubNPz4T0n2t2os334",
    );
    for (from, to) in [
        (salt, format!("{salt}==")),
        (tag, format!("{tag}=")),
        ("c+L", "c-L".to_owned()),
        ("V243", "V2_3".to_owned()),
        ("V243", " V243".to_owned()),
        ("V243", "V2\n43".to_owned()),
        ("V243", "V2\u{0}3".to_owned()),
        ("V243", "V2é3".to_owned()),
        // Bits behind the last byte.
        ("lSg$", "lSh$".to_owned()),
        ("334", "335".to_owned()),
    ] {
        assert!(OF_PHP.contains(from));
        assert!(refused(&OF_PHP.replace(from, &to)).is_corrupt());
    }
}

#[test]
fn other_frames_are_refused() {
    for phc in [
        String::new(),
        "$".to_owned(),
        "$$$$$".to_owned(),
        "$".repeat(1 << 20),
        OF_PHP.replacen('$', "", 1),
        format!("{OF_PHP}$"),
        format!("{OF_PHP}\n"),
        format!(" {OF_PHP}"),
        format!("{OF_PHP}\0"),
        format!("{OF_PHP}{OF_PHP}"),
        OF_PHP.replace('$', "$$"),
        OF_PHP.to_uppercase(),
        "\u{feff}".to_owned() + OF_PHP,
        "x".repeat(1 << 20),
    ] {
        assert!(refused(&phc).is_corrupt());
    }
}

#[test]
fn a_string_that_is_cut_anywhere_is_another_one_or_none() {
    let ours = enrolled(ELEPHANTS, &ring(1));
    for whole in [ours.phc(), OF_PHP] {
        for length in 0..whole.len() {
            let cut = &whole[..length];
            // A tag may be cut to a shorter one, but by whole bytes only; it is then of another length.
            if let Ok(hash) = PasswordHash::parse(cut) {
                assert!(length >= whole.len() - 22 && hash.phc() == cut, "{cut}");
            }
        }
    }
}

#[test]
fn stored_bytes_that_are_no_text_are_refused() {
    let bytes = to_vec(enrolled(ELEPHANTS, &ring(1))).unwrap();
    for length in 0..bytes.len() {
        assert!(decode::<PasswordHash>(&bytes[..length]).is_err());
    }
    for strange in [
        &[][..],
        &[0xf6],
        &[0x00],
        &[0x63, 0xff, 0xff, 0xff],
        &[0x80],
    ] {
        assert!(decode::<PasswordHash>(strange).is_err());
        assert!(decode::<PinHash>(strange).is_err());
    }
}

proptest! {
    #[test]
    fn b31_any_text_is_read_or_refused(text in "(\\PC|\\$|,|=){0,200}", place in 0..OF_PHP.len(), byte in 0_u8..128) {
        prop_assert!(PasswordHash::parse_weak(&text).is_err());
        let mut near = OF_PHP.as_bytes().to_vec();
        near[place] = byte;
        let near = String::from_utf8(near).unwrap();
        if let Ok(hash) = PasswordHash::parse_weak(&near) {
            prop_assert_eq!(hash.phc(), near);
        }
    }
}
