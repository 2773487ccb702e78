//! What a host's customers usually have enrolled, so that unknown names seem to have the same.

use crate::derivation::ENROLLED;
use crate::error::Error;
use crate::factor::Factor;
use crate::random::{Draw, Keyed};
use crate::secret::MacKey;
use crate::subject::Subject;

/// One kind of customer: what such customers have enrolled.
///
/// A factor stands for what it is shown by: [`Factor::SpokenCode`] and [`Factor::PrivateCode`] for a telephone,
/// [`Factor::IssuedRecoveryCode`] for an e-mail address, [`Factor::RecoveryCode`] for a printed list.
///
/// Issued recovery codes go to a telephone, too. So [`Status::is_enrolled`](crate::account::Status::is_enrolled) says yes for
/// [`Factor::IssuedRecoveryCode`] if there is a telephone or an e-mail address, for customers and unknown names alike.
///
/// ```
/// use countersign::{Factor, account::EnrolmentProfile};
/// // Everybody has a password and an app, and six in ten have printed recovery codes.
/// let profile = EnrolmentProfile::of(&[Factor::Password, Factor::Totp])?.with_sometimes(Factor::RecoveryCode, 60)?;
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EnrolmentProfile {
    /// Each with how often it is enrolled, in percent.
    items: Vec<(Item, u8)>,
}

impl EnrolmentProfile {
    /// Makes a profile of customers who have all of these enrolled, and nothing else. No factors: they have nothing.
    ///
    /// # Errors
    /// Misuse, if nobody can enrol one of them.
    ///
    /// ```
    /// use countersign::{Factor, account::EnrolmentProfile};
    /// let error = EnrolmentProfile::of(&[Factor::External]).unwrap_err();
    /// assert_eq!(error.to_string(), "typical enrolment: must not name `external`: nobody enrols it");
    /// ```
    pub fn of(factors: &[Factor]) -> Result<Self, Error> {
        let mut items: Vec<(Item, u8)> = Vec::with_capacity(factors.len());
        for factor in factors {
            let item = Item::of(*factor)?;
            // Two factors can be shown by one telephone.
            if !items.iter().any(|(other, _)| *other == item) {
                items.push((item, ALL));
            }
        }
        Ok(Self { items })
    }

    /// Adds a factor that only some of these customers have enrolled, by percent, whatever else they have.
    ///
    /// For factors that go together, use one profile for each combination: see [`TypicalEnrolment`].
    ///
    /// # Errors
    /// Misuse, if nobody can enrol the factor, the profile has it already, or the percentage is not 1 to 99.
    ///
    /// ```
    /// use countersign::{Factor, account::EnrolmentProfile};
    /// let profile = EnrolmentProfile::of(&[Factor::Password])?;
    /// assert!(profile.clone().with_sometimes(Factor::Pin, 40).is_ok());
    /// assert!(profile.clone().with_sometimes(Factor::Pin, 140).is_err());
    /// assert!(profile.with_sometimes(Factor::Password, 40).is_err());
    ///
    /// let phone = EnrolmentProfile::of(&[Factor::SpokenCode])?;
    /// let error = phone.with_sometimes(Factor::PrivateCode, 40).unwrap_err();
    /// assert!(error.to_string().ends_with("both are shown by one telephone"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_sometimes(mut self, factor: Factor, percent: u8) -> Result<Self, Error> {
        let item = Item::of(factor)?;
        if self.items.iter().any(|(other, _)| *other == item) {
            let rule = match item {
                Item::Phone => "must name `private_code` or `spoken_code` once in a profile: both are shown by one telephone".to_owned(),
                _ => format!("must name `{factor}` once in a profile"),
            };
            return Err(Error::misuse(WHAT, rule));
        }
        if !(1..ALL).contains(&percent) {
            let rule = format!(
                "must enrol `{factor}` in 1 to 99 percent: name what everybody has in `EnrolmentProfile::of`"
            );
            return Err(Error::misuse(WHAT, rule));
        }
        self.items.push((item, percent));
        Ok(self)
    }
}

