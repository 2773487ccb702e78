//! The time. The story has a clock of its own, so that a day passes in a second.

use core::time::Duration;
use std::sync::Arc;

use countersign::Timestamp;
use countersign::time::{Clock as _, ManualClock, SystemClock};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Result;

/// All times are UTC.
pub(crate) enum Clock {
    /// The story's clock: it moves when the story says so.
    Story {
        hands: Arc<ManualClock>,
        /// The day before, if there was one in this file.
        yesterday: Option<Date>,
    },
    /// The clock on the wall. It takes no orders.
    Wall,
}

impl Clock {
    /// The end of the story's day: after its last event, and before the lock of that day ends.
    const CLOSING: (i8, i8) = (17, 57);

    /// Returns the story's clock, where the last day has left it. Another desk may have worked on after closing.
    pub(crate) fn of_the_story(last: Option<Timestamp>) -> Result<Self> {
        let yesterday = last.map(date_of).transpose()?;
        let now = match (last, yesterday) {
            (Some(last), Some(date)) => moment(date, Self::CLOSING)?.max(last),
            _ => Timestamp::now()?,
        };
        let hands = Arc::new(ManualClock::new(now));
        Ok(Self::Story { hands, yesterday })
    }

    pub(crate) fn now(&self) -> Result<Timestamp> {
        match self {
            Self::Story { hands, .. } => Ok(hands.now()?),
            Self::Wall => Ok(SystemClock.now()?),
        }
    }

    /// Returns the clock for the verifier. It is this one.
    pub(crate) fn shared(&self) -> Arc<dyn countersign::time::Clock + Send + Sync> {
        match self {
            Self::Story { hands, .. } => Arc::<ManualClock>::clone(hands),
            Self::Wall => Arc::new(SystemClock),
        }
    }

    /// Returns the day before, as the story has it.
    pub(crate) const fn yesterday(&self) -> Option<Date> {
        match self {
            Self::Story { yesterday, .. } => *yesterday,
            Self::Wall => None,
        }
    }

    /// Goes to the morning: of today, or in a file that has seen today of the day after its last. So no clock runs back.
    pub(crate) fn next_morning(&mut self) -> Result<Date> {
        let today = date_of(Timestamp::now()?)?;
        if let Self::Story { hands, yesterday } = self {
            let date = match yesterday {
                Some(date) => date.tomorrow()?.max(today),
                None => today,
            };
            hands.set(moment(date, (9, 0))?);
            return Ok(date);
        }
        Ok(today)
    }

    /// The story goes on at this time of its day.
    pub(crate) fn at(&mut self, hour: i8, minute: i8) -> Result<()> {
        if let Self::Story { hands, .. } = self {
            hands.set(moment(date_of(hands.now()?)?, (hour, minute))?);
        }
        Ok(())
    }

    /// The story goes on a little later.
    pub(crate) fn pass(&mut self, seconds: u32) {
        if let Self::Story { hands, .. } = self {
            hands.advance(Duration::from_secs(u64::from(seconds)));
        }
    }
}

pub(crate) fn moment(date: Date, (hour, minute): (i8, i8)) -> Result<Timestamp> {
    let zoned = date.at(hour, minute, 0, 0).to_zoned(TimeZone::UTC)?;
    Ok(Timestamp::from_unix(zoned.timestamp().as_second())?)
}

pub(crate) fn date_of(time: Timestamp) -> Result<Date> {
    Ok(zoned(time)?.date())
}

/// `09:30`.
pub(crate) fn hour(time: Timestamp) -> Result<String> {
    Ok(zoned(time)?.strftime("%H:%M").to_string())
}

/// `Saturday 22 November 2025`.
pub(crate) fn day(date: Date) -> String {
    date.strftime("%A %-d %B %Y").to_string()
}

/// `17:59`, or `12 Dec 00:00` if that is another day.
pub(crate) fn release(time: Timestamp, now: Timestamp) -> Result<String> {
    let same_day = date_of(time)? == date_of(now)?;
    let form = if same_day { "%H:%M" } else { "%-d %b %H:%M" };
    Ok(zoned(time)?.strftime(form).to_string())
}

/// The bank's reference for something that is asked for at this moment.
pub(crate) fn reference(time: Timestamp) -> Result<String> {
    Ok(zoned(time)?.strftime("HB-%Y%m%d-%H%M%S").to_string())
}

fn zoned(time: Timestamp) -> Result<jiff::Zoned> {
    Ok(jiff::Timestamp::from_second(time.into())?.to_zoned(TimeZone::UTC))
}
