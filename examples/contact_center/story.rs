//! The story's own memory: its time, and the app on Maya's telephone. A real bank has neither.
//!
//! It is a file of two lines, so that a desk in C, C++ or Python can go on with the story: `examples/c/verify_caller.c`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use countersign::Timestamp;
use countersign::otp::{KeyUri, Totp};
use jiff::civil::Date;

use crate::files::write_private;
use crate::{Result, clock};

pub(crate) struct Story {
    path: PathBuf,
    /// The time that the story has come to.
    now: Option<Timestamp>,
    key_uri: Option<String>,
}

impl Story {
    /// Reads the memory that stands beside a database. Without a file it is empty.
    pub(crate) fn read(database: &Path) -> Result<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push(".story");
        let mut story = Self {
            path: path.into(),
            now: None,
            key_uri: None,
        };
        let text = match fs::read_to_string(&story.path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(story),
            Err(cause) => return Err(story.failed(&cause).into()),
        };
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("now", seconds)) => {
                    let seconds = seconds.parse().map_err(|cause| story.failed(&cause))?;
                    story.now = Some(Timestamp::from_unix(seconds)?);
                }
                Some(("app", key_uri)) => story.key_uri = Some(key_uri.to_owned()),
                _ => return Err(story.failed(&"must hold `now` and `app`").into()),
            }
        }
        Ok(story)
    }

    pub(crate) const fn now(&self) -> Option<Timestamp> {
        self.now
    }

    /// The app on the customer's telephone.
    pub(crate) fn app(&self) -> Result<Option<Totp>> {
        let app = |uri: &String| Totp::from_key_uri(KeyUri::parse(uri)?);
        Ok(self.key_uri.as_ref().map(app).transpose()?)
    }

    pub(crate) fn begin_day(&mut self, day: Date) -> Result<()> {
        self.now = Some(clock::moment(day, (9, 0))?);
        self.write()
    }

    pub(crate) fn keep_app(&mut self, key_uri: &str) -> Result<()> {
        self.key_uri = Some(key_uri.to_owned());
        self.write()
    }

    /// Writes it whole, or not at all.
    fn write(&self) -> Result<()> {
        let now = self.now.map(|now| format!("now {}\n", now.unix()));
        let app = self.key_uri.as_ref().map(|uri| format!("app {uri}\n"));
        let text = [now, app].into_iter().flatten().collect::<String>();
        let mut next = self.path.as_os_str().to_owned();
        next.push(".next");
        // A run that was cut off may have left one.
        let _ = fs::remove_file(&next);
        write_private(Path::new(&next), text.as_bytes())
            .and_then(|()| fs::rename(&next, &self.path))
            .map_err(|cause| self.failed(&cause).into())
    }

    fn failed(&self, cause: &dyn std::fmt::Display) -> String {
        format!("the story file {}: {cause}", self.path.display())
    }
}
