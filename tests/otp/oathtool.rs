//! Agreement with `oathtool` of the OATH Toolkit, the implementation most systems ship.
use std::io::{ErrorKind, Write as _};
use std::process::Command;

use countersign::{Algorithm, Totp};
use countersign::{Lifetime, SecretBytes, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const CASES: u32 = 500;

fn any_secret() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 16..=64).prop_filter("zeros are no secret", |secret| {
        secret.iter().any(|byte| *byte != 0)
    })
}

#[test]
fn oathtool_agrees() {
    match Command::new("oathtool").arg("--version").output() {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!ci, "oathtool must be installed where CI=true");
            // Past the test harness, which would swallow what `println!` writes.
            writeln!(
                std::io::stderr(),
                "skipped: oathtool_agrees, because oathtool is not installed"
            )
            .unwrap();
            return;
        }
        Err(error) => panic!("oathtool does not start: {error}"),
    }
    let settings = (
        any_secret(),
        prop_oneof![
            Just((Algorithm::Sha1, "SHA1")),
            Just((Algorithm::Sha256, "SHA256")),
            Just((Algorithm::Sha512, "SHA512")),
        ],
        6_u8..=8,
        prop_oneof![Just(30_u32), 1_u32..=120],
        prop_oneof![0..=4_000_000_000_u64, 0..=Timestamp::MAX.unix()],
    );
    let mut runner = TestRunner::deterministic();
    for _ in 0..CASES {
        let (secret, (algorithm, name), digits, period, unix) =
            settings.new_tree(&mut runner).unwrap().current();
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let arguments = [
            format!("--totp={name}"),
            format!("--digits={digits}"),
            format!("--time-step-size={period}s"),
            format!("--now=@{unix}"),
            hex,
        ];
        let output = Command::new("oathtool").args(&arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        let theirs = String::from_utf8(output.stdout).unwrap();

        let totp = Totp::new(SecretBytes::from(secret))
            .unwrap()
            .with_algorithm(algorithm)
            .with_digits(digits)
            .unwrap()
            .with_period(Lifetime::seconds(period))
            .unwrap();
        let now = Timestamp::from_unix(i64::try_from(unix).unwrap()).unwrap();
        assert_eq!(
            totp.code_at(now).expose_text(),
            theirs.trim_end(),
            "{arguments:?}"
        );
    }
}
