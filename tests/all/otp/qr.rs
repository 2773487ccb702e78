//! Key URIs as QR codes, read back from the picture by a reader that shares nothing with the writer.
use core::time::Duration;
use countersign::{
    SecretBytes,
    otp::{Algorithm, Hotp, KeyUri, OtpKey, Totp},
};

/// Rows of modules, margin and all; dark is true.
type Picture = Vec<Vec<bool>>;

/// What a camera would see, four dots a module.
#[track_caller]
fn scanned(picture: &Picture) -> String {
    const DOTS: usize = 4;
    let (width, height) = (picture[0].len() * DOTS, picture.len() * DOTS);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        if picture[y / DOTS][x / DOTS] { 0 } else { 255 }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one code");
    grids[0].decode().unwrap().1
}

/// The lines of a terminal, drawn as it draws them.
fn of_text(text: &str) -> Picture {
    let mut rows = Vec::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        let blocks = line
            .strip_prefix("\x1b[38;5;16;48;5;231m")
            .and_then(|line| line.strip_suffix("\x1b[0m"))
            .expect("black on white, and nothing of it left over for the next line");
        let halves = |top: bool| {
            blocks
                .chars()
                .map(|block| match block {
                    '█' => true,
                    '▀' => top,
                    '▄' => !top,
                    ' ' => false,
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        rows.push(halves(true));
        rows.push(halves(false));
    }
    rows
}

/// The runs of the picture's only dark path.
fn of_svg(svg: &str) -> Picture {
    let side: usize = svg
        .split_once("viewBox=\"0 0 ")
        .and_then(|(_, rest)| rest.split(' ').next())
        .unwrap()
        .parse()
        .unwrap();
    let light = format!("<path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>");
    assert!(svg.contains(&light), "the margin is light on any page");
    let (_, path) = svg.split_once("<path fill=\"#000\" d=\"").unwrap();
    let path = path.strip_suffix("\"/></svg>").unwrap();
    let mut picture = vec![vec![false; side]; side];
    for run in path.split_terminator('z') {
        let (start, run) = run.strip_prefix('M').unwrap().split_once('h').unwrap();
        let (x, y) = start.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        let (width, back) = run.split_once("v1h-").unwrap();
        assert_eq!(width, back, "a closed box");
        let width: usize = width.parse().unwrap();
        for module in &mut picture[y][x..x + width] {
            assert!(!*module, "no module is drawn twice");
            *module = true;
        }
    }
    picture
}

#[track_caller]
fn assert_margin(picture: &Picture) {
    let (width, height) = (picture[0].len(), picture.len());
    for (y, row) in picture.iter().enumerate() {
        assert_eq!(row.len(), width);
        for (x, dark) in row.iter().enumerate() {
            let inside = (4..width - 4).contains(&x) && (4..height - 4).contains(&y);
            assert!(inside || !dark, "{x}, {y} is dark");
        }
    }
    assert!(picture[4][4], "and it is no larger than it must be");
}

fn uris() -> Vec<KeyUri> {
    let secret = SecretBytes::from(b"12345678901234567890".to_vec());
    let plain = Totp::from(OtpKey::new(secret.clone()).unwrap());
    let longest = Totp::from(
        OtpKey::new(SecretBytes::from(vec![7; 64]))
            .unwrap()
            .with_algorithm(Algorithm::Sha512),
    )
    .with_period(Duration::from_secs(2 * 60))
    .unwrap();
    let name = "\u{1f511}".repeat(KeyUri::MAX_NAME_BYTES / 4);
    vec![
        plain.key_uri("B", "a").unwrap(),
        plain.key_uri("Example Bank", "anna@example.com").unwrap(),
        longest.key_uri(&name, &name).unwrap(),
        Hotp::from(OtpKey::new(secret).unwrap())
            .key_uri(7, "Müller & Söhne", "a+b")
            .unwrap(),
        KeyUri::parse("otpauth://totp/anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap(),
    ]
}

#[test]
fn a_code_in_a_terminal_is_scanned_on_any_background() {
    for uri in uris() {
        let picture = of_text(uri.qr_text().unwrap().expose_text());
        assert_margin(&picture);
        assert_eq!(scanned(&picture), uri.expose_text());
    }
}

#[test]
fn a_code_on_a_page_is_scanned() {
    for uri in uris() {
        let svg = uri.qr_svg().unwrap();
        assert!(svg.expose_text().is_ascii());
        let picture = of_svg(svg.expose_text());
        assert_margin(&picture);
        assert_eq!(scanned(&picture), uri.expose_text());
    }
}

#[test]
fn an_everyday_code_fits_a_terminal_of_eighty_columns() {
    let uri = Totp::generate()
        .unwrap()
        .key_uri("Example Bank", "anna@example.com")
        .unwrap();
    let text = uri.qr_text().unwrap();
    let picture = of_text(text.expose_text());
    assert!(picture[0].len() <= 60, "{} columns", picture[0].len());
    assert!(text.expose_text().lines().count() <= 30);
}

#[test]
fn b16_a_picture_is_a_secret() {
    let uri = &uris()[0];
    for picture in [uri.qr_text().unwrap(), uri.qr_svg().unwrap()] {
        assert_eq!(format!("{picture:?}"), "SecretText(..)");
    }
}
