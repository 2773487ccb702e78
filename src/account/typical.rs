//! Typical enrolments: what customers of a host usually have, so that unknown names seem to have the same.

use super::record::state::Record;
use crate::derivation::ENROLLED;
use crate::error::Error;
use crate::factor::Factor;
use crate::password::PasswordHash;
use crate::random::Draw;
use crate::secret::MacKey;
use crate::stand_in;
use crate::subject::Subject;

/// The enrolments that customers of a host usually have, and how often. Each unknown name draws its own from these.
///
/// Without it, unknown names have an app, a telephone, and questions if there is a catalogue. In a shop with passwords
/// only, a policy would then offer codes of an app for unknown names alone. That would tell them from customers.
///
/// Each profile is one kind of customer, with its share of all customers in percent. Take the shares from your own
/// database: count customers by what they have enrolled, and round. Rare kinds can be left out. Count again from time to
/// time, since customers enrol more over the years.
///
/// Name a factor for the place it comes from: [`Factor::SpokenCode`] or [`Factor::PrivateCode`] for a telephone,
/// [`Factor::IssuedRecoveryCode`] for an e-mail address, [`Factor::RecoveryCode`] for a printed list. Issued recovery codes
/// go to a telephone, too. So [`Status::is_enrolled`](crate::account::Status::is_enrolled) says yes for these with either
/// one, for customers and unknown names alike.
///
/// Name an app or a token as often as such customers have one. Three apps of six digits lock after fewer tries than one app,
/// so these tries would tell such a customer from unknown names.
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::{Factor, Settings, account::TypicalEnrolment};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// // Seven in ten have a password and an app, and most of these have printed recovery codes. The others have a password alone.
/// let typical = TypicalEnrolment::new()
///     .with_profile(70, &[Factor::Password, Factor::Totp])?
///     .with_sometimes(Factor::RecoveryCode, 60)?
///     .with_profile(30, &[Factor::Password])?;
/// let settings = Settings::new("shop", keyring)?.with_typical_enrolment(typical)?;
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TypicalEnrolment {
    profiles: Vec<Profile>,
    /// Each with its part of all passwords, in percent.
    imported: Vec<(PasswordHash, u8)>,
}

/// One kind of customer.
#[derive(Clone, Debug)]
struct Profile {
    /// In percent of all customers.
    share: u8,
    /// Each with how often it is enrolled, in percent.
    items: Vec<(Factor, u8)>,
}

impl TypicalEnrolment {
    /// Makes it without a profile. Add each kind of customer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds customers who have all of these enrolled, and nothing else. `share` is their part of all customers, in percent.
    /// An empty list means that they have nothing.
    ///
    /// # Errors
    /// Misuse, if no customer can enrol one of the factors. Misuse, if the share is zero, or if the shares sum to more than
    /// 100.
    ///
    /// ```
    /// use countersign::{Factor, account::TypicalEnrolment};
    /// let error = TypicalEnrolment::new().with_profile(100, &[Factor::External]).unwrap_err();
    /// assert_eq!(error.to_string(), "typical enrolment: must not name `external`: nobody enrols it");
    /// ```
    pub fn with_profile(mut self, share: u8, factors: &[Factor]) -> Result<Self, Error> {
        if share == 0 || u16::from(share) > u16::from(ALL).saturating_sub(self.shares()) {
            let rule = "must have shares of 1 percent or more that sum to 100, and no more";
            return Err(Error::misuse(WHAT, rule));
        }
        let mut items: Vec<(Factor, u8)> = Vec::with_capacity(factors.len());
        for factor in factors {
            let item = enrolled_for(*factor)?;
            // Two factors can be shown by one telephone.
            let same = items.iter().filter(|(other, _)| *other == item).count();
            match item {
                Factor::Totp | Factor::Hotp if same < MOST => items.push((item, ALL)),
                Factor::Totp | Factor::Hotp => {
                    let rule = format!("must name `{item}` {MOST} times at most");
                    return Err(Error::misuse(WHAT, rule));
                }
                _ if same == 0 => items.push((item, ALL)),
                _ => {}
            }
        }
        self.profiles.push(Profile { share, items });
        Ok(self)
    }

    /// Adds a factor to the last profile that only some of these customers have, in percent. It is independent of what else
    /// they have. For factors that go together, use one profile for each combination.
    ///
    /// # Errors
    /// Misuse, if no customer can enrol the factor, or if the profile has it already. Misuse, if the percentage is not 1 to
    /// 99, or if there is no profile.
    pub fn with_sometimes(mut self, factor: Factor, percent: u8) -> Result<Self, Error> {
        let item = enrolled_for(factor)?;
        let Some(profile) = self.profiles.last_mut() else {
            return Err(Error::misuse(WHAT, NO_PROFILE));
        };
        if profile.items.iter().any(|(other, _)| *other == item) {
            let rule = match item {
                Factor::SpokenCode => "must name `private_code` or `spoken_code` once in a profile: both are shown by one telephone".to_owned(),
                _ => format!("must name `{factor}` once in a profile"),
            };
            return Err(Error::misuse(WHAT, rule));
        }
        if !(1..ALL).contains(&percent) {
            let rule = format!(
                "must enrol `{factor}` in 1 to 99 percent: name what everybody has in `TypicalEnrolment::with_profile`"
            );
            return Err(Error::misuse(WHAT, rule));
        }
        profile.items.push((item, percent));
        Ok(self)
    }

