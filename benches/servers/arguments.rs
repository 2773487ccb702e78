//! Arguments of the form `--name value`.

use std::fmt::Debug;
use std::str::FromStr;

pub struct Arguments<'a>(&'a [String]);

impl<'a> Arguments<'a> {
    pub const fn new(words: &'a [String]) -> Self {
        Self(words)
    }

    pub fn text(&self, name: &str) -> Option<&'a str> {
        let pair = self.0.windows(2).find(|pair| pair[0] == name)?;
        Some(&pair[1])
    }

    pub fn number<T: FromStr<Err: Debug>>(&self, name: &str, default: T) -> T {
        self.text(name)
            .map_or(default, |text| text.parse().expect(name))
    }
}