/// What the customers of a host usually have enrolled, and how often: from this each unknown name gets its own enrolment.
///
/// Without it, unknown names have an app, a telephone, and questions if there is a catalogue. In a shop with passwords only,
/// a policy would then offer codes of an app for unknown names alone, and so tell them from customers.
///
/// Take the shares from your own database: count your customers by what they have enrolled, and round. What few customers
/// have can stay away. Count again from time to time, since customers enrol more over the years.
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::{Factor, Settings, account::{EnrolmentProfile, TypicalEnrolment}};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let typical = TypicalEnrolment::new([
///     (70, EnrolmentProfile::of(&[Factor::Password, Factor::Totp])?.with_sometimes(Factor::RecoveryCode, 60)?),
///     (30, EnrolmentProfile::of(&[Factor::Password])?),
/// ])?;
/// let settings = Settings::new("shop", keyring)?.with_typical_enrolment(typical)?;
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TypicalEnrolment {
    /// Each with its share, in percent.
    profiles: Vec<(u8, EnrolmentProfile)>,
}

impl TypicalEnrolment {
    /// Makes it from profiles, each with its share of the customers in percent.
    ///
    /// # Errors
    /// Misuse, if there is no profile, if a share is zero, or if the shares do not sum to 100.
    ///
    /// ```
    /// use countersign::{Factor, account::{EnrolmentProfile, TypicalEnrolment}};
    /// let password = EnrolmentProfile::of(&[Factor::Password])?;
    /// let error = TypicalEnrolment::new([(70, password.clone()), (20, password)]).unwrap_err();
    /// assert_eq!(error.to_string(), "typical enrolment: must have shares that sum to 100, and not to 90");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new(profiles: impl IntoIterator<Item = (u8, EnrolmentProfile)>) -> Result<Self, Error> {
        let (mut all, mut sum) = (Vec::new(), 0_u16);
        for (share, profile) in profiles {
            let rest = u16::from(ALL).saturating_sub(sum);
            sum = sum.saturating_add(u16::from(share));
            // An endless list is not read to its end.
            if share == 0 || u16::from(share) > rest {
                let rule = "must have shares of 1 percent or more that sum to 100, and no more";
                return Err(Error::misuse(WHAT, rule));
            }
            all.push((share, profile));
        }
        if all.is_empty() {
            let rule = "must have a profile: `EnrolmentProfile::of` makes one";
            return Err(Error::misuse(WHAT, rule));
        }
        if sum != u16::from(ALL) {
            let rule = format!("must have shares that sum to 100, and not to {sum}");
            return Err(Error::misuse(WHAT, rule));
        }
        Ok(Self { profiles: all })
    }

    /// Unless the host says otherwise: an app, a telephone, and questions if it asks any.
    pub(super) fn by_default(questions: bool) -> Self {
        let questions = questions.then_some((Item::Questions, ALL));
        let items = [(Item::Totp, ALL), (Item::Phone, ALL)];
        let items = items.into_iter().chain(questions).collect();
        Self {
            profiles: vec![(ALL, EnrolmentProfile { items })],
        }
    }

    /// Whether any customer has this.
    pub(super) fn names(&self, item: Item) -> bool {
        self.profiles
            .iter()
            .flat_map(|(_, profile)| &profile.items)
            .any(|(other, _)| *other == item)
    }

    /// What an unknown subject has enrolled, the same for the same key and name.
    ///
    /// Profile and items are drawn each for itself, so that a change of one percentage moves few names.
    pub(super) fn draw(&self, key: &MacKey, subject: &Subject) -> Result<Vec<Item>, Error> {
        let below = |name: &[u8]| {
            Keyed::new(key, &[subject.store_key(), ENROLLED.as_bytes(), name]).below(ALL)
        };
        let place = below(b"")?;
        let mut reached = 0_u8;
        let mut drawn = Vec::new();
        for (share, profile) in &self.profiles {
            let from = reached;
            reached = reached.saturating_add(*share);
            if !(from..reached).contains(&place) {
                continue;
            }
            for (item, percent) in &profile.items {
                if *percent == ALL || below(&[*item as u8])? < *percent {
                    drawn.push(*item);
                }
            }
        }
        drawn.sort_unstable();
        Ok(drawn)
    }
}

/// What can be enrolled, in the order a record is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    Totp = 1,
    Hotp,
    Ocra,
    Phone,
    Email,
    Questions,
    Word,
    Password,
    Pin,
    RecoveryCodes,
}

impl Item {
    fn of(factor: Factor) -> Result<Self, Error> {
        Ok(match factor {
            Factor::Totp => Self::Totp,
            Factor::Hotp => Self::Hotp,
            Factor::Ocra => Self::Ocra,
            Factor::PrivateCode | Factor::SpokenCode => Self::Phone,
            Factor::IssuedRecoveryCode => Self::Email,
            Factor::Questions => Self::Questions,
            Factor::Word => Self::Word,
            Factor::Password => Self::Password,
            Factor::Pin => Self::Pin,
            Factor::RecoveryCode => Self::RecoveryCodes,
            Factor::External | Factor::BindingCode => {
                let rule = format!("must not name `{factor}`: nobody enrols it");
                return Err(Error::misuse(WHAT, rule));
            }
        })
    }
}

/// What errors call it.
pub(super) const WHAT: &str = "typical enrolment";
/// In percent.
const ALL: u8 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: u16 = 5_000;

    /// How many of the names have each of these enrolled.
    fn counted(typical: &TypicalEnrolment, items: &[Item]) -> Vec<u16> {
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
        let of = |factors: &[Factor]| EnrolmentProfile::of(factors).unwrap();
        let typical = TypicalEnrolment::new([
            (65, of(&[Factor::Password, Factor::Totp])),
            (
                34,
                of(&[Factor::Password])
                    .with_sometimes(Factor::Pin, 50)
                    .unwrap(),
            ),
            (1, of(&[])),
        ])
        .unwrap();
        let items = [Item::Password, Item::Totp, Item::Pin, Item::Word];
        let counts = counted(&typical, &items);
        // In percent, tenfold: five standard deviations are below 35.
        for (count, wanted) in counts.iter().zip([990_i32, 650, 170, 0]) {
            let per_mille = i32::from(*count) * 1_000 / i32::from(NAMES);
            assert!((per_mille - wanted).abs() <= 35.min(wanted), "{counts:?}");
        }
        let typical = TypicalEnrolment::by_default(true);
        let items = [Item::Totp, Item::Phone, Item::Questions];
        assert_eq!(counted(&typical, &items), [NAMES; 3]);
        assert!(!TypicalEnrolment::by_default(false).names(Item::Questions));
    }

    #[test]
    fn b48_a_change_of_a_percentage_moves_few_names() {
        let typical = |share: u8, pins: u8| {
            let of = |factors: &[Factor]| EnrolmentProfile::of(factors).unwrap();
            let some = of(&[Factor::Password, Factor::Totp]);
            let some = some.with_sometimes(Factor::Pin, pins).unwrap();
            let others = of(&[Factor::Password]);
            TypicalEnrolment::new([(share, some), (ALL - share, others)]).unwrap()
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