    /// Lets some unknown names that have a password seem to have an imported one. `percent` is the part of these among your
    /// customers' passwords. Needs the feature `import`.
    ///
    /// A check of an imported hash computes it, and Argon2id beside it. So it takes longer than others, and each unknown name must
    /// draw how long it takes. `like` is a hash of the kind and cost that you have imported, of whatever password. It never
    /// matches. Add each kind of which you have many.
    ///
    /// Lower the percentage from time to time, as customers sign in and their hashes are replaced.
    ///
    /// # Errors
    /// Misuse, if the hash is not [imported](PasswordHash::is_imported), if the percentage is zero, or if the percentages sum to
    /// more than 100.
    ///
    /// ```
    /// use countersign::{Factor, account::TypicalEnrolment, password::PasswordHash};
    /// let bcrypt = PasswordHash::import("$2b$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")?;
    /// let typical = TypicalEnrolment::new()
    ///     .with_profile(100, &[Factor::Password])?
    ///     // Nine in ten have not signed in since the import.
    ///     .with_imported(&bcrypt, 90)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[cfg(feature = "import")]
    pub fn with_imported(mut self, like: &PasswordHash, percent: u8) -> Result<Self, Error> {
        if !like.is_imported() {
            let rule = "must have an imported hash here: `PasswordHash::import` reads one that is not of Argon2id";
            return Err(Error::misuse(WHAT, rule));
        }
        let others = self.imported.iter().map(|(_, part)| u16::from(*part));
        let others = others.fold(0, u16::saturating_add);
        if percent == 0 || u16::from(percent) > u16::from(ALL).saturating_sub(others) {
            let rule = "must have imported hashes of 1 percent or more that sum to 100 at most";
            return Err(Error::misuse(WHAT, rule));
        }
        self.imported.push((like.clone(), percent));
        Ok(self)
    }

    /// Draws the imported hash of an unknown subject with a password, if it seems to have one.
    pub(super) fn draw_imported(
        &self,
        key: &MacKey,
        subject: &Subject,
    ) -> Result<Option<PasswordHash>, Error> {
        if self.imported.is_empty() {
            return Ok(None);
        }
        let thing = [Factor::Password.number(), IMPORTED];
        let place = stand_in::draw(key, subject, &[ENROLLED.as_bytes(), &thing]).below(ALL)?;
        let mut reached = 0_u8;
        let drawn = self.imported.iter().find(|(_, percent)| {
            reached = reached.saturating_add(*percent);
            place < reached
        });
        Ok(drawn.map(|(like, _)| like.clone()))
    }

    /// Refuses profiles that do not add up to all customers.
    pub(super) fn expect_whole(&self) -> Result<(), Error> {
        if self.profiles.is_empty() {
            return Err(Error::misuse(WHAT, NO_PROFILE));
        }
        let sum = self.shares();
        if sum != u16::from(ALL) {
            let rule = format!("must have shares that sum to 100, and not to {sum}");
            return Err(Error::misuse(WHAT, rule));
        }
        Ok(())
    }

    fn shares(&self) -> u16 {
        let shares = self.profiles.iter().map(|profile| u16::from(profile.share));
        shares.fold(0, u16::saturating_add)
    }

    /// Makes the default: an app, a telephone, and questions if there are any.
    pub(super) fn by_default(questions: bool) -> Self {
        let questions = questions.then_some((Factor::Questions, ALL));
        let items = [(Factor::Totp, ALL), (Factor::SpokenCode, ALL)];
        let items = items.into_iter().chain(questions).collect();
        Self {
            profiles: vec![Profile { share: ALL, items }],
            imported: Vec::new(),
        }
    }

    /// Returns whether any customer has this.
    pub(super) fn names(&self, item: Factor) -> bool {
        self.profiles
            .iter()
            .flat_map(|profile| &profile.items)
            .any(|(other, _)| *other == item)
    }

