//! Sessions without a table: a sealed cookie holds the interaction's id and the customer's, and the record has the rest.

use axum::http::{HeaderMap, HeaderValue, header};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use countersign::field::{FieldCipher, Keyring};
use countersign::{Channel, Context, Error, Interaction, Subject};

use crate::bank::REALM;
use crate::failure::Failure;

/// A visit of somebody, or a call. Nothing else is kept between two requests.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) interaction: Interaction,
    /// The customer or agent, once the password was right; the caller, once the agent has typed the number.
    pub(crate) subject: Option<Subject>,
}

impl Visit {
    /// Begins a visit.
    pub(crate) fn begin(subject: Option<Subject>) -> Result<Self, Error> {
        let interaction = Interaction::begin()?;
        Ok(Self {
            interaction,
            subject,
        })
    }

    /// Returns the context of a page. A browser reaches this server over TLS, or on the machine itself.
    pub(crate) fn on_page(&self) -> Context {
        Context::new(Channel::Web, self.interaction).protected()
    }

    /// Returns the context of a call with an agent.
    pub(crate) const fn on_call(&self) -> Context {
        Context::new(Channel::Agent, self.interaction)
    }
}

/// The place that a sealed value is for. It opens in no other.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// The cookie of a customer's browser.
    Visit,
    /// The cookie of an agent's browser: the agent.
    Desk,
    /// The other cookie of an agent's browser: the caller. It opens at the desk that began the call, and only there.
    Call { desk: Interaction },
    /// The token of an API client.
    Token,
}

impl Place {
    const fn name(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Desk => "desk",
            Self::Call { .. } => "call",
            Self::Token => "token",
        }
    }

    /// Returns the bytes that a value is sealed under.
    fn bytes(self) -> Vec<u8> {
        let desk = match self {
            Self::Call { desk } => desk.to_bytes().to_vec(),
            Self::Visit | Self::Desk | Self::Token => Vec::new(),
        };
        [self.name().as_bytes(), &desk].concat()
    }
}

/// The seals of cookies, forms and tokens.
pub(crate) struct Seals {
    cipher: FieldCipher,
    /// Cookies are `Secure`, and only plain HTTP on a loopback address is without.
    is_secure: bool,
}

impl Seals {
    pub(crate) fn new(keyring: &Keyring, is_secure: bool) -> Result<Self, Error> {
        let cipher = FieldCipher::new(keyring, REALM, "web")?;
        Ok(Self { cipher, is_secure })
    }

    /// Returns the visit in a cookie; none, if there is no cookie, or if anybody changed it.
    pub(crate) fn read(&self, headers: &HeaderMap, place: Place) -> Option<Visit> {
        let name = self.cookie_name(place);
        let cookies = headers.get_all(header::COOKIE).iter();
        let mut pairs = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(given, _)| *given == name)?;
        self.open(place, value)
    }

    /// Returns the visit of a request with an `Authorization` header.
    pub(crate) fn bearer(&self, headers: &HeaderMap) -> Option<Visit> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        self.open(Place::Token, token.trim())
    }

    /// Returns the header that sets the cookie of a visit.
    pub(crate) fn cookie(&self, place: Place, visit: &Visit) -> Result<HeaderValue, Failure> {
        let value = self.seal(place, visit)?;
        let (name, secure) = (
            self.cookie_name(place),
            if self.is_secure { "; Secure" } else { "" },
        );
        let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}");
        HeaderValue::from_str(&line).map_err(|_| Failure::Forged)
    }

    /// Returns the header that deletes a cookie.
    pub(crate) fn no_cookie(&self, place: Place) -> Result<HeaderValue, Failure> {
        let (name, secure) = (
            self.cookie_name(place),
            if self.is_secure { "; Secure" } else { "" },
        );
        let line = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{secure}");
        HeaderValue::from_str(&line).map_err(|_| Failure::Forged)
    }

    /// Seals a visit for a place.
    pub(crate) fn seal(&self, place: Place, visit: &Visit) -> Result<String, Error> {
        let id = visit.subject.as_ref().map(Subject::id).unwrap_or_default();
        let bytes = [&visit.interaction.to_bytes()[..], id.as_bytes()].concat();
        let sealed = self.cipher.seal(&[b"place", &place.bytes()], &bytes)?;
        Ok(Base64UrlUnpadded::encode_string(&sealed))
    }

    /// Seals the token of a form: it comes from this visit, and no other page has it.
    pub(crate) fn form_token(&self, visit: &Visit) -> Result<String, Error> {
        self.note(visit, "form", "")
    }

    /// Refuses a form that is not of this visit.
    pub(crate) fn expect_form(&self, visit: &Visit, token: &str) -> Result<(), Failure> {
        match self.read_note(visit, "form", token) {
            Some(_) => Ok(()),
            None => Err(Failure::Forged),
        }
    }

    /// Seals a text of the bank for a later request of this visit.
    pub(crate) fn note(&self, visit: &Visit, name: &str, text: &str) -> Result<String, Error> {
        let interaction = visit.interaction.to_bytes();
        let place: [&[u8]; 3] = [b"note", name.as_bytes(), &interaction];
        let sealed = self.cipher.seal(&place, text.as_bytes())?;
        Ok(Base64UrlUnpadded::encode_string(&sealed))
    }

    pub(crate) fn read_note(&self, visit: &Visit, name: &str, sealed: &str) -> Option<String> {
        let interaction = visit.interaction.to_bytes();
        let place: [&[u8]; 3] = [b"note", name.as_bytes(), &interaction];
        let sealed = Base64UrlUnpadded::decode_vec(sealed).ok()?;
        let opened = self.cipher.open(&place, &sealed).ok()?;
        Some(str::from_utf8(opened.expose_bytes()).ok()?.to_owned())
    }

    fn open(&self, place: Place, value: &str) -> Option<Visit> {
        let sealed = Base64UrlUnpadded::decode_vec(value).ok()?;
        let opened = self
            .cipher
            .open(&[b"place", &place.bytes()], &sealed)
            .ok()?;
        let (interaction, id) = opened.expose_bytes().split_first_chunk()?;
        let id = str::from_utf8(id).ok()?;
        let subject = match id {
            "" => None,
            id => Some(Subject::new(REALM, id).ok()?),
        };
        Some(Visit {
            interaction: Interaction::from_bytes(*interaction),
            subject,
        })
    }

    /// Browsers take a cookie with this prefix only if it is `Secure`, and from this host alone.
    fn cookie_name(&self, place: Place) -> String {
        let prefix = if self.is_secure { "__Host-" } else { "" };
        format!("{prefix}{}", place.name())
    }
}
