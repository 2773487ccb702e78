//! A key URI as a QR code: for a terminal, and for a page.

use core::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

use crate::error::Error;
use crate::secret::SecretText;

/// Draws half blocks, for a terminal.
pub(super) fn text(uri: &str) -> Result<SecretText, Error> {
    let code = Modules::of(uri, QrCodeEcc::Low)?;
    let rows = code.whole().step_by(2);
    let width = code.whole().len();
    // A half block has three bytes. Room for all, so that the text never moves and leaves a copy behind.
    let line = BLACK_ON_WHITE
        .len()
        .saturating_add(width.saturating_mul(3))
        .saturating_add(AS_BEFORE.len());
    let mut text = String::with_capacity(line.saturating_mul(rows.len()));
    for y in rows {
        text.push_str(BLACK_ON_WHITE);
        text.extend(code.whole().map(|x| {
            match (code.is_dark(x, y), code.is_dark(x, y.saturating_add(1))) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            }
        }));
        text.push_str(AS_BEFORE);
    }
    Ok(SecretText::from(text))
}

/// Draws an SVG picture, for a page.
pub(super) fn svg(uri: &str) -> Result<SecretText, Error> {
    /// `M176 176h1v1h-1z`, and no run is written longer.
    const LONGEST_RUN: usize = 20;
    let code = Modules::of(uri, QrCodeEcc::Medium)?;
    let side = code.whole().len();
    let runs = side.saturating_mul(side) / 2;
    // Room for the worst one, so that the text never moves and leaves a copy behind.
    let mut svg = String::with_capacity(runs.saturating_mul(LONGEST_RUN).saturating_add(256));
    // Writing to a `String` cannot fail.
    let _ = write!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d=""##
    );
    for (y, row) in code.whole().enumerate() {
        let dark = |x: &i32| code.is_dark(*x, row);
        let mut columns = code.whole().enumerate().peekable();
        while let Some((x, column)) = columns.next() {
            if !dark(&column) {
                continue;
            }
            let mut width = 1_usize;
            while columns.next_if(|(_, column)| dark(column)).is_some() {
                width = width.saturating_add(1);
            }
            let _ = write!(svg, "M{x} {y}h{width}v1h-{width}z");
        }
    }
    svg.push_str(r#""/></svg>"#);
    Ok(SecretText::from(svg))
}

/// Black and white of the colour cube. A theme changes the sixteen named colours, but not these.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const AS_BEFORE: &str = "\x1b[0m\n";

struct Modules(QrCode);

impl Modules {
    /// ISO/IEC 18004 wants four light modules on each side.
    const MARGIN: i32 = 4;

    fn of(uri: &str, correction: QrCodeEcc) -> Result<Self, Error> {
        QrCode::encode_text(uri, correction)
            .map(Self)
            .map_err(|_| Error::misuse("key uri", "is too long for a QR code"))
    }

    /// Rows, and columns, with the margin.
    fn whole(&self) -> core::ops::Range<i32> {
        -Self::MARGIN..self.0.size().saturating_add(Self::MARGIN)
    }

    /// Nothing outside is dark.
    fn is_dark(&self, x: i32, y: i32) -> bool {
        self.0.get_module(x, y)
    }
}