    /// Draws what an unknown subject has enrolled: always the same for one key and name.
    ///
    /// Profile and items have a draw each, so that a change of one percentage moves few names.
    pub(super) fn draw(&self, key: &MacKey, subject: &Subject) -> Result<Vec<Factor>, Error> {
        let below = |of: &[u8]| stand_in::draw(key, subject, &[ENROLLED.as_bytes(), of]).below(ALL);
        let place = below(&[])?;
        let mut reached = 0_u8;
        let mut drawn = Vec::new();
        for Profile { share, items } in &self.profiles {
            let from = reached;
            reached = reached.saturating_add(*share);
            if !(from..reached).contains(&place) {
                continue;
            }
            for (item, percent) in items {
                if *percent == ALL || below(&[item.number()])? < *percent {
                    drawn.push(*item);
                }
            }
        }
        drawn.sort_unstable();
        Ok(drawn)
    }
}

/// Returns the factor that names what is enrolled for this one: both kinds of codes come to one telephone.
fn enrolled_for(factor: Factor) -> Result<Factor, Error> {
    match factor {
        Factor::PrivateCode => Ok(Factor::SpokenCode),
        Factor::External | Factor::BindingCode => {
            let rule = format!("must not name `{factor}`: nobody enrols it");
            Err(Error::misuse(WHAT, rule))
        }
        other => Ok(other),
    }
}

/// How errors name it.
pub(super) const WHAT: &str = "typical enrolment";
const NO_PROFILE: &str = "must have a profile: `TypicalEnrolment::with_profile` adds one";
/// In percent.
const ALL: u8 = 100;
/// A customer has so many apps at most, and so many tokens.
const MOST: usize = Record::MOST_OF_A_KIND;
/// Tells the draw of an imported hash from that of the factor.
const IMPORTED: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: u16 = 5_000;

    /// How many of the names have each of these enrolled.
    fn counted(typical: &TypicalEnrolment, items: &[Factor]) -> Vec<u16> {
        let key = MacKey::new(&[7; 32]);
        let mut counts = vec![0; items.len()];
        for name in 0..NAMES {
            let subject = Subject::new("bank", &format!("N-{name}")).unwrap();
            let drawn = typical.draw(&key, &subject).unwrap();
            assert_eq!(drawn, typical.draw(&key, &subject).unwrap());
            for (count, item) in counts.iter_mut().zip(items) {
                *count += u16::from(drawn.contains(item));
            }
        }
        counts
    }

    #[test]
    fn b48_what_is_drawn_is_as_frequent_as_the_host_says() {
        let typical = TypicalEnrolment::new()
            .with_profile(65, &[Factor::Password, Factor::Totp])
            .and_then(|typical| typical.with_profile(34, &[Factor::Password]))
            .and_then(|typical| typical.with_sometimes(Factor::Pin, 50))
            .and_then(|typical| typical.with_profile(1, &[]))
            .unwrap();
        let items = [Factor::Password, Factor::Totp, Factor::Pin, Factor::Word];
        let counts = counted(&typical, &items);
        // In percent, tenfold: five standard deviations are below 35.
        for (count, wanted) in counts.iter().zip([990_i32, 650, 170, 0]) {
            let per_mille = i32::from(*count) * 1_000 / i32::from(NAMES);
            assert!((per_mille - wanted).abs() <= 35.min(wanted), "{counts:?}");
        }
        let typical = TypicalEnrolment::by_default(true);
        let items = [Factor::Totp, Factor::SpokenCode, Factor::Questions];
        assert_eq!(counted(&typical, &items), [NAMES; 3]);
        assert!(!TypicalEnrolment::by_default(false).names(Factor::Questions));
    }

    #[test]
    fn b48_several_apps_are_drawn_as_the_host_says() {
        let typical = TypicalEnrolment::new();
        let typical = typical.with_profile(100, &[Factor::Totp; 3]).unwrap();
        let subject = Subject::new("bank", "N-1").unwrap();
        let drawn = typical.draw(&MacKey::new(&[7; 32]), &subject).unwrap();
        assert_eq!(drawn, [Factor::Totp; 3]);
        let error = TypicalEnrolment::new().with_profile(100, &[Factor::Totp; 9]);
        let error = error.unwrap_err().to_string();
        assert_eq!(error, "typical enrolment: must name `totp` 8 times at most");
    }

    #[test]
    fn b48_a_change_of_a_percentage_moves_few_names() {
        let typical = |share: u8, pins: u8| {
            TypicalEnrolment::new()
                .with_profile(share, &[Factor::Password, Factor::Totp])
                .and_then(|typical| typical.with_sometimes(Factor::Pin, pins))
                .and_then(|typical| typical.with_profile(ALL - share, &[Factor::Password]))
                .unwrap()
        };
        let key = MacKey::new(&[7; 32]);
        let mut moved = 0;
        for name in 0..NAMES {
            let subject = Subject::new("bank", &format!("N-{name}")).unwrap();
            let draw = |typical: TypicalEnrolment| typical.draw(&key, &subject).unwrap();
            moved += u16::from(draw(typical(70, 40)) != draw(typical(72, 41)));
        }
        assert!((50..300).contains(&moved), "{moved}");
    }
}
